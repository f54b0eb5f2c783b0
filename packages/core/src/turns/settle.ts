// Settling a turn: what the model used becomes one priced usage event, and the settle statement books it. Owns the retry after a
// lost reply: the turn's row says whether it was booked.

import pRetry, { AbortError } from "p-retry";
import { settleTurn as settleStatement, type SettleTurnInput, type UsageEvent } from "../db/statements/settle-turn.ts";
import { DomainError } from "../error.ts";
import { newId } from "../id.ts";
import type { ModelAnswer } from "../llm/gateway.ts";
import { costOf, type ModelEntry } from "../llm/models.ts";
import { charge as chargeOf, type Charge } from "../metering/credits.ts";
import { normaliseUsage, type Usage } from "../metering/usage.ts";
import { amount, roundHalfUp, ZERO } from "../money.ts";
import { OCTETS_PER_TOKEN } from "../db/statements/turn-gate.ts";
import type { TurnDeps, TurnRequest } from "./deps.ts";
import type { OpenedTurn } from "./open.ts";
import { recordLostAnswer, voidFailed } from "./recover.ts";
import { completedTurnBody } from "./view.ts";

/** A failover of the database takes a few seconds: worth waiting for, since the model has answered. */
const RETRIES = { retries: 12, minTimeout: 30, maxTimeout: 750, randomize: true };
/** More than a silent server takes of it (db/lease.ts), so that a settle whose connection went dead is sent again over a new one. */
const MAX_RETRY_MS = 8_000;
const COST_DECIMALS = 8;

/** Books the answer and returns the response body as it is stored. Charged at most once, whatever reply was lost. */
export async function settleTurn(
  deps: TurnDeps,
  request: TurnRequest,
  turn: OpenedTurn,
  model: ModelEntry,
  answer: ModelAnswer,
): Promise<string> {
  const usage = usageOf(deps, request, turn, model, answer);
  const charge = chargeOf(usage, { weights: turn.catalog.weights, multiplier: turn.multiplier });
  const event = usageEvent(deps, turn, model, answer, usage, charge);
  const lost = { turn: turn.id, attempt: turn.attempt, user: request.user, alias: turn.alias, costUsd: event.provider_cost_usd };
  const input = {
    turn: turn.id,
    user: request.user,
    attempt: turn.attempt,
    answer: answer.text,
    providerModel: answer.providerModel,
    events: JSON.stringify([event]),
    tools: "[]",
    body: completedTurnBody(request, turn, answer, usage, charge),
    lowBalanceThreshold: deps.config.lowBalanceThreshold.toFixed(),
    requestId: request.requestId,
  };
  try {
    const booked = await pRetry(() => settleOnce(deps, turn, input), {
      ...RETRIES,
      maxRetryTime: Math.max(1, Math.min(request.deadline - deps.ticks(), MAX_RETRY_MS)),
    });
    if (booked.byAnother) await recordLostAnswer(deps, lost);
    else if (booked.overHold)
      deps.log.count("over_hold", { turn_id: turn.id, hold: turn.hold.toFixed(), charge: charge.charged.toFixed() });
    return booked.body;
  } catch (error) {
    // The model has answered and nobody pays for it, unless the booking is found when the same key comes again.
    await recordLostAnswer(deps, lost);
    // What no retry mends will not be booked later either: the hold goes back now, and the key may run again.
    if (!(error instanceof DomainError)) await voidFailed(deps, turn, request.user, "internal");
    throw error;
  }
}

type Booked = {
  readonly body: string;
  readonly overHold: boolean;
  /** True when the turn had been taken over, and the answer of that attempt was charged. */
  readonly byAnother: boolean;
};

/** One try. Throws the database's absence to be retried, and anything that a retry cannot mend as an AbortError. */
async function settleOnce(deps: TurnDeps, turn: OpenedTurn, input: SettleTurnInput): Promise<Booked> {
  let failure: unknown = null;
  try {
    const [row] = await deps.db.run(settleStatement, input);
    if (row) return { body: row.response_body, overHold: row.over_hold, byAnother: false };
  } catch (error) {
    deps.log.count("database_retry", { turn_id: turn.id });
    failure = error;
  }
  return settledBefore(deps, turn, failure);
}

