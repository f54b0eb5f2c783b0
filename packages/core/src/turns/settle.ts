// Settling a turn: each of its model calls becomes one priced usage event, and the settle statement books them with one debit. Owns the
// retry after a lost reply: the turn's row says whether it was booked.

import pRetry, { AbortError } from "p-retry";
import { settleTurn as SETTLE_TURN, type SettleTurnInput } from "../ledger/statements/settle-turn.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { tokenBound } from "../metering/token-bound.ts";
import { amount, format, sum, ZERO } from "@pantheon/contract/money.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";
import type { OpenedTurn } from "./open.ts";
import { densityOf, usageEvent, type CallRecord } from "./call-record.ts";
import type { Conversation } from "./talk.ts";
import { spentOf, toolEvent, toolTexts } from "./tool-record.ts";
import { recordLostAnswer, voidFailed } from "./void.ts";
import { answeringModel, completedTurnBody, kept } from "./view.ts";

/** A failover of the database takes a few seconds: worth waiting for, since the model has answered. */
const RETRIES = { retries: 12, minTimeout: 30, maxTimeout: 750, randomize: true };
/** More than a silent server takes of it (db/connection.ts), so that a settle whose connection went dead is sent again over a new one. */
const MAX_RETRY_MS = 8_000;

/** Books the conversation and returns the response body as it is stored. Charged at most once, whatever reply was lost. */
export async function settleTurn(deps: TurnDeps, request: TurnRequest, conversation: Conversation): Promise<string> {
  const { turn, calls } = conversation;
  for (const call of calls) countOddities(deps, turn, call);
  const events = calls.map((call) => usageEvent(deps, turn, call));
  const costUsd = sum(events.map((event) => amount(event.provider_cost_usd))).toFixed();
  const lost = { turn: turn.id, attempt: turn.attempt, user: request.caller.wallet, alias: turn.alias, costUsd };
  const input = inputOf(deps, request, conversation, JSON.stringify(events));
  try {
    const booked = await pRetry(() => settleOnce(deps, turn, input), {
      ...RETRIES,
      maxRetryTime: Math.max(1, Math.min(request.deadline - deps.ticks(), MAX_RETRY_MS)),
    });
    if (booked.byAnother) await recordLostAnswer(deps, lost);
    else countAboveHold(deps, conversation, booked.overHold);
    return booked.body;
  } catch (error) {
    // The model has answered and nobody pays for it, unless the booking is found when the same key comes again.
    await recordLostAnswer(deps, lost);
    // What no retry mends will not be booked later either: the hold goes back now, and the key may run again.
    if (!(error instanceof DomainError)) await voidFailed(deps, turn, request.caller, "internal");
    throw error;
  }
}

function inputOf(deps: TurnDeps, request: TurnRequest, conversation: Conversation, events: string): SettleTurnInput {
  const { turn, calls, tools, text, memory } = conversation;
  const first = calls.find(({ status }) => status !== "internal");
  return {
    turn: turn.id,
    wallet: request.caller.wallet,
    actor: request.caller.actor,
    apiKey: request.caller.key?.id ?? null,
    attempt: turn.attempt,
    alias: turn.alias,
    answer: kept(request, text),
    providerModel: answeringModel(conversation),
    events,
    tools: JSON.stringify(tools.map((tool) => toolEvent(deps, tool))),
    toolTexts: toolTexts(tools),
    body: completedTurnBody(request, conversation),
    lowBalanceThreshold: deps.config.lowBalanceThreshold.toFixed(),
    requestId: request.requestId,
    pruned: turn.pruned,
    octetsPerToken: first === undefined ? null : densityOf(turn, first.usage),
    textBound: tokenBound(request.message) + tokenBound(text),
    summary: memory.summary && JSON.stringify(memory.summary),
  };
}

function countAboveHold({ log }: TurnDeps, { turn, calls, tools }: Conversation, overHold: boolean): void {
  const hold = turn.hold.toFixed();
  const absorbed = sum([...calls.map(({ charge }) => charge.absorbed), ...tools.map((tool) => tool.absorbed)]);
  if (overHold) log.count("over_hold", { turn_id: turn.id, hold, charge: format(spentOf(calls, tools)) });
  if (absorbed.gt(ZERO)) log.count("absorbed_over_hold", { turn_id: turn.id, hold, credits: format(absorbed) });
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
    const [row] = await deps.db.run(SETTLE_TURN, input);
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
  const isStillRunning = found?.status === "running" && found.attempt === turn.attempt;
  if (isStillRunning && failure instanceof DomainError) throw failure;
  if (isStillRunning && failure instanceof Error) throw new AbortError(failure);
  const detail = "The answer came after this turn had been given up. Nothing was charged.";
  throw new AbortError(new DomainError("out_of_time", detail, { retryAfter: 1, cause: failure }));
}

/** What is odd about a call's usage, for whoever watches the providers. */
function countOddities({ log, models }: TurnDeps, turn: OpenedTurn, { alias, usage }: CallRecord): void {
  const window = models[alias]?.contextWindow ?? Infinity;
  if (usage.faults.length > 0) log.count("impossible_usage", { turn_id: turn.id, fields: usage.faults.join(",") });
  else if (usage.source === "estimated") log.count("estimated_usage", { turn_id: turn.id });
  else if (usage.total > window) log.count("usage_above_window", { turn_id: turn.id, tokens: usage.total, window });
}
