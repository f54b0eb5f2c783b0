// Putting right what a dead container left behind: turns whose lease is over are voided and their holds go back.

import { sql } from "kysely";
import { sweepTurns } from "../ledger/statements/sweep-turns.ts";
import { voidTurn } from "../ledger/statements/void-turn.ts";
import { errorName } from "../log.ts";
import type { TurnDeps } from "./request.ts";

type Recovery = Pick<TurnDeps, "db" | "log">;

/** Voids every lapsed turn of this user; answers how many. */
export async function sweepUser({ db, log }: Recovery, user: string): Promise<number> {
  const [swept] = await db.run(sweepTurns, { user });
  if (swept) log.warn("lapsed turns voided", { user_id: user, turns: swept.voided, released: swept.released });
  return swept?.voided ?? 0;
}

/** How many users one round looks at; the next round goes on. */
const USERS_A_ROUND = 500;

/**
 * Voids every lapsed turn there is, one user a statement, so that only one wallet is locked at a time; begins none when `isOver`. Returns
 * how many it voided. A user whose statement fails is left to the next sweep, and the others are not: when all fail, the last failure is
 * thrown. The order is by chance, so that users whose statements always fail cannot fill every round.
 */
export async function sweepLapsed(deps: Recovery, isOver: () => boolean = () => false): Promise<number> {
  const users = await deps.db.query
    .selectFrom("turns")
    .select("user_id")
    .where("status", "=", "running")
    .where("lease_until", "<", sql<Date>`clock_timestamp()`)
    .groupBy("user_id")
    .orderBy(sql`random()`)
    .limit(USERS_A_ROUND)
    .execute();
  let voided = 0;
  const failures: unknown[] = [];
  for (const { user_id: user } of users) {
    if (isOver()) return voided;
    try {
      voided += await sweepUser(deps, user);
    } catch (error) {
      failures.push(error);
      deps.log.error("lapsed turns could not be voided; the next sweep tries again", { user_id: user, error: errorName(error) });
    }
  }
  if (failures.length > 0 && failures.length === users.length) throw failures.at(-1);
  return voided;
}

/** Voids one lapsed turn that stands in the way of its session. Fenced by its attempt: whoever took it over meanwhile keeps it. */
export async function voidLapsed({ db, log }: Recovery, turn: { id: string; user_id: string; attempt: number }): Promise<void> {
  const voided = await db.run(voidTurn, { turn: turn.id, user: turn.user_id, attempt: turn.attempt, failure: "lapsed" });
  if (voided.length > 0) log.warn("lapsed turn voided", { user_id: turn.user_id, turn_id: turn.id, attempt: turn.attempt });
}

/** Voids our own turn whose model gave no answer. When even that fails, the lease ends it: the hold is late, never lost. */
export async function voidFailed(
  { db, log }: Recovery,
  turn: { id: string; attempt: number },
  user: string,
  failure: string,
): Promise<void> {
  try {
    await db.run(voidTurn, { turn: turn.id, user, attempt: turn.attempt, failure });
  } catch (error) {
    log.count("void_failed", { turn_id: turn.id });
    log.error("turn could not be voided; its lease will end it", { turn_id: turn.id, error: errorName(error) });
  }
}

/** An answer of a model that nobody pays for. */
export type LostAnswer = { turn: string; attempt: number; user: string; alias: string; costUsd: string };

/** Counts a lost answer, and leaves a row of it for the reconciliation when the database is there. Never throws: the loss is the news. */
export async function recordLostAnswer({ db, log }: Recovery, { turn, attempt, user, alias, costUsd }: LostAnswer): Promise<void> {
  log.count("lost_revenue", { turn_id: turn, attempt, provider_cost_usd: costUsd });
  try {
    await db.query
      .insertInto("lost_answers")
      .values({ turn_id: turn, attempt, user_id: user, model_alias: alias, provider_cost_usd: costUsd })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  } catch (error) {
    log.error("a lost answer could not be recorded", { turn_id: turn, attempt, error: errorName(error) });
  }
}
