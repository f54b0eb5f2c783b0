// The lease of a turn: how long it is its container's without a word. A stream's is short, and is renewed while it runs, so that the session
// of a container that died is free within a minute. Owns when a stream has to stop, since nobody can say any more whose turn it is.

import { setTimeout as sleep } from "node:timers/promises";
import { errorName } from "../log.ts";
import { LEASES, type TurnDeps } from "./request.ts";
import { renewTurn } from "./statements/renew-turn.ts";

export type KeptLease = {
  /** Aborts when the turn is not ours any more, or when the database has been away for so long that nobody can say. */
  readonly lost: AbortSignal;
  /** Renews no more. Resolves when the last renewal is answered; never rejects. */
  end(): Promise<void>;
};

/** Renews the lease of this attempt of a turn from now on. Whatever it finds, it settles and voids nothing: the turn's row decides that. */
export function keepLease(deps: TurnDeps, turn: { id: string; attempt: number }, actor: string): KeptLease {
  const [over, lost] = [new AbortController(), new AbortController()];
  const kept = keep(deps, turn, actor, over.signal).then((isLost) => isLost && lost.abort());
  return {
    lost: lost.signal,
    end: async () => {
      over.abort();
      await kept;
    },
  };
}

/** True when the turn is lost, false when its stream is over. */
async function keep(deps: TurnDeps, turn: { id: string; attempt: number }, actor: string, over: AbortSignal): Promise<boolean> {
  const { lengthMs, renewMs, againMs, patienceMs } = deps.leases ?? LEASES;
  let known = deps.ticks();
  let waitMs = renewMs;
  for (;;) {
    await sleep(waitMs, undefined, { signal: over }).catch(() => {}); // ended early is ended
    if (over.aborted) return false;
    const asked = deps.ticks();
    const isOurs = await renewed(deps, { turn: turn.id, actor, attempt: turn.attempt, leaseMs: lengthMs });
    if (over.aborted) return false;
    if (isOurs === true) known = asked;
    const isLost = isOurs === false || deps.ticks() - known >= patienceMs;
    if (isLost) {
      deps.log.count("lease_lost", { turn_id: turn.id, attempt: turn.attempt, away: isOurs === null });
      return true;
    }
    waitMs = isOurs === true ? renewMs : againMs;
  }
}

/** Whether the turn is still ours; null when the database does not say. */
async function renewed({ db, log }: TurnDeps, input: Parameters<typeof renewTurn.values>[0]): Promise<boolean | null> {
  try {
    return (await db.run(renewTurn, input)).length > 0;
  } catch (error) {
    log.warn("a lease could not be renewed", { turn_id: input.turn, attempt: input.attempt, error: errorName(error) });
    return null;
  }
}
