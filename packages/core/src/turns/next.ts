// What opening does after a statement: a pure function of what it asked and what came. Its truth table is tests/turns/open-next.test.ts.

import type { Config } from "../config/config.ts";
import { invariant, type DomainError, type ErrorCode } from "@pantheon/contract/error.ts";
import type { GateRow } from "../ledger/statements/gate.ts";
import type { Model } from "../models/model.ts";
import type { Catalog } from "../pricing/catalog.ts";
import { newTarget, wayOfKeyed, type Way } from "./collision.ts";
import { closedTo, refusalOf } from "./refusal.ts";
import type { TurnRequest } from "./request.ts";

/** What one round of opening knows. */
export type Round = {
  readonly request: TurnRequest;
  /** The mark by which the request knows its own turn again, whatever reply was lost. */
  readonly claim: string;
  readonly catalog: Catalog;
  readonly config: Config;
  readonly models: Readonly<Record<string, Model>>;
  /** An earlier round ended with an error, so a turn of this request's own may run unseen. */
  readonly hasFailed: boolean;
};

export type Outcome = { readonly row: GateRow } | { readonly error: unknown };

export type Action =
  | Way
  /** The turn runs: the row says all about it. */
  | { readonly way: "opened"; readonly row: GateRow }
  /** Nobody knows what the statement did: read the rows. */
  | { readonly way: "look"; readonly error: unknown }
  /** The prices are older than the database's: load them. */
  | { readonly way: "reload" }
  /** Turns whose time is over hold credits: give them back, and ask again. */
  | { readonly way: "sweep" }
  /** Refused, unless it is our own turn that stands in the way. */
  | { readonly way: "refuse unless own"; readonly refusal: DomainError };

/** What turns whose time is over may be the cause of. */
const FREED_BY_SWEEPING: ReadonlySet<ErrorCode> = new Set(["insufficient_credits", "limit_reached", "rate_limited"]);

/** The next step of a request whose statement ended like this. Reads nothing and writes nothing. */
export function next(round: Round, outcome: Outcome): Action {
  if ("error" in outcome) return { way: "look", error: outcome.error };
  const { row } = outcome;
  const closed = closedTo(row);
  if (closed !== null) return refused(round, closed);
  if (row.keyed) return wayOfKeyed(row.keyed, round.request, round.claim);
  if (row.turn) return { way: "opened", row };
  if (row.session !== null && row.revision !== round.catalog.revision) {
    invariant(row.revision, "whoever has a session has a wallet");
    return { way: "reload" };
  }
  const refusal = refusalOf(row, round);
  // Without a refusal, the turn that we meant to run again was taken meanwhile: look at its key afresh.
  if (refusal === null) return { way: "run", target: newTarget() };
  if (FREED_BY_SWEEPING.has(refusal.code) && row.lapsed) return { way: "sweep" };
  return refused(round, refusal);
}

function refused({ hasFailed }: Round, refusal: DomainError): Action {
  return hasFailed ? { way: "refuse unless own", refusal } : { way: "refuse", refusal };
}
