// The suite `turns`: the mixed load. Statements, connections, backends, the server, workers and the provider fail while many clients run
// turns; at the end every answer that was given is held against the ledger.

import { deckOf, between, randomOf } from "./choices.ts";
import { call, type Answer } from "./call.ts";
import { runClients, type Load } from "./clients.ts";
import { startCrew, type Crew } from "./crew.ts";
import { readLeftovers, readOrphans, readTurnFacts } from "./facts.ts";
import { createModel, type Findings, type Model } from "./model.ts";
import { ADMIN, inPlace, type AtEnd, type Place } from "./place.ts";
import { TIME_LEFT_MS, type SuiteOptions } from "./options.ts";
import { add, countOf, faultRows, zero, type FaultCount, type PromiseRow, type SuiteReport } from "./promises.ts";
import type { Fault } from "./proxy.ts";
import { settleUp, type End } from "./settle-up.ts";
import { disturb } from "./trouble.ts";
import { watchInvariants, type Watch } from "./watch.ts";

const CLIENTS = 32;
const USERS = 24;

/** Faults on the wire by their shares: the two that the full run must see a thousand of come most often. */
const WIRE_FAULTS: readonly (readonly [Fault, number])[] = [
  ["reply cut after commit", 14],
  ["backend killed", 14],
  ["cut before the server", 3],
  ["delayed", 1],
  ["black hole", 1],
];

const KINDS = [
  ...WIRE_FAULTS.map(([kind]) => kind),
  "immediate restart",
  "worker killed at a failpoint",
  "worker frozen",
  "provider fault",
  "client never returned",
  "same key twice at once",
  "price changed",
];

/** From here on a run is a full one, and goes on until it has seen these. */
const FULL_TURNS = 100_000;
const FULL_MINIMUMS = { "reply cut after commit": 1_000, "backend killed": 1_000, "immediate restart": 10 };

export function runTurns(options: SuiteOptions): Promise<SuiteReport> {
  const settings = { CREDIT_ENFORCEMENT_ENABLED: "true", CREDIT_OVERDRAFT: "none" };
  return inPlace(randomOf(options.seed, "stripe"), settings, (place, atEnd) => runIn(place, atEnd, options));
}

async function runIn(place: Place, atEnd: AtEnd, { seed, turns, percent, say }: SuiteOptions): Promise<SuiteReport> {
  const model = createModel();
  const faults = countOf(KINDS);
  const minimums: Readonly<Record<string, number>> = turns >= FULL_TURNS ? FULL_MINIMUMS : {};
  const switches = { faults: true };
  const began = Date.now();
  const crew = await startCrew(place, {
    size: 2,
    timeLeftMs: TIME_LEFT_MS,
    maxConnections: 12,
    judge: wireJudge(seed, percent, switches),
    injected: (fault, statement) => {
      if (fault !== "reply cut after commit" || statement !== "query") add(faults, fault); // a read commits nothing
    },
  });
  atEnd(() => crew.stop());
  const watch = watchInvariants(place.server.url, () => `after ${model.keys.size} turns`);
  atEnd(() => watch.end());
  const users = await grantAll(
    place,
    crew,
    Array.from({ length: USERS }, (_, n) => `user-${n}`),
  );
  const isEnough = (): boolean =>
    model.acknowledged() >= turns && Object.entries(minimums).every(([kind, least]) => (faults.get(kind) ?? 0) >= least);
  const trouble = disturb({ place, crew, model, seed, turns, faults, isOver: isEnough, say });
  const load: Load = {
    place,
    crew,
    model,
    users,
    percent,
    random: randomOf(seed, "clients"),
    injected: (kind) => add(faults, kind),
    begun: (turn) => trouble.begun(turn),
    isOver: isEnough,
  };
  const unresolved = await runClients(load, CLIENTS);
  const seconds = (Date.now() - began) / 1_000;
  await trouble.end();
  switches.faults = false;
  const end = await settleUp(load, unresolved);
  await watch.end();
  return await report({ place, crew, model, faults, minimums, watch, end, seconds });
}

