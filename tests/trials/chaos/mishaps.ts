// What befalls a container or its database in the suite `recovery`, one thing at a time, and what its client must be answered then.

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "@pantheon/contract/id.ts";
import type { Random } from "./choices.ts";
import { call, type Answer } from "./call.ts";
import type { Crew, Slot } from "./crew.ts";
import { laneAlias, type Place } from "./place.ts";
import { add, type FaultCount } from "./promises.ts";

export type Tally = {
  readonly faults: FaultCount;
  readonly wrong: Record<Wrong, string[]>;
  readonly times: Record<Timed, number[]>;
  reconnects: number;
};
type Wrong = "restart" | "freeze" | "reconnect" | "hole" | "cold" | "zombie";
type Timed =
  | "first good answer after a restart"
  | "server away in a restart"
  | "answer after a thaw"
  | "black hole to 503"
  | "first answer with the database away"
  | "first answer over a slow connect";

export type Ward = {
  readonly place: Place;
  readonly crew: Crew;
  readonly tally: Tally;
  readonly random: Random;
  readonly sessions: Map<string, string>;
};

const USER = "patient";

/** One turn of a new key on this worker. Each slot has a session of its own, so that no turn waits for another. */
async function turn(ward: Ward, slot: Slot, key = newId(), alias: string | null = null): Promise<Answer> {
  const session = await sessionOf(ward, slot);
  return call(slot.worker.url, {
    method: "POST",
    path: `/api/v1/sessions/${session}/turns`,
    token: await ward.place.token(USER),
    key,
    body: { message: "Are you there?", max_output_tokens: 12, ...(alias !== null && { model_alias_override: alias }) },
  });
}

const TURNS_A_SESSION = 10;

/** A session with little history, made past the proxy, which may be standing in the way just now. */
async function sessionOf({ place, sessions }: Ward, slot: Slot): Promise<string> {
  const at = slot.proxy.url;
  const [known, used] = sessions.get(at)?.split(" ") ?? [];
  const id = known !== undefined && Number(used) < TURNS_A_SESSION ? known : newId();
  if (id !== known) {
    await place.server.direct.query("insert into users (id) values ($1) on conflict do nothing", [USER]);
    await place.server.direct.query("insert into credit_wallets (user_id) values ($1) on conflict do nothing", [USER]);
    await place.server.direct.query("insert into sessions (id, user_id, model_alias, tools) values ($1, $2, 'default', '{}')", [id, USER]);
  }
  sessions.set(at, `${id} ${id === known ? Number(used) + 1 : 1}`);
  return id;
}

async function timed(act: () => Promise<Answer>): Promise<[Answer, number]> {
  const began = performance.now();
  const answer = await act();
  return [answer, performance.now() - began];
}

function told({ status, text }: Answer): string {
  return `${status ?? "no answer"} ${text.slice(0, 200)}`;
}

/** A container that sleeps while its sockets die. Half of the requests wait for it already when it wakes. */
export async function freeze(ward: Ward, slot: Slot, ms: number, kind: string): Promise<void> {
  const { tally, random } = ward;
  const warm = await turn(ward, slot);
  if (warm.status !== 201) tally.wrong.freeze.push(`before: ${told(warm)}`);
  const isEarly = random() < 0.5;
  const before = slot.proxy.connects();
  slot.worker.freeze();
  slot.proxy.cutAll();
  await sleep(ms);
  const early = isEarly ? timed(() => turn(ward, slot)) : null;
  if (isEarly) await sleep(5);
  slot.worker.thaw();
  const [answer, took] = await (early ?? timed(() => turn(ward, slot)));
  const reconnects = slot.proxy.connects() - before;
  add(tally.faults, kind);
  tally.times["answer after a thaw"].push(took);
  tally.reconnects = Math.max(tally.reconnects, reconnects);
  if (answer.status !== 201) tally.wrong.freeze.push(told(answer));
  if (reconnects > 1) tally.wrong.reconnect.push(`${kind}: ${reconnects} reconnects`);
}

/** Nothing comes through any more, and nothing says so. */
export async function blackHole(ward: Ward, slot: Slot): Promise<void> {
  const { tally } = ward;
  await turn(ward, slot);
  slot.proxy.hole(true);
  const [answer, took] = await timed(() => turn(ward, slot));
  slot.proxy.hole(false);
  add(tally.faults, "black hole");
  tally.times["black hole to 503"].push(took);
  if (answer.status !== 503) tally.wrong.hole.push(told(answer));
  const after = await turn(ward, slot);
  if (after.status !== 201) tally.wrong.hole.push(`after: ${told(after)}`);
}

