// What a wallet has used, as programs made for OpenRouter's API ask for it: sums of the daily rollup in USD, and one call by its id.

import { sql } from "kysely";
import type * as v from "valibot";
import type { DoorCredits, DoorGeneration } from "@pantheon/contract/door.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { amount, type Amount } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { TurnRead } from "@pantheon/contract/turn-read.ts";
import type { Caller } from "../accounts/caller.ts";
import type { Database } from "../db/database.ts";

/** Credits as texts. */
export type Spent = { total: string; day: string; week: string; month: string; balance: string };

/** Credits of a wallet: charged ever, today, since Monday and this month (UTC), and its balance. */
export async function spentOf(db: Database, wallet: string): Promise<Spent> {
  const { rows } = await sql<Spent>`
    select coalesce(sum(used.credits_charged), 0) as total,
           coalesce(sum(used.credits_charged) filter (where used.day = today.day), 0) as day,
           coalesce(sum(used.credits_charged) filter (where used.day >= date_trunc('week', today.day)), 0) as week,
           coalesce(sum(used.credits_charged) filter (where used.day >= date_trunc('month', today.day)), 0) as month,
           coalesce((select balance from credit_wallets where user_id = ${wallet}::text), 0) as balance
      from (select (clock_timestamp() at time zone 'utc')::date as day) as today
           left join usage_daily as used on used.user_id = ${wallet}::text`.execute(db.query);
  return rows[0] ?? { total: "0", day: "0", week: "0", month: "0", balance: "0" };
}

/** What the wallet ever had and what it used, in USD; the difference is its balance. */
export async function readDoorCredits(db: Database, { wallet }: Caller, usdPerCredit: Amount): Promise<v.InferInput<typeof DoorCredits>> {
  const { total, balance } = await spentOf(db, wallet);
  const had = amount(total).plus(amount(balance)).toFixed();
  return { data: { total_credits: inUsd(had, usdPerCredit), total_usage: inUsd(total, usdPerCredit) } };
}

const CALL_ID = /^(?:chatcmpl-|resp_|msg_)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** One settled call of this actor by the id of its answer, or its own; 404 for anything else. */
export async function readGeneration(
  db: Database,
  { actor }: Caller,
  id: string,
  usdPerCredit: Amount,
): Promise<v.InferInput<typeof DoorGeneration>> {
  const call = CALL_ID.exec(id)?.[1];
  const row = call === undefined ? undefined : await generationOf(db, actor, call);
  if (!row?.response_body) throw new DomainError("not_found", "There is no such generation.");
  const turn = JSON.parse(row.response_body) as v.InferInput<typeof TurnRead>; // of our own making
  const cost = inUsd(turn.credits_charged ?? "0", usdPerCredit);
  return {
    data: {
      id,
      model: turn.model_alias_used,
      created_at: rfc3339(row.created_at),
      total_cost: cost,
      usage: cost,
      tokens_prompt: (turn.usage?.input_tokens_fresh ?? 0) + (turn.usage?.input_tokens_cached ?? 0),
      tokens_completion: turn.usage?.output_tokens ?? 0,
      native_tokens_cached: turn.usage?.input_tokens_cached ?? 0,
      native_tokens_reasoning: turn.usage?.reasoning_tokens ?? 0,
      latency: row.latency_ms ?? 0,
      cancelled: turn.finish_reason === "cut",
      finish_reason: turn.finish_reason ?? null,
    },
  };
}

function generationOf(db: Database, actor: string, call: string) {
  return db.query
    .selectFrom("turns as t")
    .select(["t.created_at", "t.response_body"])
    .select(sql<number | null>`(select sum(latency_ms)::int from llm_call_events where turn_id = t.id)`.as("latency_ms"))
    .where("t.id", "=", call)
    .where("t.user_id", "=", actor)
    .where("t.session_id", "is", null)
    .where("t.status", "=", "completed")
    .executeTakeFirst();
}

/** A number, as such programs read it; the exact amounts are the product's own API's. */
export function inUsd(credits: string, usdPerCredit: Amount): number {
  return Number(amount(credits).times(usdPerCredit).toFixed());
}
