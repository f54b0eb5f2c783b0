// What befalls the whole house during the mixed load, by the number of the turn: the server restarts, workers are killed at their
// failpoints or freeze, prices change, and the scheduled sweep runs beside it all.

import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "@pantheon/contract/id.ts";
import { between, deckOf, oneOf, randomOf } from "./choices.ts";
import { call } from "./call.ts";
import type { Crew, Slot } from "./crew.ts";
import { lapse } from "./facts.ts";
import { FAILPOINTS, type Failpoint } from "./failpoints.ts";
import type { Model } from "./model.ts";
import { ADMIN, type Place } from "./place.ts";
import { add, type FaultCount } from "./promises.ts";
import { TIME_LEFT_MS } from "./options.ts";

export type Trouble = {
  /** Told of every turn that begins: its number decides what happens now. */
  begun(turn: number): void;
  /** Waits for what is under way. Throws when an act itself failed. */
  end(): Promise<void>;
};

type Parts = {
  readonly place: Place;
  readonly crew: Crew;
  readonly model: Model;
  readonly seed: number;
  readonly turns: number;
  readonly faults: FaultCount;
  readonly isOver: () => boolean;
  readonly say: (line: string) => void;
};

/** Points that every turn of the mixed load passes, or some do. */
const POINTS = FAILPOINTS.filter(({ drive }) => drive === "turn" || drive === "failing turn" || drive === "second try");
/** A turn that began longer ago has no living request any more. */
const DEAD_AFTER_MS = 16_000;
const SWEEP_EVERY_MS = 2_000;

export function disturb(parts: Parts): Trouble {
  const { seed, turns, isOver } = parts;
  const random = randomOf(seed, "trouble");
  const acts: readonly (readonly [act: (parts: Parts, random: () => number) => Promise<void>, every: number])[] = [
    [restart, everyOf(turns, 1, 12)],
    [killAtPoint(random), everyOf(turns, 4, 40)],
    [freeze, everyOf(turns, 3, 60)],
    [changePrice, everyOf(turns, 4, 100)],
  ];
  const running = new Map<unknown, Promise<void>>();
  const failures: unknown[] = [];
  const sweeping = sweepBeside(parts);
  return {
    begun: (turn) => {
      if (isOver()) return;
      for (const [act, every] of acts) {
        if (turn % every !== Math.floor(every / 2) || running.has(act)) continue;
        running.set(
          act,
          act(parts, random)
            .catch((error: unknown) => failures.push(error))
            .then(() => void running.delete(act)),
        );
      }
    },
    end: async () => {
      await Promise.all(running.values());
      await sweeping;
      if (failures.length > 0) throw failures[0]; // the harness itself failed: its figures say nothing
    },
  };
}

/** Every how many turns something happens that a short run sees `least` times and one of a hundred thousand `most` times. */
function everyOf(turns: number, least: number, most: number): number {
  return Math.max(1, Math.floor(turns / Math.min(Math.max(least, Math.round((most * turns) / 100_000)), most)));
}

async function restart({ place, faults, say }: Parts): Promise<void> {
  const ms = await place.server.restart();
  add(faults, "immediate restart");
  say(`immediate restart: the server was away ${ms.toFixed(0)} ms`);
}

/** A point that no turn came by in time is disarmed, and the next one tried. */
const ARMED_FOR_MS = 3_000;
const POINTS_TRIED = 5;

function killAtPoint(random: () => number) {
  const deal = deckOf<Failpoint>(
    POINTS.map((point) => [point, 1] as const),
    random,
  );
  return async ({ crew, faults, isOver }: Parts): Promise<void> => {
    for (let tries = 0; tries < POINTS_TRIED && !isOver(); tries += 1) {
      const slot = await crew.pick();
      const { worker } = slot;
      await arm(slot, deal());
      await Promise.race([worker.ended, sleep(ARMED_FOR_MS)]);
      if (worker.isAlive()) await disarm(slot);
      if (!worker.isAlive()) return add(faults, "worker killed at a failpoint");
    }
  };
}

/** Lets the worker of this slot die at this point: by its own hand, or by ours when the proxy sees the statement. */
export async function arm({ proxy, worker }: Slot, { at }: Failpoint): Promise<void> {
  if (typeof at === "string") return worker.arm(at);
  proxy.trap({ ...at, act: () => worker.kill() });
}

export async function disarm({ proxy, worker }: Slot): Promise<void> {
  proxy.trap(null);
  await worker.arm(null);
}

/** A container that sleeps while its sockets die. */
async function freeze({ crew, faults }: Parts, random: () => number): Promise<void> {
  const { worker, proxy } = await crew.pick();
  worker.freeze();
  await sleep(between(random, 50, 400));
  proxy.cutAll();
  worker.thaw();
  add(faults, "worker frozen");
}

async function changePrice({ place, crew, faults }: Parts, random: () => number): Promise<void> {
  const { worker } = await crew.pick();
  const answer = await call(worker.url, {
    method: "PATCH",
    path: "/api/v1/admin/pricing/default",
    token: await place.token(ADMIN),
    key: `price-${newId()}`,
    body: { multiplier: oneOf(["0.5", "0.8", "1", "1.2", "2"], random), pricing_version: "2026-02-20" },
  });
  if (answer.status === 200) add(faults, "price changed");
}

/** The schedule's sweep, in the workers themselves, and the time that passes for turns whose request is dead. */
async function sweepBeside({ place, crew, isOver }: Parts): Promise<void> {
  while (!isOver()) {
    await sleep(SWEEP_EVERY_MS);
    await lapse(place.server.direct, TIME_LEFT_MS, DEAD_AFTER_MS).catch(() => 0); // the server may be restarting
    const { worker } = await crew.pick();
    await worker.job("sweep");
  }
}
