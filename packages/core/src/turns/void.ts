// Ending a turn that nobody is charged for: its hold goes back, and what the provider asks for it all the same is counted.

import type { Caller } from "../accounts/caller.ts";
import { errorName } from "../log.ts";
import type { TurnDeps } from "./request.ts";
import { voidTurn } from "../ledger/statements/void-turn.ts";

type Ending = Pick<TurnDeps, "db" | "log">;

/** Voids one lapsed turn that stands in the way of its session. Fenced by its attempt: whoever took it over meanwhile keeps it. */
export async function voidLapsed({ db, log }: Ending, turn: { id: string; user_id: string; attempt: number }): Promise<void> {
  const voided = await db.run(voidTurn, {
    turn: turn.id,
    wallet: turn.user_id,
    actor: turn.user_id,
    attempt: turn.attempt,
    failure: "lapsed",
  });
  if (voided.length > 0) log.warn("lapsed turn voided", { user_id: turn.user_id, turn_id: turn.id, attempt: turn.attempt });
}

/** Voids our own turn whose model gave no answer. When even that fails, the lease ends it: the hold is late, never lost. */
export async function voidFailed(
  { db, log }: Ending,
  turn: { id: string; attempt: number },
  caller: Caller,
  failure: string,
): Promise<void> {
  try {
    await db.run(voidTurn, { turn: turn.id, wallet: caller.wallet, actor: caller.actor, attempt: turn.attempt, failure });
  } catch (error) {
    log.count("void_failed", { turn_id: turn.id });
    log.error("turn could not be voided; its lease will end it", { turn_id: turn.id, error: errorName(error) });
  }
}

/** An answer of a model that nobody pays for. */
export type LostAnswer = { turn: string; attempt: number; user: string; alias: string; costUsd: string };

/** Counts a lost answer, and leaves a row of it for the reconciliation when the database is there. Never throws: the loss is the news. */
export async function recordLostAnswer({ db, log }: Ending, { turn, attempt, user, alias, costUsd }: LostAnswer): Promise<void> {
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
