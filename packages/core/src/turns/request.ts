// What the turn needs from outside, and the limits it works within.

import type { Caller } from "../accounts/caller.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import type { RequestKey } from "../audit/request-key.ts";
import type { Gateway } from "../models/gateway.ts";
import type { Model } from "../models/model.ts";
import type { ModelRequest, Sampling } from "../models/request.ts";
import type { Log } from "../log.ts";
import type { Catalog, CatalogCache } from "../pricing/catalog.ts";
import type { TurnOrigin } from "@pantheon/contract/vocabulary.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import type { Clock, Ticks } from "@pantheon/contract/time.ts";

export type TurnDeps = {
  readonly config: Config;
  readonly db: Database;
  readonly log: Log;
  readonly clock: Clock;
  readonly ticks: Ticks;
  readonly catalog: CatalogCache;
  readonly models: Readonly<Record<string, Model>>;
  readonly gateway: Gateway;
  /** The tools of this container, loaded by the first turn that may use one. */
  readonly toolbox: () => Promise<Toolbox>;
  /** Whose model writes summaries of what no longer fits; null: what no longer fits is left out. */
  readonly summaryAlias: string | null;
  /** Whose model chooses who answers a turn of mode `auto`; null: nobody does, and the session's own alias answers. */
  readonly routingAlias: string | null;
  /** Of streams; `LEASES` when left out. */
  readonly leases?: LeaseTimes;
};

export type TurnRequest = {
  /** Who runs the turn, and whose wallet pays. */
  readonly caller: Caller;
  /** Null for a call that brings its whole conversation along. */
  readonly session: string | null;
  /** What a call brings along; a turn of a session brings its message alone. */
  readonly brought?: Brought;
  /** What is stated of a hold, whose model runs elsewhere. */
  readonly stated?: Stated;
  /** The caller's Idempotency-Key with the digest of the request, or null. */
  readonly key: RequestKey | null;
  readonly message: string;
  readonly alias: string | null;
  /** A routing call chooses who answers. */
  readonly auto?: boolean;
  readonly maxOutputTokens: number;
  /** Whether the output limit may be what the wallet affords; null leaves it to the stage. */
  readonly fitToBalance: boolean | null;
  /** How the model is to answer; what its alias cannot do is refused. */
  readonly sampling: Sampling;
  /** The completed turn of this session that this one stands in for. */
  readonly replaces: string | null;
  readonly requestId: string;
  /** When this function must have answered, on the ticks of `TurnDeps`. */
  readonly deadline: number;
};

/** What a call is asked, and how large that is. */
export type Brought = Pick<ModelRequest, "messages" | "tools" | "toolChoice" | "parallelToolCalls"> & {
  /** UTF-8 octets of all that the model will read, with what wraps each message. */
  readonly octets: number;
  /** The most tokens that they can have (metering/token-bound.ts). */
  readonly bound: number;
};

/** What a hold is opened with. */
export type Stated = {
  readonly origin: TurnOrigin;
  readonly inputTokens: number;
  /** The credits to hold, where they are not the price of the tokens; by the catalogue that the open is sent with. */
  readonly credits: (catalog: Catalog) => string | null;
  /** How long it is held: no function's time has to do with it. */
  readonly leaseMs: number;
  /** JSON, an object of texts; or null. */
  readonly metadata: string | null;
};

/** How a turn is covered by its wallet. */
export type Coverage = {
  /** The hold is an upper bound, covered in full, and no more than it is charged. */
  readonly inFull: boolean;
  /** Instead of a refusal the output limit is what the wallet affords, down to `LIMITS.leastOutputTokens`. */
  readonly fits: boolean;
};

/**
 * CREDIT_OVERDRAFT=none covers and fits every turn, and elsewhere a turn that asks for it; one may also ask for all or nothing. A call is
 * always fitted: whoever makes it asks for more output than they mean, or does not say. A hold is what its caller says, so it is all or
 * nothing whatever the stage allows.
 */
export function coverageOf(
  { overdraft }: Pick<Config, "overdraft">,
  { fitToBalance, session, stated }: Pick<TurnRequest, "fitToBalance" | "session" | "stated">,
): Coverage {
  const isStrict = overdraft === "none";
  if (stated !== undefined) return { inFull: true, fits: false };
  if (session === null) return { inFull: isStrict, fits: true };
  return { inFull: isStrict || fitToBalance === true, fits: fitToBalance ?? isStrict };
}

export const LIMITS = {
  /** What a turn keeps of the function's time to settle and answer. */
  settleReserveMs: 3_000,
  /** The gateway in front gives up at 30 s: a JSON turn's model gets at most this. */
  modelTimeMs: 25_000,
  /** How long a streamed answer whose reader has left is read on: then it is cut, and charged for what had come. */
  drainMs: 10_000,
  /** What of a streamed answer waits for its reader, in UTF-16 units; beyond it the model waits too. */
  queuedCharacters: 64 * 1_024,
  /** Less than this for the model is not worth a hold. */
  leastModelTimeMs: 500,
  /** How long a turn stays ours after the function's own end, and a JSON turn after the time of its model. */
  leaseGraceMs: 30_000,
  /** How often opening is tried again when a race or a stale catalogue got in its way. */
  openRounds: 8,
  /** A turn that is fitted to its wallet answers so many tokens, or what it asked for if that is less. */
  leastOutputTokens: 64,
  /** A call without a session, likewise: programs that work in steps can do nothing with less. */
  leastCallOutputTokens: 256,
  historyTurns: 100,
  historyOctets: 512 * 1_024,
} as const;

/** What a stream works within (lease.ts). Milliseconds. */
export type LeaseTimes = {
  /** Of a stream, from its opening and from each renewal. */
  readonly lengthMs: number;
  readonly renewMs: number;
  /** After a renewal that failed. */
  readonly againMs: number;
  /** How long renewals may fail before the stream stops: what is left of the lease then is for settling. */
  readonly patienceMs: number;
};

export const LEASES: LeaseTimes = { lengthMs: 45_000, renewMs: 15_000, againMs: 3_000, patienceMs: 30_000 };
