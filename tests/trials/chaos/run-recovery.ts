// The suite `recovery`: how the house comes back. The server restarts without warning, containers freeze while their sockets die, the
// database is silent, or away when a container starts. Times are reported, never asserted: they are this machine's.

import { between, randomOf } from "./choices.ts";
import { startCrew } from "./crew.ts";
import { blackHole, coldStart, freeze, restart, zombie, type Tally, type Ward } from "./mishaps.ts";
import { inPlace, type AtEnd, type Place } from "./place.ts";
import type { SuiteOptions } from "./options.ts";
import { countOf, faultRows, zero, type SuiteReport } from "./promises.ts";
import { watchInvariants, type Watch } from "./watch.ts";

const TIME_LEFT_MS = 20_000;
/** As in a Lambda. */
const CONNECTIONS = 2;
/** A pool that slept longer than 5 s is replaced before its first statement. */
const LONG_FREEZE_MS = 5_500;

/** How often each thing happens: scaled from the turns of the mixed load. */
export function doses(turns: number) {
  const scaled = (most: number, least: number) => Math.min(most, Math.max(least, Math.round((most * turns) / 100_000)));
  return {
    restarts: scaled(10, 1),
    freezes: scaled(1_000, 20),
    longFreezes: scaled(4, 1),
    holes: scaled(5, 1),
    coldStarts: scaled(10, 1),
    zombies: scaled(50, 2),
  };
}

const KINDS = [
  "immediate restart",
  "frozen and cut",
  "frozen and cut, long",
  "black hole",
  "database away at cold start",
  "slow first connect",
  "frozen past its lease",
];

export function runRecovery(options: SuiteOptions): Promise<SuiteReport> {
  return inPlace(randomOf(options.seed, "stripe"), {}, (place, atEnd) => runIn(place, atEnd, options));
}

async function runIn(place: Place, atEnd: AtEnd, { seed, turns, say }: SuiteOptions): Promise<SuiteReport> {
  const crew = await startCrew(place, { size: 2, timeLeftMs: TIME_LEFT_MS, maxConnections: CONNECTIONS });
  atEnd(() => crew.stop());
  const watch = watchInvariants(place.server.url, () => "during recovery");
  atEnd(() => watch.end());
  const tally: Tally = {
    faults: countOf(KINDS),
    wrong: { restart: [], freeze: [], reconnect: [], hole: [], cold: [], zombie: [] },
    times: {
      "first good answer after a restart": [],
      "server away in a restart": [],
      "answer after a thaw": [],
      "black hole to 503": [],
      "first answer with the database away": [],
      "first answer over a slow connect": [],
    },
    reconnects: 0,
  };
  const ward: Ward = { place, crew, tally, random: randomOf(seed, "recovery"), sessions: new Map() };
  const dose = doses(turns);
  say(
    Object.entries(dose)
      .map(([what, times]) => `${what} ${times}`)
      .join(", "),
  );
  const [first, second] = crew.slots;
  if (!first || !second) throw new Error("two workers are needed");
  await Promise.all([
    repeat(dose.freezes, () => freeze(ward, first, between(ward.random, 5, 60), "frozen and cut")).then(() =>
      repeat(dose.longFreezes, () => freeze(ward, first, LONG_FREEZE_MS, "frozen and cut, long")),
    ),
    repeat(dose.holes, () => blackHole(ward, second)).then(() => repeat(dose.coldStarts, () => coldStart(ward, second))),
  ]);
  await repeat(dose.restarts, () => restart(ward));
  await repeat(dose.zombies, () => zombie(ward, first, second));
  await watch.end();
  return await report(ward, watch);
}

async function repeat(times: number, act: () => Promise<void>): Promise<void> {
  for (let n = 0; n < times; n += 1) await act();
}

async function report({ place, crew, tally }: Ward, watch: Watch): Promise<SuiteReport> {
  const { rows } = await place.server.direct.query<{ free: string }>(
    "select count(*) as free from llm_call_events where credits_charged = 0 or multiplier = 0",
  );
  const free = Number(rows[0]?.free);
  const { wrong, times, faults } = tally;
  const count = (kind: string) => faults.get(kind) ?? 0;
  const freezes = count("frozen and cut") + count("frozen and cut, long");
  return {
    suite: "recovery",
    promises: [
      zero(
        "after an immediate restart turns run again, in the same processes",
        wrong.restart.length,
        `of ${count("immediate restart")} did not`,
      ),
      zero("no client notices a freeze", wrong.freeze.length, `of ${freezes} did`),
      { promise: "at most one reconnect a freeze", figure: `${tally.reconnects} at most`, ok: wrong.reconnect.length === 0 },
      zero("a black hole ends in 503, and the next turn runs", wrong.hole.length, `of ${count("black hole")} did not`),
      zero(
        "a cold start without its database is 503, a slow one 201 or 503",
        wrong.cold.length,
        `of ${count("slow first connect")} was not`,
      ),
      zero("no turn at a price of zero", free, "found"),
      zero("who wakes after a takeover charges nothing", wrong.zombie.length, `of ${count("frozen past its lease")} did`),
      zero("no internal error", crew.errors.length, "logged"),
      watch.promise(),
    ],
    faults: faultRows(faults),
    figures: Object.fromEntries(Object.entries(times).map(([what, all]) => [`${what} (reported, not asserted)`, spread(all)])),
    evidence: [
      ...Object.entries(wrong).flatMap(([what, lines]) => lines.slice(0, 5).map((line) => `${what}: ${line}`)),
      ...watch.broken,
      ...crew.errors.slice(0, 5),
    ],
  };
}

/** The middle one and the longest, in milliseconds. */
function spread(all: readonly number[]): string {
  const sorted = all.toSorted((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return `median ${middle.toFixed(0)} ms, longest ${(sorted.at(-1) ?? Number.NaN).toFixed(0)} ms, of ${sorted.length}`;
}
