// Opening a turn: runs the open statement (or reopens by key), and does what `next` says. Owns the races of opening: whatever an error
// said, the rows decide.

import { setTimeout as sleep } from "node:timers/promises";
import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { passSlots } from "../accounts/caller.ts";
import type { ToolName } from "@pantheon/contract/vocabulary.ts";
import { tokenBound } from "../metering/token-bound.ts";
import { amount, type Amount } from "@pantheon/contract/money.ts";
import type { Catalog } from "../pricing/catalog.ts";
import { openTurn as OPEN_TURN, type OpenTurnInput } from "../ledger/statements/open-turn.ts";
import type { GateRow } from "../ledger/statements/gate.ts";
import { coverageOf, LIMITS, type TurnDeps, type TurnRequest } from "./request.ts";
import { gateTerms, schemaText, unableOf } from "./gate-terms.ts";
import { newTarget, type Target, type Way } from "./collision.ts";
import { next, type Action, type Outcome } from "./next.ts";
import { sizeOf, sizeOfSummary, type Past, keptOf } from "./past.ts";

/** Whom a routing call may choose in the place of the turn's own alias. */
export type Choice = {
  /** The session's list; null: every alias. */
  readonly listed: readonly string[] | null;
  /** Those that the key of the call may use; null: all. */
  readonly keyModels: readonly string[] | null;
  /** What the turn holds for: nobody dearer may answer. */
  readonly dearest: Amount;
};

/** The alias that the turn was opened with, and whether it answers for want of a choice. */
export type Routed = { readonly from: string; readonly usedFallback: boolean };

/** A turn that runs under our attempt, with all that asking the model and settling need. */
export type OpenedTurn = {
  readonly id: string;
  readonly attempt: number;
  /** From 1; 0 for a call, which has no place. */
  readonly index: number;
  readonly createdAt: Date;
  readonly alias: string;
  readonly catalog: Catalog;
  readonly multiplier: Amount;
  /** What a routing call may choose among; null where nothing is to be chosen. */
  readonly choice: Choice | null;
  /** What became of that choice; null before it, and without one. */
  readonly routed: Routed | null;
  readonly systemPrompt: string | null;
  /** What the session allows its model to use. */
  readonly tools: readonly ToolName[];
  /** What stands for the history up to that place, as it was when turn `seen` was the newest. */
  readonly summary: { readonly text: string; readonly through: number; readonly seen: number } | null;
  readonly history: readonly Past[];
  readonly pruned: boolean;
  /** UTF-8 octets that the model will read, and the input tokens that the hold covers. */
  readonly octets: number;
  /** Those of them that are the prompt's and the message's. */
  readonly ownOctets: number;
  readonly octetsPerToken: number;
  readonly inputTokensHeld: number;
  readonly hold: Amount;
  /** No more than the hold is charged. */
  readonly coveredInFull: boolean;
  /** What was asked for, or what the wallet affords. */
  readonly maxOutputTokens: number;
};

/**
 * Opens the turn, or answers the stored body of the one that this key ran before. Refusals are DomainErrors. Its lease is what the function
 * has left and some grace, and at most `leaseMs`: who wants it for longer renews it (lease.ts).
 */
export async function openTurn(deps: TurnDeps, request: TurnRequest, leaseMs: number): Promise<OpenedTurn | { readonly replay: string }> {
  const claim = newId();
  let target = newTarget();
  let catalog = await deps.catalog.current();
  let lastError: unknown = null;

  for (let round = 0; round < LIMITS.openRounds; round += 1) {
    const outcome: Outcome = await runStatement(deps, request, catalog, target, { claim, leaseMs }).then(
      (row) => ({ row }),
      (error: unknown) => ({ error }),
    );
    if ("error" in outcome) lastError = outcome.error;
    const action = next({ request, claim, catalog, config: deps.config, models: deps.models, hasFailed: lastError !== null }, outcome);
    if (action.way === "opened") return opened(action.row, request, catalog, coverageOf(deps.config, request).inFull);
    if (action.way === "reload") catalog = await deps.catalog.after(catalog.revision);
    const way = await wayOf(deps, request, target, claim, action);
    if (way?.way === "replay") return { replay: way.body };
    if (way?.way === "refuse") throw counted(deps, request, await toldInFull(deps, request, outcome, way.refusal));
    if (way) target = way.target;
    if (action.way === "look") await sleep(Math.random() * 10 * 2 ** round);
  }
  if (lastError instanceof DomainError) throw lastError;
  throw new DomainError("session_busy", "Another turn of this session is being opened. Please try again.", {
    retryAfter: 1,
    cause: lastError,
  });
}

/** A 402 is counted: it is somebody who would have paid. */
function counted({ log }: TurnDeps, { requestId, caller, session }: TurnRequest, refusal: unknown): unknown {
  const isBroke = refusal instanceof DomainError && refusal.code === "insufficient_credits";
  if (isBroke) log.count("insufficient_credits", { request_id: requestId, user_id: caller.actor, session_id: session });
  return refusal;
}

/** Seldom needed, as all that is loaded below: a cold start need not read it. */
const met = () => import("./met.ts");

