// What becomes of a hold that is not settled: voided by its caller, or kept for longer.

import { setTimeout as sleep } from "node:timers/promises";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Caller } from "../accounts/caller.ts";
import { voidTurn as VOID_TURN } from "../ledger/statements/void-turn.ts";
import { holdOver, holdView, readHold, type HoldDeps } from "./hold.ts";
import { extendHold as EXTEND_HOLD } from "./statements/extend-hold.ts";

const ROUNDS = 6;

type Which = { readonly caller: Caller; readonly hold: string };

/** Gives back what is held; nothing is charged. Again, or after its lease, it is as it was. 404 for none of the caller's, 409 for a settled one. */
export async function voidHold(deps: HoldDeps, which: Which): Promise<void> {
  for (let round = 0; ; round += 1) {
    const hold = await readHold(deps.db, which.caller, which.hold);
    if (hold.status === "failed") return;
    if (hold.status === "completed") throw new DomainError("conflict", "This hold is settled: what was charged stays.");
    const { id: turn, user_id: person, attempt } = hold;
    await tried(deps, turn, round, () => deps.db.run(VOID_TURN, { turn, wallet: person, actor: person, attempt, failure: "voided" }));
  }
}

/** Keeps a hold for so many seconds from now, at most a day after it was first given until. 404, 409 `hold_expired`, 409 for a settled one. */
export async function extendHold(deps: HoldDeps, which: Which & { readonly leaseSeconds: number }): Promise<ReturnType<typeof holdView>> {
  for (let round = 0; ; round += 1) {
    const hold = await readHold(deps.db, which.caller, which.hold);
    if (hold.status === "failed") throw holdOver();
    if (hold.status === "completed") throw new DomainError("conflict", "This hold is settled.");
    const input = { turn: hold.id, actor: hold.user_id, attempt: hold.attempt, leaseMs: which.leaseSeconds * 1_000 };
    const row = await tried(deps, hold.id, round, async () => (await deps.db.run(EXTEND_HOLD, input)).at(0) ?? null);
    if (row?.extended === false) throw holdOver();
    if (row) return holdView({ ...hold, opened_until: row.lease_until });
  }
}

/** One try. Undefined when the database was away: then the row is read again. Throws it after the last round. */
async function tried<Row>({ log }: HoldDeps, turn: string, round: number, ask: () => Promise<Row>): Promise<Row | undefined> {
  try {
    return await ask();
  } catch (error) {
    const isAway = error instanceof DomainError && error.code === "database_unavailable";
    if (!isAway || round >= ROUNDS) throw error;
    log.count("database_retry", { turn_id: turn });
    await sleep(50 * 2 ** round);
    return undefined;
  }
}