const SLOW_MS = 3_000;

/** A new container whose database is away, and another whose first connection takes its time. */
export async function coldStart(ward: Ward, slot: Slot): Promise<void> {
  const { tally } = ward;
  const { proxy } = slot;
  await replaced(slot);
  proxy.away(true);
  const [away, tookAway] = await timed(() => turn(ward, slot));
  proxy.away(false);
  add(tally.faults, "database away at cold start");
  tally.times["first answer with the database away"].push(tookAway);
  if (away.status !== 503) tally.wrong.cold.push(`away: ${told(away)}`);
  const back = await turn(ward, slot);
  if (back.status !== 201) tally.wrong.cold.push(`back: ${told(back)}`);
  await replaced(slot);
  proxy.slowConnect(SLOW_MS);
  const [slow, tookSlow] = await timed(() => turn(ward, slot));
  proxy.slowConnect(0);
  add(tally.faults, "slow first connect");
  tally.times["first answer over a slow connect"].push(tookSlow);
  if (slow.status !== 201 && slow.status !== 503) tally.wrong.cold.push(`slow: ${told(slow)}`);
}

async function replaced(slot: Slot): Promise<void> {
  slot.worker.kill();
  while (!slot.worker.isAlive()) await sleep(10);
}

/** The server goes without a goodbye while turns run, and comes back; no worker may die of it. */
export async function restart(ward: Ward): Promise<void> {
  const { crew, place, tally } = ward;
  const pids = crew.slots.map(({ worker }) => worker.pid);
  const state = { isOver: false };
  const busy = crew.slots.map(async (slot) => {
    while (!state.isOver) {
      const { status } = await turn(ward, slot).catch(() => ({ status: null })); // its session cannot be made while the server is away
      if (status !== 201) await sleep(20);
    }
  });
  await sleep(100);
  tally.times["server away in a restart"].push(await place.server.restart());
  state.isOver = true;
  const [slot] = crew.slots;
  if (!slot) throw new Error("a worker is needed");
  const began = performance.now();
  for (let answer: Answer | null = null; answer?.status !== 201;) {
    ward.sessions.clear(); // a turn that the restart met may keep its session busy
    answer = await turn(ward, slot);
    if (performance.now() - began > GIVE_UP_MS) {
      tally.wrong.restart.push(`not back after ${GIVE_UP_MS} ms: ${told(answer)}`);
      break;
    }
  }
  tally.times["first good answer after a restart"].push(performance.now() - began);
  await Promise.all(busy);
  ward.sessions.clear();
  add(tally.faults, "immediate restart");
  const now = crew.slots.map(({ worker }) => (worker.isAlive() ? worker.pid : "dead"));
  if (String(now) !== String(pids)) tally.wrong.restart.push(`workers ${String(pids)} became ${String(now)}`);
}

const GIVE_UP_MS = 60_000;

/** A container that sleeps in the middle of a turn until another one has taken it over, and then goes on: it must charge nothing. */
export async function zombie(ward: Ward, asleep: Slot, awake: Slot): Promise<void> {
  const { place, tally } = ward;
  const key = newId();
  const calls = place.provider.calls();
  const first = turn(ward, asleep, key, laneAlias(2));
  while (place.provider.calls() === calls) await sleep(1);
  asleep.worker.freeze();
  await place.server.direct.query("update turns set lease_until = clock_timestamp() - interval '1 second' where idempotency_key = $1", [
    key,
  ]);
  ward.sessions.set(awake.proxy.url, ward.sessions.get(asleep.proxy.url) ?? "");
  const second = await turn(ward, awake, key, laneAlias(2));
  asleep.worker.thaw();
  const woken = await first;
  ward.sessions.clear();
  add(tally.faults, "frozen past its lease");
  const { rows } = await place.server.direct.query<{ debits: string }>(
    "select count(*) as debits from turns t join credit_transactions d on d.reference_id = t.id::text and d.kind = 'debit' where t.idempotency_key = $1",
    [key],
  );
  const isSame = woken.status !== 201 || woken.text === second.text;
  if (second.status !== 201 || rows[0]?.debits !== "1" || !isSame) {
    tally.wrong.zombie.push(`${rows[0]?.debits} debits; took over: ${told(second)}; woken: ${told(woken)}`);
  }
}
