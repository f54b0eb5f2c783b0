// What an invariant is: a promise, and the question whose answer is the rows that break it.

import type { RawBuilder } from "kysely";

export type Invariant = {
  readonly name: string;
  /** As an admin reads it. */
  readonly promise: string;
  /** A `select` with one row for each that breaks the promise: its id, as the text `row`. It may read `patience` (ledger/invariants.ts). */
  readonly broken: RawBuilder<unknown>;
};

/** For how long something may be under way, or off, before it counts as broken; milliseconds. */
export type Patience = {
  /** From the record of a refund or dispute to the ledger rows that follow from it. */
  readonly bookingMs: number;
  /** How far the database's clock may step back, for example when it moves to another machine. */
  readonly clockMs: number;
};

/** The reconciliation books every quarter of an hour what a webhook left undone: after four of them nothing is under way. */
export const PATIENCE: Patience = { bookingMs: 60 * 60_000, clockMs: 1_000 };

/** For a ledger at rest on one machine: whatever is not booked is not going to be. */
export const NO_PATIENCE: Patience = { bookingMs: 0, clockMs: 0 };
