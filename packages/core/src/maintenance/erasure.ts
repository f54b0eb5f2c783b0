// What is kept for a time only: people's texts, and the responses of keys. A person erases theirs at once; the sweep erases what is due.
// Every batch commits by itself and is found again by what it left, so a run that dies loses nothing and repeats nothing.

import * as v from "valibot";
import type { Database } from "../db/database.ts";
import { eraseOldTurns, erasePerson as ERASE_PERSON, eraseSessions, eraseTurns } from "./statements/erase-texts.ts";
import { eraseCalls, eraseOldCalls } from "./statements/erase-calls.ts";
import { expireKeys, expireTopUps, removeKeys } from "./statements/expire-keys.ts";

/** Days: of texts while their session is there (null: as long as it is), and of the responses of keys. */
export type Kept = { readonly textDays: number | null; readonly idempotencyDays: number };

export type Erased = { readonly sessions: number; readonly turns: number; readonly complete: boolean };

/** Turns and keys of one statement: their texts together take some time to write anew. */
const BATCH = 100;
const KEYS_BATCH = 1_000;
/** A key without money is removed after twice the time that its response is kept. */
const KEYS_LIVE = 2;

/**
 * Erases all that a person has said, and deletes their sessions; ledger, usage and payments stay. `complete` is false when a turn still
 * runs or `isOver` came first: the sweep erases the rest.
 */
export async function eraseData(db: Database, user: string, isOver: () => boolean): Promise<Erased> {
  const [marked] = await db.run(ERASE_PERSON, { user });
  const { turns, isDone } = await eraseDue(db, user, isOver);
  const calls = await inBatches(isOver, async () => (await db.run(eraseCalls, { user, most: BATCH }))[0]?.turns ?? 0);
  return { sessions: marked?.sessions ?? 0, turns: turns + calls, complete: isDone && !(await hasDue(db, user)) };
}

async function hasDue(db: Database, user: string): Promise<boolean> {
  const sessions = db.query.selectFrom("sessions").select("id").where("erase_at", "is not", null).where("erased_at", "is", null);
  const calls = db.query.selectFrom("turns").select("id").where("session_id", "is", null).where("idempotency_key", "is not", null);
  const left = await Promise.all([
    sessions.where("user_id", "=", user).limit(1).executeTakeFirst(),
    calls.where("erased_at", "is", null).where("user_id", "=", user).limit(1).executeTakeFirst(),
  ]);
  return left.some((row) => row !== undefined);
}

/** Erases deleted sessions that are due, of one person or of all. `isDone` is false when `isOver` came first. */
async function eraseDue(db: Database, user: string | null, isOver: () => boolean): Promise<{ turns: number; isDone: boolean }> {
  let turns = 0;
  for (;;) {
    if (isOver()) return { turns, isDone: false };
    const [batch] = await db.run(eraseTurns, { user, most: BATCH });
    turns += batch?.turns ?? 0;
    if (batch && batch.turns > 0) continue;
    const [sessions] = await db.run(eraseSessions, { user });
    if (!sessions || sessions.sessions === 0) return { turns, isDone: true };
  }
}

/** How far the turns that are too old were erased, and how far calls: the last ids. */
const Progress = v.object({ erased_up_to: v.pipe(v.string(), v.uuid()), calls_up_to: v.optional(v.pipe(v.string(), v.uuid())) });
const FIRST_ID = "00000000-0000-0000-0000-000000000000";

type Work = {
  readonly now: number;
  readonly isOver: () => boolean;
  /** What an earlier run kept, and where this one keeps how far it came. */
  readonly stored: unknown;
  readonly keep: (progress: object) => void;
};

/** Erases what is due, batch by batch until `isOver`. Returns counts, without those that are nothing. */
export async function keepForATime(db: Database, kept: Kept, work: Work): Promise<Readonly<Record<string, number>>> {
  const { turns } = await eraseDue(db, null, work.isOver);
  const stored = v.is(Progress, work.stored) ? work.stored : null;
  const texts = await eraseOld(db, eraseOldTurns, { ...work, days: kept.textDays, after: stored?.erased_up_to ?? FIRST_ID });
  const calls = await eraseOld(db, eraseOldCalls, { ...work, days: kept.idempotencyDays, after: stored?.calls_up_to ?? FIRST_ID });
  work.keep({ erased_up_to: texts.last, calls_up_to: calls.last });
  const keysOf = (statement: typeof expireKeys, days: number) =>
    inBatches(work.isOver, async () => (await db.run(statement, { days, most: KEYS_BATCH }))[0]?.keys ?? 0);
  const counts = {
    erased: turns + texts.turns + calls.turns,
    expired: (await keysOf(expireKeys, kept.idempotencyDays)) + (await keysOf(expireTopUps, kept.idempotencyDays)),
    removed: await keysOf(removeKeys, KEYS_LIVE * kept.idempotencyDays),
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

type Old = Pick<Work, "now" | "isOver"> & { readonly days: number | null; readonly after: string };

/** Erases what is older than so many days, from an id on; nothing for null. Returns how many, and how far it came. */
async function eraseOld(
  db: Database,
  statement: typeof eraseOldTurns,
  { days, now, isOver, after }: Old,
): Promise<{ turns: number; last: string }> {
  const old = { turns: 0, last: after };
  if (days === null) return old;
  const until = idAt(now - days * 86_400_000);
  while (!isOver()) {
    const [batch] = await db.run(statement, { after: old.last, until, most: BATCH });
    if (!batch || batch.last === null) break;
    old.turns += batch.turns;
    old.last = batch.last;
  }
  return old;
}

/** The last id that can have been minted in this millisecond: ids begin with their time (RFC 9562). */
function idAt(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7fff-bfff-ffffffffffff`;
}

async function inBatches(isOver: () => boolean, batch: () => Promise<number>): Promise<number> {
  let done = 0;
  while (!isOver()) {
    const count = await batch();
    done += count;
    if (count === 0) break;
  }
  return done;
}
