// Settling a turn: what the model used becomes one priced usage event, and the settle statement books it. Owns the retry after a
// lost reply: the turn's row says whether it was booked.

import pRetry, { AbortError } from "p-retry";
import { settleTurn as settleStatement, type UsageEvent } from "../db/statements/settle-turn.ts";
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
import { completedTurnBody } from "./view.ts";

const RETRIES = { retries: 5, minTimeout: 30, maxTimeout: 500, randomize: true };
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
  const input = {
    turn: turn.id,
    user: request.user,
    attempt: turn.attempt,
    answer: answer.text,
    providerModel: answer.providerModel,
    events: JSON.stringify([usageEvent(deps, turn, model, answer, usage, charge)]),
    tools: "[]",
    body: completedTurnBody(request, turn, answer, usage, charge),
    lowBalanceThreshold: deps.config.lowBalanceThreshold.toFixed(),
    requestId: request.requestId,
  };
  return pRetry(
    async () => {
      const [row] = await deps.db.run(settleStatement, input).catch(async (error: unknown) => {
        deps.log.count("database_retry", { turn_id: turn.id });
        return settledRow(deps, turn, error);
      });
      if (!row) return settledElsewhere(deps, turn);
      if (row.over_hold) deps.log.count("over_hold", { turn_id: turn.id, hold: turn.hold.toFixed(), charge: row.charge });
      return row.response_body;
    },
    { ...RETRIES, maxRetryTime: Math.max(1, request.deadline - deps.clock()) },
  );
}

/** After an error: the row of our own settle if it was booked and only its reply was lost; otherwise the error again, to be retried. */
async function settledRow(deps: TurnDeps, turn: OpenedTurn, error: unknown) {
  const found = await readTurn(deps, turn.id);
  const ours = found?.attempt === turn.attempt;
  if (ours && found.status === "completed" && found.response_body !== null) {
    return [{ response_body: found.response_body, over_hold: found.over_hold, charge: "" }];
  }
  if (ours && found.status === "running" && error instanceof DomainError) throw error;
  throw ours && found.status === "running" ? new AbortError(asError(error)) : lost(deps, turn);
}

/** No row was written: the turn is not ours any more. Its own outcome is answered if it has one; the model's answer is lost revenue. */
async function settledElsewhere(deps: TurnDeps, turn: OpenedTurn): Promise<string> {
  const found = await readTurn(deps, turn.id);
  if (found?.status === "completed" && found.response_body !== null) return found.response_body;
  throw lost(deps, turn);
}

function readTurn({ db }: TurnDeps, id: string) {
  return db.read.selectFrom("turns").select(["status", "attempt", "response_body", "over_hold"]).where("id", "=", id).executeTakeFirst();
}

function lost(deps: TurnDeps, turn: OpenedTurn): AbortError {
  deps.log.count("lost_revenue", { turn_id: turn.id, attempt: turn.attempt });
  return new AbortError(
    new DomainError("out_of_time", "The answer came after this turn had been given up. Nothing was charged.", { retryAfter: 1 }),
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("settle failed");
}

/** The usage that is billed: as reported, or estimated from the text and then never above the hold (contract section 2). */
function usageOf({ log }: TurnDeps, request: TurnRequest, turn: OpenedTurn, model: ModelEntry, answer: ModelAnswer): Usage {
  const usage = normaliseUsage(answer.usage, {
    inputEstimate: Math.ceil(turn.octets / OCTETS_PER_TOKEN),
    outputEstimate: Math.ceil(Buffer.byteLength(answer.text) / OCTETS_PER_TOKEN),
    maxInput: turn.inputTokensHeld,
    maxOutput: request.maxOutputTokens,
    contextWindow: model.contextWindow,
    cut: answer.cut,
  });
  if (usage.faults.length > 0) log.count("impossible_usage", { turn_id: turn.id, fields: usage.faults.join(",") });
  else if (usage.source === "estimated") log.count("estimated_usage", { turn_id: turn.id });
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
    latency_ms: Math.round(answer.latencyMs),
    status: answer.cut ? "partial" : "success",
    usage_source: usage.source,
    pricing_version: catalog.version,
    pricing_revision: catalog.revision,
  };
}