/**
 * What the turn's row says when the statement failed, or wrote nothing: it was booked and only the reply was lost, or another attempt
 * booked it; it is still ours and can be tried again; or it was given up, and then nothing may be charged any more.
 */
async function settledBefore({ db }: TurnDeps, turn: OpenedTurn, failure: unknown): Promise<Booked> {
  const found = await db.query
    .selectFrom("turns")
    .select(["status", "attempt", "response_body", "over_hold"])
    .where("id", "=", turn.id)
    .executeTakeFirst();
  if (found?.status === "completed" && found.response_body !== null) {
    return { body: found.response_body, overHold: found.over_hold, byAnother: found.attempt !== turn.attempt };
  }
  const ours = found?.status === "running" && found.attempt === turn.attempt;
  if (ours && failure instanceof DomainError) throw failure;
  if (ours && failure instanceof Error) throw new AbortError(failure);
  const detail = "The answer came after this turn had been given up. Nothing was charged.";
  throw new AbortError(new DomainError("out_of_time", detail, { retryAfter: 1, cause: failure }));
}

/** The usage that is billed: as reported, or estimated from the text and then never above the hold (contract section 2). Counts what is odd. */
function usageOf({ log }: TurnDeps, request: TurnRequest, turn: OpenedTurn, model: ModelEntry, answer: ModelAnswer): Usage {
  const usage = normaliseUsage(answer.usage, {
    inputEstimate: Math.ceil(turn.octets / OCTETS_PER_TOKEN),
    outputEstimate: Math.ceil(Buffer.byteLength(answer.text) / OCTETS_PER_TOKEN),
    maxInput: turn.inputTokensHeld,
    maxOutput: request.maxOutputTokens,
    credibleInput: model.credibleInput,
    credibleOutput: model.credibleOutput,
    cut: answer.cut,
  });
  if (usage.faults.length > 0) log.count("impossible_usage", { turn_id: turn.id, fields: usage.faults.join(",") });
  else if (usage.source === "estimated") log.count("estimated_usage", { turn_id: turn.id });
  if (usage.source === "reported" && usage.total > model.contextWindow)
    log.count("usage_above_window", { turn_id: turn.id, tokens: usage.total, window: model.contextWindow });
  return usage;
}

function usageEvent(deps: TurnDeps, turn: OpenedTurn, model: ModelEntry, answer: ModelAnswer, usage: Usage, charge: Charge): UsageEvent {
  const { catalog } = turn;
  const cost = answer.costUsd === null ? costOf(model, usage) : amount(answer.costUsd);
  return {
    id: newId(),
    call_index: 0,
    provider: answer.provider,
    model_alias: turn.alias,
    provider_model: answer.providerModel,
    provider_request_id: answer.providerRequestId,
    input_tokens_fresh: usage.fresh,
    input_tokens_cached: usage.cached,
    output_tokens: usage.output,
    reasoning_tokens: usage.reasoning,
    total_tokens: usage.total,
    oe_tokens_computed: charge.oe.toFixed(),
    multiplier: turn.multiplier.toFixed(),
    weight_fresh: catalog.weights.fresh.toFixed(),
    weight_cached: catalog.weights.cached.toFixed(),
    weight_output: catalog.weights.output.toFixed(),
    oe_per_credit: catalog.weights.oePerCredit.toFixed(),
    provider_cost_usd: roundHalfUp(cost.lt(ZERO) ? ZERO : cost, COST_DECIMALS).toFixed(),
    credits_burned: charge.burned.toFixed(),
    credits_charged: charge.charged.toFixed(),
    usd_per_credit: deps.config.usdPerCredit.toFixed(),
    latency_ms: answer.latencyMs,
    status: answer.cut ? "partial" : "success",
    usage_source: usage.source,
    pricing_version: catalog.version,
    pricing_revision: catalog.revision,
  };
}
