// Settling a turn: what the model used becomes one priced usage event, and the settle statement books it. Owns the retry after a
// lost reply: the turn's row says whether it was booked.

import pRetry, { AbortError } from "p-retry";
import { settleTurn as settleStatement, type SettleTurnInput } from "../ledger/statements/settle-turn.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { ModelAnswer } from "../llm/model-answer.ts";
import type { ModelEntry } from "../llm/models.ts";
import { capped, charge, type Charge } from "../pricing/charge.ts";
import { tokenBound } from "../metering/token-bound.ts";
import type { Usage } from "../metering/usage.ts";
import { ZERO } from "@pantheon/contract/money.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";
import type { OpenedTurn } from "./open.ts";
import { recordLostAnswer, voidFailed } from "./recover.ts";
import { densityOf, usageEvent, usageOf } from "./usage-event.ts";
import { completedTurnBody } from "./view.ts";

/** A failover of the database takes a few seconds: worth waiting for, since the model has answered. */
const RETRIES = { retries: 12, minTimeout: 30, maxTimeout: 750, randomize: true };
/** More than a silent server takes of it (db/lease.ts), so that a settle whose connection went dead is sent again over a new one. */
const MAX_RETRY_MS = 8_000;

/** Books the answer and returns the response body as it is stored. Charged at most once, whatever reply was lost. */
export async function settleTurn(
  deps: TurnDeps,
  request: TurnRequest,
  turn: OpenedTurn,
  model: ModelEntry,
  answer: ModelAnswer,
): Promise<string> {
  const usage = usageOf(request, turn, model, answer);
  countOddities(deps, turn, model, usage);
  const charged = chargeOf(deps, turn, usage);
  const event = usageEvent(deps, turn, model, answer, usage, charged);
  const lost = { turn: turn.id, attempt: turn.attempt, user: request.caller.actor, alias: turn.alias, costUsd: event.provider_cost_usd };
  const input = {
    turn: turn.id,
    user: request.caller.wallet,
    attempt: turn.attempt,
    answer: answer.text,
    providerModel: answer.providerModel,
    events: JSON.stringify([event]),
    tools: "[]",
    body: completedTurnBody(request, turn, answer, usage, charged),
    lowBalanceThreshold: deps.config.lowBalanceThreshold.toFixed(),
    requestId: request.requestId,
    pruned: turn.pruned,
    octetsPerToken: densityOf(turn, usage),
    textBound: tokenBound(request.message) + tokenBound(answer.text),
  };
  try {
    const booked = await pRetry(() => settleOnce(deps, turn, input), {
      ...RETRIES,
      maxRetryTime: Math.max(1, Math.min(request.deadline - deps.ticks(), MAX_RETRY_MS)),
    });
    if (booked.byAnother) await recordLostAnswer(deps, lost);
    else countAboveHold(deps, turn, charged, booked.overHold);
    return booked.body;
  } catch (error) {
    // The model has answered and nobody pays for it, unless the booking is found when the same key comes again.
    await recordLostAnswer(deps, lost);
    // What no retry mends will not be booked later either: the hold goes back now, and the key may run again.
    if (!(error instanceof DomainError)) await voidFailed(deps, turn, request.caller, "internal");
    throw error;
  }
}

/** Under CREDIT_OVERDRAFT=none nobody pays more than was held, whatever the model used: the rest is ours. */
function chargeOf({ config }: TurnDeps, turn: OpenedTurn, usage: Usage): Charge {
  const whole = charge(usage, { weights: turn.catalog.weights, multiplier: turn.multiplier });
  return config.overdraft === "none" ? capped(whole, turn.hold) : whole;
}

function countAboveHold({ log }: TurnDeps, turn: OpenedTurn, { charged, absorbed }: Charge, overHold: boolean): void {
  const hold = turn.hold.toFixed();
  if (overHold) log.count("over_hold", { turn_id: turn.id, hold, charge: charged.toFixed() });
  if (absorbed.gt(ZERO)) log.count("absorbed_over_hold", { turn_id: turn.id, hold, credits: absorbed.toFixed() });
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

/** What is odd about a turn's usage, for whoever watches the providers. */
function countOddities({ log }: TurnDeps, turn: OpenedTurn, model: ModelEntry, usage: Usage): void {
  if (usage.faults.length > 0) log.count("impossible_usage", { turn_id: turn.id, fields: usage.faults.join(",") });
  else if (usage.source === "estimated") log.count("estimated_usage", { turn_id: turn.id });
  else if (usage.total > model.contextWindow)
    log.count("usage_above_window", { turn_id: turn.id, tokens: usage.total, window: model.contextWindow });
}
