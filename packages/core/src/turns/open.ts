// Opening a turn: runs the open statement (or reopens by key), and reads from its row what to do. Owns the races of opening:
// whatever an error said, the rows decide.

import { setTimeout as sleep } from "node:timers/promises";
import { DomainError, invariant } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { tokenBound } from "../metering/token-bound.ts";
import { amount, type Amount } from "@pantheon/contract/money.ts";
import type { Catalog } from "../pricing/catalog.ts";
import { openTurn as openStatement } from "../ledger/statements/open-turn.ts";
import { reopenTurn as reopenStatement } from "../ledger/statements/reopen-turn.ts";
import type { GateRow } from "../ledger/statements/gate.ts";
import { LIMITS, type TurnDeps, type TurnRequest } from "./request.ts";
import { claimOf, ownInsteadOf, standing, type Claim } from "./collision.ts";
import { refusalOf } from "./refusal.ts";
import { sweepUser } from "./recover.ts";

/** A turn that runs under our attempt, with all that asking the model and settling need. */
export type OpenedTurn = {
  readonly id: string;
  readonly attempt: number;
  readonly index: number;
  readonly createdAt: Date;
  readonly alias: string;
  readonly catalog: Catalog;
  readonly multiplier: Amount;
  readonly systemPrompt: string | null;
  readonly history: readonly { user: string; assistant: string }[];
  readonly pruned: boolean;
  /** UTF-8 octets that the model will read, and the input tokens that the hold covers. */
  readonly octets: number;
  readonly octetsPerToken: number;
  readonly inputTokensHeld: number;
  readonly hold: Amount;
};

/** Opens the turn, or answers the stored body of the one that this key ran before. Refusals are DomainErrors. */
export async function openTurn(deps: TurnDeps, request: TurnRequest): Promise<OpenedTurn | { readonly replay: string }> {
  const ours = newId(); // the mark by which this request knows its own turn again, whatever reply was lost
  let claim: Claim = { turn: newId(), reopen: false };
  let catalog = await deps.catalog.current();
  let lastError: unknown = null;

  for (let round = 0; round < LIMITS.openRounds; round += 1) {
    const row = await runStatement(deps, request, catalog, claim, ours).catch((error: unknown) => {
      lastError = error;
      return null;
    });
    if (!row) {
      const found = await standing(deps, request, claim, ours, lastError);
      if ("replay" in found) return found;
      claim = found;
      await sleep(Math.random() * 10 * 2 ** round);
      continue;
    }
    if (row.keyed) {
      const found = claimOf(row.keyed, request, ours);
      if ("replay" in found) return found;
      claim = found;
    } else if (row.turn) {
      return opened(row, catalog);
    } else if (row.session !== null && row.revision !== catalog.revision) {
      invariant(row.revision, "whoever has a session has a wallet");
      catalog = await deps.catalog.after(catalog.revision);
    } else {
      const refusal = refusalOf(row, request, deps.config, catalog);
      if (refusal?.code === "insufficient_credits" && row.lapsed) await sweepUser(deps, request.caller.wallet);
      else if (refusal && lastError === null) throw refusal;
      else if (refusal) claim = await ownInsteadOf(refusal, deps, request, claim, ours);
      // Without a refusal, the turn that we meant to run again was taken meanwhile: look at its key afresh.
      else claim = { turn: newId(), reopen: false };
    }
  }
  if (lastError instanceof DomainError) throw lastError;
  throw new DomainError("session_busy", "Another turn of this session is being opened. Please try again.", {
    retryAfter: 1,
    cause: lastError,
  });
}

async function runStatement(deps: TurnDeps, request: TurnRequest, catalog: Catalog, claim: Claim, ours: string): Promise<GateRow> {
  const { weights } = catalog;
  const input = {
    turn: claim.turn,
    claim: ours,
    user: request.caller.wallet,
    session: request.session,
    alias: request.alias,
    message: request.message,
    messageBound: tokenBound(request.message),
    maxOutputTokens: request.maxOutputTokens,
    leaseMs: Math.ceil(request.deadline - deps.ticks()) + LIMITS.leaseGraceMs,
    prices: catalog.prices,
    pricingVersion: catalog.version,
    revision: catalog.revision,
    weightInput: (weights.fresh.gt(weights.cached) ? weights.fresh : weights.cached).toFixed(),
    weightOutput: weights.output.toFixed(),
    oePerCredit: weights.oePerCredit.toFixed(),
    enforcedByDefault: deps.config.enforcementDefault,
    coverInFull: deps.config.overdraft === "none",
    historyTurns: LIMITS.historyTurns,
    historyOctets: LIMITS.historyOctets,
  };
  const [row] = claim.reopen
    ? await deps.db.run(reopenStatement, input)
    : await deps.db.run(openStatement, { ...input, key: request.key?.value ?? null, requestHash: request.key?.hash ?? null });
  invariant(row, "the open statement answers one row");
  return row;
}

function opened(row: GateRow, catalog: Catalog): OpenedTurn {
  const { turn, attempt, turn_index, created_at, alias, multiplier, octets, octets_per_token, input_tokens, hold } = row;
  invariant(
    turn && attempt && turn_index && created_at && alias && multiplier && octets && octets_per_token && input_tokens && hold,
    "an opened turn comes with its alias, price and hold",
  );
  return {
    id: turn,
    attempt,
    index: turn_index,
    createdAt: created_at,
    alias,
    catalog,
    multiplier: amount(multiplier),
    systemPrompt: row.system_prompt,
    history: row.history,
    pruned: row.pruned,
    octets: Number(octets),
    octetsPerToken: Number(octets_per_token),
    inputTokensHeld: Number(input_tokens),
    hold: amount(hold),
  };
}
