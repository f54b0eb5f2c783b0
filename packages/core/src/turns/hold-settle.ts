// Settling a hold: what its caller reports becomes one usage event and one debit, by the statement that settles every turn. Owns the rule that
// it is settled once: the same figures are answered the same for ever, others are refused.

import { setTimeout as sleep } from "node:timers/promises";
import type * as v from "valibot";
import { DomainError } from "@pantheon/contract/error.ts";
import { amount, format, ZERO, type Amount } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { SettledMember } from "@pantheon/contract/turns.ts";
import type { TurnRead } from "@pantheon/contract/turn-read.ts";
import type { Caller } from "../accounts/caller.ts";
import { settleTurn as SETTLE_TURN, type UsageEvent } from "../ledger/statements/settle-turn.ts";
import { capped, type Charge } from "../pricing/charge.ts";
import { eventOf, holdOver, readHold, settledView, type HoldDeps, type HoldRow } from "./hold.ts";
import { chargeOf, holdEvent, priceOf, type Used } from "./hold-charge.ts";

export type Settling = {
  readonly caller: Caller;
  readonly hold: string;
  readonly used: Used;
  /** What its caller paid the provider, in USD; null: not said. */
  readonly costUsd: Amount | null;
  readonly requestId: string;
};

/** A hold may be charged at most so many times what it held: above that it is taken for a mistake, and nothing is booked. */
export const MOST_OF_A_HOLD = 2;

const ROUNDS = 6;

/**
 * Settles the hold and answers its figures; asked again with the same figures, the same. 404 for none of the caller's, 409 `conflict` when it
 * was settled with other figures, 409 `hold_expired` when it was swept or voided, 422 for more than twice the hold. Whatever an error said,
 * the row decides.
 */
export async function settleHold(deps: HoldDeps, settling: Settling): Promise<Awaited<ReturnType<typeof settledView>>> {
  let failure: unknown = null;
  for (let round = 0; round < ROUNDS; round += 1) {
    const hold = await readHold(deps.db, settling.caller, settling.hold);
    if (hold.status === "failed") throw holdOver();
    if (hold.status === "completed") return asBefore(deps, settling, hold);
    try {
      const [row] = await deps.db.run(SETTLE_TURN, inputOf(deps, settling, hold));
      if (row !== undefined) count(deps, hold, row);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== "database_unavailable") throw error;
      failure = error;
      deps.log.count("database_retry", { turn_id: hold.id });
      await sleep(50 * 2 ** round);
    }
  }
  throw failure ?? new DomainError("conflict", "The hold is being changed. Please try again.", { retryAfter: 1 });
}

/** The figures of a hold that is settled, if they are those that are asked for now. */
async function asBefore({ db }: HoldDeps, settling: Settling, hold: HoldRow) {
  const event = await eventOf(db, hold.id);
  const stated = event.stated_credits === null ? null : amount(event.stated_credits);
  const { used } = settling;
  const isSame =
    "credits" in used
      ? stated?.eq(used.credits)
      : stated === null &&
        Number(event.input_tokens_fresh) === used.fresh &&
        Number(event.input_tokens_cached) === used.cached &&
        Number(event.output_tokens) === used.output;
  if (isSame !== true || !amount(event.provider_cost_usd).eq(costOf(settling))) {
    throw new DomainError("conflict", "This hold was settled with other figures. What was booked stays.");
  }
  return settledView(db, hold);
}

/** What the house pays: the word of a service that an admin lets act for others counts, and nobody else's. */
function costOf({ caller, costUsd }: Settling): Amount {
  return caller.key?.actsForOthers === true ? (costUsd ?? ZERO) : ZERO;
}

function inputOf({ config }: HoldDeps, settling: Settling, hold: HoldRow) {
  const whole = chargeOf(settling.used, priceOf(hold));
  const held = amount(hold.hold);
  if (whole.charged.gt(held.times(String(MOST_OF_A_HOLD)))) throw tooMuch(settling.used, whole, held);
  const charged = config.overdraft === "none" ? capped(whole, held) : whole;
  const event = holdEvent(hold, settling.used, { charged, costUsd: costOf(settling), usdPerCredit: config.usdPerCredit });
  return {
    turn: hold.id,
    wallet: hold.user_id,
    actor: hold.user_id,
    apiKey: hold.api_key_id,
    attempt: hold.attempt,
    alias: hold.model_alias,
    answer: "",
    providerModel: event.provider_model,
    events: JSON.stringify([event]),
    tools: "[]",
    toolTexts: null,
    body: bodyOf(hold, event, charged),
    lowBalanceThreshold: config.lowBalanceThreshold.toFixed(),
    requestId: settling.requestId,
    pruned: false,
    octetsPerToken: null,
    textBound: 0,
    summary: null,
  };
}

function tooMuch(used: Used, { charged }: Charge, held: Amount): DomainError {
  const path = "credits" in used ? "credits" : "usage";
  const errors = [{ path, message: `comes to ${format(charged)} credits, more than twice the ${format(held)} that are held` }];
  return new DomainError("invalid_request", "The request is not valid.", { errors });
}

/** The turn as its person reads it, up to what only the locked wallet knows (view.ts). */
function bodyOf(hold: HoldRow, event: UsageEvent, charged: Charge): string {
  const body: Omit<v.InferInput<typeof TurnRead>, SettledMember> = {
    id: hold.id,
    session_id: null,
    turn_index: null,
    user_input: "",
    assistant_output: "",
    status: "completed",
    model_alias_used: hold.model_alias,
    provider_model: event.provider_model,
    usage: {
      input_tokens_fresh: event.input_tokens_fresh,
      input_tokens_cached: event.input_tokens_cached,
      output_tokens: event.output_tokens,
      reasoning_tokens: 0,
      total_tokens: event.total_tokens,
      estimated: false,
    },
    oe_tokens: format(charged.oe),
    multiplier: format(amount(event.multiplier)),
    pricing_version: hold.pricing_version,
    credits_burned: format(charged.burned),
    credits_charged: format(charged.charged),
    prune_triggered: false,
    summary_triggered: false,
    summary_used_fallback: false,
    tool_calls: [],
    max_output_tokens: hold.max_output_tokens,
    finish_reason: null,
    replaces: null,
    created_at: rfc3339(hold.created_at),
  };
  return `${JSON.stringify(body).slice(0, -1)},`;
}

function count({ log }: HoldDeps, hold: HoldRow, row: { over_hold: boolean; charge: string }): void {
  if (row.over_hold) log.count("over_hold", { turn_id: hold.id, hold: format(amount(hold.hold)), charge: format(amount(row.charge)) });
}