/** Does what an action asks for beside the statement. Null when the same target is tried again. */
async function wayOf(deps: TurnDeps, request: TurnRequest, target: Target, claim: string, action: Action): Promise<Way | null> {
  switch (action.way) {
    case "look":
      return (await met()).wayAround(deps, request, target, claim, action.error);
    case "refuse unless own":
      return (await met()).ownInsteadOf(action.refusal, deps, request, target, claim);
    case "sweep":
      await (await import("./sweep.ts")).sweepUser(deps, request.caller.wallet);
      return null;
    case "opened":
    case "reload":
      return null;
    default:
      return action;
  }
}

/** A 402 says what such a turn has cost lately, which is looked for only then. Anything else is thrown as it is. */
async function toldInFull(deps: TurnDeps, { caller }: TurnRequest, outcome: Outcome, refusal: unknown): Promise<unknown> {
  const alias = "row" in outcome ? outcome.row.alias : null;
  if (!(refusal instanceof DomainError) || refusal.code !== "insufficient_credits" || alias === null) return refusal;
  const { usualCost, withUsualCost } = await import("./usual-cost.ts");
  const usual = await usualCost(deps.db, caller.wallet, alias);
  return usual === null ? refusal : withUsualCost(refusal, usual);
}

async function runStatement(
  deps: TurnDeps,
  request: TurnRequest,
  catalog: Catalog,
  target: Target,
  mark: { readonly claim: string; readonly leaseMs: number },
): Promise<GateRow> {
  const coverage = coverageOf(deps.config, request);
  const format = schemaText(request.sampling);
  const input = {
    ...gateTerms(deps, catalog),
    turn: target.turn,
    claim: mark.claim,
    wallet: request.caller.wallet,
    actor: request.caller.actor,
    ...passSlots(request.caller),
    alias: request.alias,
    auto: request.auto ?? false,
    message: request.message,
    messageBound: tokenBound(request.message) + tokenBound(format),
    formatOctets: Buffer.byteLength(format),
    unable: unableOf(deps.models, request.sampling),
    replaces: request.replaces,
    maxOutputTokens: request.maxOutputTokens,
    leaseMs: request.stated?.leaseMs ?? Math.min(Math.ceil(request.deadline - deps.ticks()) + LIMITS.leaseGraceMs, mark.leaseMs),
    pricingVersion: catalog.version,
    revision: catalog.revision,
    enforcedByDefault: deps.config.enforcementDefault,
    coverInFull: coverage.inFull,
    fitsToBalance: coverage.fits,
    leastOutputTokens: request.session === null ? LIMITS.leastCallOutputTokens : LIMITS.leastOutputTokens,
    defaultLimits: deps.config.personLimits,
    debtLimit: deps.config.debtLimit,
    key: request.key?.value ?? null,
    requestHash: request.key?.hash ?? null,
  };
  const [row] = await sent(deps.db, request, target, input, catalog);
  invariant(row, "the open statement answers one row");
  return row;
}

/** The statement of this target: a turn's, or a call's. Whatever is seldom needed is read by who needs it, and not by a cold start. */
async function sent(
  db: TurnDeps["db"],
  { session, brought, stated }: TurnRequest,
  { mode }: Target,
  input: Omit<OpenTurnInput, "session">,
  catalog: Catalog,
) {
  if (session !== null && mode === "open") return db.run(OPEN_TURN, { ...input, session });
  if (session !== null) return db.run((await import("../ledger/statements/reopen-turn.ts")).reopenTurn, { ...input, session });
  if (stated !== undefined) {
    const { openHold, reopenHold } = await import("../ledger/statements/open-hold.ts");
    const { origin, inputTokens, metadata } = stated;
    const hold = { ...input, session, origin, inputTokens, metadata, statedCredits: stated.credits(catalog) };
    return mode === "open" ? db.run(openHold, hold) : db.run(reopenHold, hold);
  }
  invariant(brought, "a call brings its conversation along");
  const { openCall, reopenCall } = await import("../ledger/statements/open-call.ts");
  const call = { ...input, session, promptOctets: brought.octets, promptBound: brought.bound };
  return mode === "open" ? db.run(openCall, call) : db.run(reopenCall, call);
}

function opened(row: GateRow, { auto = false }: TurnRequest, catalog: Catalog, coveredInFull: boolean): OpenedTurn {
  const { turn, attempt, turn_index, created_at, alias, multiplier, octets, octets_per_token, input_tokens, hold, max_output_tokens } = row;
  invariant(
    turn && attempt && created_at && alias && multiplier && octets && octets_per_token && input_tokens && hold && max_output_tokens,
    "an opened turn comes with its alias, price and hold",
  );
  return {
    id: turn,
    attempt,
    index: turn_index ?? 0,
    createdAt: created_at,
    alias,
    catalog,
    multiplier: catalog.multipliers.get(alias) ?? amount(multiplier),
    choice: auto ? { listed: row.candidates, keyModels: row.key_models, dearest: amount(multiplier) } : null,
    routed: null,
    systemPrompt: row.system_prompt,
    tools: row.tools ?? [],
    summary: row.summary,
    history: keptOf(row.history),
    pruned: row.pruned,
    octets: Number(octets),
    ownOctets: Number(octets) - sizeOf(row.history) - sizeOfSummary(row.summary),
    octetsPerToken: Number(octets_per_token),
    inputTokensHeld: Number(input_tokens),
    hold: amount(hold),
    coveredInFull,
    maxOutputTokens: max_output_tokens,
  };
}
