// The end of the mixed load: leases end, everybody who waits is answered, the product's sweep takes what nobody asks for, and what was
// answered is asked for once more.

import { setTimeout as sleep } from "node:timers/promises";
import { createDeps } from "@pantheon/functions/whole.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { call } from "./call.ts";
import { bodyOf, sendTurn, type Load, type Unresolved } from "./clients.ts";
import { lapse } from "./facts.ts";
import { digestOf, isDefinite } from "./model.ts";
import { TIME_LEFT_MS } from "./options.ts";
import type { Place } from "./place.ts";
import { quiet } from "./server.ts";

/** How many acknowledged turns are asked for again, spread over the run. */
const REPLAYS = 500;

export type End = {
  readonly unsolved: number;
  readonly replays: number;
  readonly unequal: string[];
  readonly lapsed: number;
  readonly sweepMs: number;
};

/** After the last fault: leases end, waiting clients ask again under their keys, the sweep voids what nobody asks for, and replays are compared. */
export async function settleUp(load: Load, { waiting }: Unresolved): Promise<End> {
  const { place, model } = load;
  while (place.provider.inFlight() > 0) await sleep(50);
  await sleep(500);
  const lapsed = await lapse(place.server.direct, TIME_LEFT_MS, null);
  let unsolved = 0;
  for (const told of waiting) {
    let answer = await sendTurn(load, told);
    for (let tries = 0; tries < 100 && !isDefinite(answer); tries += 1) {
      await sleep(20);
      answer = await sendTurn(load, told);
    }
    if (!isDefinite(answer)) unsolved += 1;
  }
  await lapse(place.server.direct, TIME_LEFT_MS, null);
  const began = Date.now();
  await sweepAll(place);
  const sweepMs = Date.now() - began;
  const unequal: string[] = [];
  const acknowledged = [...model.keys.values()].filter(({ bodies }) => bodies.size > 0);
  const every = Math.max(1, Math.floor(acknowledged.length / REPLAYS));
  const again = acknowledged.filter((_, n) => n % every === 0);
  for (const told of again) {
    const { worker } = await load.crew.pick();
    const answer = await call(worker.url, {
      method: "POST",
      path: `/api/v1/sessions/${told.session}/turns`,
      token: await place.token(told.user),
      key: told.key,
      body: bodyOf(told),
    });
    if (answer.status !== 201 || !answer.replayed || !told.bodies.has(digestOf(answer.text))) unequal.push(`${told.key}: ${answer.status}`);
  }
  return { unsolved, replays: again.length, unequal, lapsed, sweepMs };
}

/** The product's own scheduled job, as often as its rounds need. */
async function sweepAll(place: Place): Promise<void> {
  const deps = createDeps({ config: place.config, log: quiet, clock: Date.now, maxConnections: 1 });
  try {
    while ((await runJob(deps, { job: "sweep" }))["voided"] !== 0);
  } finally {
    await deps.db.close();
  }
}
