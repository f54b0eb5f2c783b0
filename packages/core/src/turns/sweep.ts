// Putting right what a dead container left behind: turns whose lease is over are voided and their holds go back.

import { sql } from "kysely";
import { sweepTurns } from "../ledger/statements/sweep-turns.ts";
import { errorName } from "../log.ts";
import type { TurnDeps } from "./request.ts";

type Sweeping = Pick<TurnDeps, "db" | "log">;

/** Voids every lapsed turn of this user; returns how many. */
export async function sweepUser({ db, log }: Sweeping, user: string): Promise<number> {
  const [swept] = await db.run(sweepTurns, { wallet: user, actor: user });
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
export async function sweepLapsed(deps: Sweeping, isOver: () => boolean = () => false): Promise<number> {
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
