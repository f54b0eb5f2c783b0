// The short version of `npm run chaos`, as a part of `npm test`: every suite once, small, side by side, on servers of their own. The seed
// is printed; the full run is 100 000 turns (`npm run chaos -- --help`).

import { afterAll, describe, expect, it } from "vitest";
import { say } from "../../support/say.ts";
import { hangUp } from "./call.ts";
import { isGood, printed } from "./promises.ts";
import { SUITES, type SuiteName } from "./run-chaos.ts";

const TIMEOUT_MS = 300_000; // a bound for a machine that is busy with other things, not what it takes

/** Turns of the mixed load, and the percentage at which so few of them still meet every kind of fault. */
const SHORT = { turns: 250, percent: 4 };

const seed = Math.floor(Math.random() * 1_000_000);

afterAll(hangUp);

describe("under faults, every promise is kept and every kind of fault came", () => {
  const names = Object.keys(SUITES) as SuiteName[];
  it.concurrent.each(names)(
    "suite %s",
    async (name) => {
      const report = await SUITES[name]({ ...SHORT, seed, say: () => {} });
      say(
        `npm run chaos -- --turns ${SHORT.turns} --faults ${SHORT.percent} --seed ${seed} --suite ${name}: ${Object.values(report.figures)[0]}`,
      );
      if (!isGood([report])) say(printed([report]));
      expect(report.promises.filter(({ ok }) => !ok)).toEqual([]);
      expect(report.faults.filter(({ injected, minimum }) => injected < minimum)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
