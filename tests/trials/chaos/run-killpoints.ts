// The suite `killpoints`: a worker is killed at every named moment, many times, and the same request is sent again. It must end in exactly
// one effect; a client that never returns leaves none, and nothing held.

import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import { sweepUser } from "@pantheon/core/turns/sweep.ts";
import { randomOf } from "./choices.ts";
import type { Answer } from "./call.ts";
import { startCrew, type Crew, type Slot } from "./crew.ts";
import { DRIVES, lapseOf, type Act, type Job } from "./drives.ts";
import { FAILPOINTS, type Failpoint } from "./failpoints.ts";
import { inPlace, laneAlias, type AtEnd, type Place } from "./place.ts";
import type { SuiteOptions } from "./options.ts";
import { add, countOf, faultRows, zero, type FaultCount, type SuiteReport } from "./promises.ts";
import { quiet } from "./server.ts";
import { arm, disarm } from "./trouble.ts";
import { watchInvariants, type Watch } from "./watch.ts";

/** Each lane has a worker of its own: it kills it, and sends the request again to the one that replaces it. */
const LANES = 3;
const TIME_LEFT_MS = 8_000;
const TURNS_A_KILL = 5_000;
const MOST_KILLS = 200;

/** Kills a point: 200 in a nightly million, 20 in a hundred thousand, at least 1. */
export function killsOf(turns: number): number {
  return Math.min(MOST_KILLS, Math.max(1, Math.round(turns / TURNS_A_KILL)));
}

type Tally = { readonly wrong: string[]; modelCalls: number; lost: number; paid: number; void: number; readonly faults: FaultCount };

export function runKillpoints(options: SuiteOptions): Promise<SuiteReport> {
  return inPlace(randomOf(options.seed, "stripe"), {}, (place, atEnd) => runIn(place, atEnd, options));
}

async function runIn(place: Place, atEnd: AtEnd, { seed, turns, say }: SuiteOptions): Promise<SuiteReport> {
  const kills = killsOf(turns);
  place.stripe.delivery.drop = true; // events are posted by hand here
  const crew = await startCrew(place, { size: LANES, timeLeftMs: TIME_LEFT_MS, maxConnections: 4 });
  atEnd(() => crew.stop());
  const deps = createDeps({ config: place.config, log: quiet, clock: Date.now, maxConnections: 1 });
  atEnd(() => deps.db.close());
  const watch = watchInvariants(place.server.url, () => "during the kills");
  atEnd(() => watch.end());
  const tally: Tally = { wrong: [], modelCalls: 0, lost: 0, paid: 0, void: 0, faults: countOf(FAILPOINTS.map(({ name }) => name)) };
  const random = randomOf(seed, "killpoints");
  const queue = Array.from({ length: kills }, () => FAILPOINTS)
    .flat()
    .map((point, number) => ({ point, number, order: random(), returns: random() < 0.5 }))
    .sort((one, other) => one.order - other.order);
  const began = Date.now();
  say(`${FAILPOINTS.length} points, ${kills} kills each`);
  await Promise.all(
    crew.slots.map(async (slot, lane) => {
      for (let entry = queue.pop(); entry; entry = queue.pop()) {
        const job: Job = {
          place,
          slot,
          user: `k-${entry.number}`,
          alias: laneAlias(lane),
          multiplier: `1.${String(1_000 + (entry.number % 9_000))}`.replace(/0+$/, ""),
          returns: entry.returns,
        };
        await kill(entry.point, job, deps, tally);
      }
    }),
  );
  await watch.end();
  return report({ crew, watch, tally, kills, place, seconds: (Date.now() - began) / 1_000 });
}

/** How often a point is tried that nothing came by: another lane's sweep may have been quicker. */
const TRIES = 4;

async function kill(point: Failpoint, job: Job, deps: Deps, tally: Tally): Promise<void> {
  const { slot, alias, place } = job;
  for (let tries = 0; tries < TRIES; tries += 1) {
    await standing(slot);
    const own: Job = tries === 0 ? job : { ...job, user: `${job.user}-${tries}` };
    const act = await DRIVES[point.drive](own);
    await standing(slot);
    const callsBefore = place.provider.callsTo(alias);
    await arm(slot, point);
    const { worker } = slot;
    const answer = await act.send();
    if (worker.isAlive() && answer.status !== null) {
      await disarm(slot);
      continue; // nothing came by
    }
    const signal = await worker.ended;
    await standing(slot);
    add(tally.faults, point.name);
    if (signal !== "SIGKILL") tally.wrong.push(`${point.name}: the worker ended by ${signal}`);
    const last = await again(act, own, deps);
    const fault = await act.verdict(last);
    if (fault !== null) tally.wrong.push(`${point.name}: ${own.user}: ${fault}`);
    if (act.hasLease) {
      const calls = place.provider.callsTo(alias) - callsBefore;
      const isPaid = last.status === 201;
      tally.modelCalls += calls;
      tally.lost = Math.max(tally.lost, calls - Number(isPaid));
      if (isPaid) tally.paid += 1;
      else tally.void += 1;
    }
    return;
  }
}

/** Waits until the slot's dead worker is replaced. */
async function standing(slot: Slot): Promise<void> {
  while (!slot.worker.isAlive()) await new Promise((soon) => setTimeout(soon, 10));
}

const SENDS = 10;

/** The same request again: at once, and after the lease. A client that never returns leaves the turn to the sweep. */
async function again(act: Act, job: Job, deps: Deps): Promise<Answer> {
  if (act.hasLease && !job.returns) {
    await lapseOf(job);
    await sweepUser(deps, job.user);
    const settled = await completedOf(job);
    return { status: settled ? 201 : null, text: "", replayed: false };
  }
  let answer = await act.send();
  for (let sends = 1; sends < SENDS && !act.isDone(answer); sends += 1) {
    if (act.hasLease) await lapseOf(job);
    answer = await act.send();
  }
  return act.isDone(answer) ? act.send() : answer; // once more, so that a replay is compared too
}

async function completedOf({ place, user }: Job): Promise<boolean> {
  const { rowCount } = await place.server.direct.query("select from turns where user_id = $1 and status = 'completed'", [user]);
  return rowCount === 1;
}

type Ended = {
  readonly crew: Crew;
  readonly watch: Watch;
  readonly tally: Tally;
  readonly kills: number;
  readonly place: Place;
  readonly seconds: number;
};

function report({ crew, watch, tally, kills, seconds }: Ended): SuiteReport {
  const total = [...tally.faults.values()].reduce((sum, count) => sum + count, 0);
  return {
    suite: "killpoints",
    promises: [
      zero(
        "killed anywhere and sent again: exactly one effect, or none and nothing held",
        tally.wrong.length,
        `of ${total} kills ended otherwise`,
      ),
      { promise: "at most one answer of a model is lost a kill", figure: `${tally.lost} at most`, ok: tally.lost <= 1 },
      zero("no internal error", crew.errors.length, "logged"),
      watch.promise(),
    ],
    faults: faultRows(tally.faults, Object.fromEntries(FAILPOINTS.map(({ name }) => [name, kills]))),
    figures: {
      kills: `${total} at ${FAILPOINTS.length} points in ${seconds.toFixed(1)} s`,
      turns: `${tally.paid} ended in one debit, ${tally.void} in none; ${tally.modelCalls} model calls`,
    },
    evidence: [...tally.wrong.slice(0, 20), ...watch.broken, ...crew.errors.slice(0, 5)],
  };
}