/** Draws for every statement in the order of its arrival: of a hundred, `percent` meet a fault. */
function wireJudge(seed: number, percent: number, switches: { faults: boolean }) {
  const random = randomOf(seed, "wire");
  const deal = deckOf(WIRE_FAULTS, random);
  return () => {
    if (!switches.faults || random() * 100 >= percent) return null;
    return { fault: deal(), delayMs: between(random, 20, 200) };
  };
}

/** Gives every user credits, through the product; every twelfth so few that they run out. */
async function grantAll(place: Place, crew: Crew, users: readonly string[]): Promise<readonly string[]> {
  const token = await place.token(ADMIN);
  for (const [n, user] of users.entries()) {
    const body = { amount: n % 12 === 11 ? "0.3" : "10000", create: true };
    for (let answer: Answer | null = null; answer?.status !== 200;) {
      const { worker } = await crew.pick();
      answer = await call(worker.url, { method: "POST", path: `/api/v1/admin/wallets/${user}/grant`, token, key: `start-${user}`, body });
    }
  }
  return users;
}

type Ended = {
  readonly place: Place;
  readonly crew: Crew;
  readonly model: Model;
  readonly faults: FaultCount;
  readonly minimums: Readonly<Record<string, number>>;
  readonly watch: Watch;
  readonly end: End;
  readonly seconds: number;
};

async function report({ place, crew, model, faults, minimums, watch, end, seconds }: Ended): Promise<SuiteReport> {
  const { direct } = place.server;
  const findings = model.judge(await readTurnFacts(direct), await readOrphans(direct));
  const left = await readLeftovers(direct);
  const count = model.acknowledged();
  const evidence = [
    ...Object.entries(findings).flatMap(([kind, lines]) => lines.slice(0, 5).map((line) => `${kind}: ${line}`)),
    ...end.unequal.slice(0, 5).map((line) => `replay: ${line}`),
    ...watch.broken,
    ...crew.errors.slice(0, 10).map((line) => `worker's log: ${line}`),
  ];
  return {
    suite: "turns",
    promises: promisesOf(findings, count, end, left, watch, crew),
    faults: faultRows(faults, minimums),
    figures: {
      turns: `${model.keys.size} begun, ${count} acknowledged, in ${seconds.toFixed(1)} s: ${(count / seconds).toFixed(0)} a second`,
      "model calls": `${place.provider.calls()}, ${place.provider.abandoned()} of them abandoned`,
      "workers replaced": crew.replaced(),
      "leases ended by hand at the end": end.lapsed,
      "last sweep": `${end.sweepMs} ms`,
      "counted by living workers": [...crew.counts].map(([metric, times]) => `${metric} ${times}`).join(", ") || "nothing",
    },
    evidence,
  };
}

function promisesOf(
  findings: Findings,
  count: number,
  end: End,
  left: { running: number; held: string; negative: number },
  watch: Watch,
  crew: Crew,
): PromiseRow[] {
  const of = `of ${count} acknowledged turns`;
  return [
    zero("no acknowledged turn is lost", findings.lost.length, of),
    zero("no key is charged twice", findings.double.length, of),
    zero("no debit or usage without its completed turn", findings.orphan.length, "found"),
    zero("every completed turn is charged what its events say", findings.uncharged.length, "are not"),
    zero("the stored body is the one that was answered", findings.altered.length, of),
    zero("a replay has the same bytes", end.unequal.length, `of ${end.replays} differ`),
    zero("who was refused was not charged", findings["wrongly charged"].length, "were"),
    zero("no turn that nobody asked for", findings.unknown.length, "found"),
    zero("who asks again gets a definite answer", end.unsolved, "did not"),
    {
      promise: "no hold is left after the sweep",
      figure: `${left.running} running, ${left.held} held`,
      ok: left.running === 0 && Number(left.held) === 0,
    },
    zero("no enforced wallet is below zero (CREDIT_OVERDRAFT=none)", left.negative, "are"),
    zero("no internal error", crew.errors.length, "logged"),
    watch.promise(),
  ];
}
