// Tools in tests: what they cost, and a use of one as the settle statement takes it.

import { sql } from "kysely";
import { newId } from "@pantheon/contract/id.ts";
import type { ToolEvent } from "@pantheon/core/ledger/statements/settle-turn.ts";
import type { TestWorld } from "./world.ts";

/** Makes a pricing version that takes these credits for a use of a tool, with the active one's prices, and switches to it. */
export async function givenToolPrices({ owner }: Pick<TestWorld, "owner">, credits: Readonly<Record<string, string>>): Promise<string> {
  const version = `tools-${newId().slice(-8)}`;
  await sql`insert into pricing_versions (version, label, effective_date, tool_credits)
            values (${version}, 'with tools', '2026-01-01', ${JSON.stringify(credits)}::jsonb)`.execute(owner.query);
  await sql`insert into model_pricing (pricing_version, model_alias, multiplier)
            select ${version}, model_alias, multiplier from model_pricing
             where pricing_version = (select version from pricing_versions where is_active)`.execute(owner.query);
  await sql`update pricing_versions set is_active = (version = ${version})`.execute(owner.query);
  return version;
}

/** A use of a tool that cost nothing. */
export function toolEventOf(more: Partial<ToolEvent> = {}): ToolEvent {
  return {
    id: newId(),
    call_index: 0,
    tool_name: "search",
    status: "success",
    latency_ms: 5,
    arguments_octets: 20,
    result_octets: 200,
    credits_charged: "0.00000000",
    credits_absorbed: "0.00000000",
    usd_per_credit: "0.03",
    ...more,
  };
}
