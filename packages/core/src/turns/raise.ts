// What a further call of a turn may cost, and the hold that it is made under. Owns the retry after a lost reply.

import { setTimeout as sleep } from "node:timers/promises";
import { passSlots } from "../accounts/caller.ts";
import { amount } from "@pantheon/contract/money.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { BOUND_MARGIN } from "../ledger/statements/conversation.ts";
import { OCTETS_PER_MESSAGE } from "../ledger/statements/history.ts";
import { raiseHold as RAISE_HOLD, type RaiseHoldInput, type RaiseHoldRow } from "../ledger/statements/raise-hold.ts";
import { tokenBound } from "../metering/token-bound.ts";
import type { Message } from "../models/request.ts";
import { gateTerms } from "./gate-terms.ts";
import type { OpenedTurn } from "./open.ts";
import { coverageOf, LIMITS, type TurnDeps, type TurnRequest } from "./request.ts";
import type { Talk } from "./talk.ts";
import { spentOf } from "./tool-record.ts";

/** The turn as its next call is asked, or the figures of the wallet that does not cover it. */
export type Raised = { readonly covered: true; readonly turn: OpenedTurn } | { readonly covered: false; readonly row: RaiseHoldRow };

type Further = { readonly turn: OpenedTurn; readonly talk: Talk; readonly more: readonly Message[] };

/** Raises the hold for a call that reads `more` beside what the last one read. Throws `out_of_time` when the turn is no longer ours. */
export async function raisedFor(deps: TurnDeps, request: TurnRequest, { turn, talk, more }: Further): Promise<Raised> {
  const texts = more.map(textOf);
  const octets = turn.octets + texts.reduce((all, text) => all + Buffer.byteLength(text) + OCTETS_PER_MESSAGE, 0);
  const inputTokens = turn.coveredInFull ? turn.inputTokensHeld + boundOf(texts) : likely(turn, talk, octets);
  const { weightInput, weightOutput, oePerCredit } = gateTerms(deps, turn.catalog);
  const row = await raise(deps, turn, {
    turn: turn.id,
    wallet: request.caller.wallet,
    actor: request.caller.actor,
    ...passSlots(request.caller),
    defaultLimits: deps.config.personLimits,
    attempt: turn.attempt,
    spent: spentOf(talk.calls, talk.tools).toFixed(),
    inputTokens,
    maxOutputTokens: request.maxOutputTokens,
    multiplier: turn.multiplier.toFixed(),
    weightInput,
    weightOutput,
    oePerCredit,
    enforcedByDefault: deps.config.enforcementDefault,
    fitsToBalance: coverageOf(deps.config, request).fits,
    leastOutputTokens: LIMITS.leastOutputTokens,
  });
  if (!row.covered) return { covered: false, row };
  const held = { hold: amount(row.hold), maxOutputTokens: row.output_tokens, inputTokensHeld: inputTokens };
  return { covered: true, turn: { ...turn, ...held, octets } };
}

/** An upper bound, as the gate has it for a turn that is covered in full. */
function boundOf(texts: readonly string[]): number {
  return Math.ceil(texts.reduce((all, text) => all + tokenBound(text) + OCTETS_PER_MESSAGE, 0) * BOUND_MARGIN);
}

/** By the octets, or what the provider counted of the last call and the octets since, whichever is more. */
function likely({ octetsPerToken, octets: before }: OpenedTurn, { calls }: Talk, octets: number): number {
  const last = calls.at(-1)?.usage;
  const counted = last === undefined || last.source !== "reported" ? 0 : last.fresh + last.cached;
  return Math.ceil(Math.max(octets / octetsPerToken, counted + (octets - before) / octetsPerToken));
}

function textOf(message: Message): string {
  const content = typeof message.content === "string" ? message.content : JSON.stringify(message.content);
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  return content + calls.map(({ id, name, arguments: given }) => id + name + given).join("");
}

const TRIES = 4;

/** Asked again after a lost reply: the statement reads the locked row, and a hold that was raised is not raised twice. */
async function raise(deps: TurnDeps, turn: OpenedTurn, input: RaiseHoldInput): Promise<RaiseHoldRow> {
  for (let tried = 1; ; tried += 1) {
    try {
      const [row] = await deps.db.run(RAISE_HOLD, input);
      if (row) return row;
      throw new DomainError("out_of_time", "This turn was given up while it ran. Nothing was charged.", { retryAfter: 1 });
    } catch (error) {
      const isGivenUp = error instanceof DomainError && error.code === "out_of_time";
      if (isGivenUp || tried === TRIES) throw error;
      deps.log.count("database_retry", { turn_id: turn.id });
      await sleep(50 * 2 ** tried);
    }
  }
}
