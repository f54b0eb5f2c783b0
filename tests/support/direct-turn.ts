// The money statements without the rooms above them: for races, zombies and tool events, which no single request can make.

import type { Catalog } from "@pantheon/core/pricing/catalog.ts";
import { openTurn, type OpenTurnInput } from "@pantheon/core/ledger/statements/open-turn.ts";
import { settleTurn, type SettleTurnInput, type ToolEvent, type UsageEvent } from "@pantheon/core/ledger/statements/settle-turn.ts";
import type { GateInput } from "@pantheon/core/ledger/statements/gate.ts";
import { tokenBound } from "@pantheon/core/metering/token-bound.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, ZERO } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { TestWorld } from "./world.ts";

type Place = Pick<TestWorld, "deps">;
type Whose = { user: string; session: string };

const MESSAGE = "What is a wallet?";

/** What open and reopen are given by a container that knows this catalogue: 100 output tokens, a lease of 20 s, enforcement by default off. */
export function gateInput(catalog: Catalog, whose: Whose, more: Partial<GateInput> = {}): GateInput {
  return {
    turn: newId(),
    claim: newId(),
    session: whose.session,
    wallet: whose.user,
    actor: whose.user,
    apiKey: null,
    keyHash: null,
    keyOwner: null,
    alias: null,
    auto: false,
    message: MESSAGE,
    messageBound: tokenBound(more.message ?? MESSAGE),
    maxOutputTokens: 100,
    leaseMs: 20_000,
    prices: catalog.prices,
    pricingVersion: catalog.version,
    revision: catalog.revision,
    weightInput: catalog.weights.fresh.toFixed(),
    weightOutput: catalog.weights.output.toFixed(),
    oePerCredit: catalog.weights.oePerCredit.toFixed(),
    enforcedByDefault: false,
    coverInFull: false,
    formatOctets: 0,
    unable: [],
    replaces: null,
    fitsToBalance: false,
    leastOutputTokens: 64,
    defaultLimits: null,
    debtLimit: null,
    historyTurns: 100,
    historyOctets: 524_288,
    summaries: true,
    toolOctets: "{}",
    ...more,
  };
}

/** Runs the open statement, again with a new catalogue when that was stale. Answers its row; `turn` is null when the gate let nothing through. */
export async function openDirectly({ deps }: Place, whose: Whose, more: Partial<OpenTurnInput> = {}) {
  const open = async (catalog: Catalog) => {
    const input = { ...gateInput(catalog, whose, more), key: more.key ?? null, requestHash: more.requestHash ?? null };
    const [row] = await deps.db.run(openTurn, input);
    if (!row) throw new Error("the open statement answered no row");
    return row;
  };
  const catalog = await deps.catalog.current();
  const row = await open(catalog);
  return row.revision === catalog.revision ? row : open(await deps.catalog.after(catalog.revision));
}

/** Runs the settle statement with one event a call, each of `output` tokens at multiplier 1. Answers its row, or undefined when it was fenced. */
export async function settleDirectly(
  { deps }: Place,
  turn: { id: string; user: string; wallet?: string; attempt: number },
  more: { output?: number; calls?: number; answer?: string; tools?: readonly ToolEvent[]; apiKey?: string } = {},
) {
  const { output = 10, calls = 1, answer = "An answer.", tools = [], apiKey = null } = more;
  const catalog = await deps.catalog.current();
  const events = Array.from({ length: calls }, (_, index) => usageEvent(catalog, output, index));
  const charged = events.reduce((total, event) => total.plus(amount(event.credits_charged)), ZERO);
  const input: SettleTurnInput = {
    turn: turn.id,
    wallet: turn.wallet ?? turn.user,
    actor: turn.user,
    apiKey,
    attempt: turn.attempt,
    answer,
    providerModel: "test/model",
    events: JSON.stringify(events),
    tools: JSON.stringify(tools),
    body: await bodyOf(deps, turn.id, format(charged)),
    lowBalanceThreshold: "5",
    requestId: "direct",
    pruned: false,
    octetsPerToken: null,
    textBound: tokenBound(MESSAGE) + tokenBound(answer),
    summary: null,
    alias: "default",
    toolTexts: null,
  };
  const [row] = await deps.db.run(settleTurn, input);
  return row;
}

/** What the response of this turn begins with, as far as the invariants read it. */
async function bodyOf({ db }: Place["deps"], id: string, charged: string): Promise<string> {
  const row = await db.query.selectFrom("turns").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  const body = {
    id,
    session_id: row.session_id,
    turn_index: row.turn_index,
    status: "completed",
    model_alias_used: row.model_alias,
    pricing_version: row.pricing_version,
    credits_charged: charged,
    prune_triggered: row.prune_triggered,
    created_at: rfc3339(row.created_at),
  };
  return `${JSON.stringify(body).slice(0, -1)},`;
}

function usageEvent(catalog: Catalog, output: number, index: number): UsageEvent {
  const credits = (output / 10_000).toFixed(8);
  return {
    id: newId(),
    call_index: index,
    provider: "openrouter",
    model_alias: "default",
    provider_model: "test/model",
    provider_request_id: null,
    input_tokens_fresh: 0,
    input_tokens_cached: 0,
    output_tokens: output,
    reasoning_tokens: 0,
    total_tokens: output,
    oe_tokens_computed: String(output),
    multiplier: "1",
    weight_fresh: "0.35",
    weight_cached: "0.1",
    weight_output: "1",
    oe_per_credit: "10000",
    provider_cost_usd: "0",
    credits_burned: credits,
    credits_charged: credits,
    credits_absorbed: "0",
    usd_per_credit: "0.03",
    latency_ms: 1,
    status: "success",
    usage_source: "reported",
    pricing_version: catalog.version,
    pricing_revision: catalog.revision,
  };
}
