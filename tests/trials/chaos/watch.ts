// The ledger's invariants, asked every second on a connection past every proxy, from the first moment of a suite to its last. A check
// looks at every row there is: once it takes longer than a third of a second it rests twice as long as it took, and the longest pause is
// printed. In between a refund may be recorded and not applied yet; at the end nothing may be under way.

import { setTimeout as sleep } from "node:timers/promises";
import { createDatabase } from "@pantheon/core/db/database.ts";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { NO_PATIENCE, PATIENCE } from "@pantheon/core/ledger/invariants/invariant.ts";
import type { PromiseRow } from "./promises.ts";
import { quiet } from "./server.ts";

export type Watch = {
  /** What was broken, when: the first findings. */
  readonly broken: readonly string[];
  /** Ends the rounds, and checks once more. May be called twice. */
  end(): Promise<void>;
  /** The promise with its figures. A check that could not ask, since the server was away, is no pass: some must have passed. */
  promise(): PromiseRow;
};

const EVERY_MS = 1_000;
const TIMEOUT_MS = 120_000;
const KEPT = 20;
const LEAST_PASSED = 3;
/** One machine, one clock: ledger time never steps back here. */
const MEANWHILE = { ...PATIENCE, clockMs: 0 };

/** Begins at once. `now` is added to every finding, so that it can be told when it was. */
export function watchInvariants(url: string, now: () => string): Watch {
  const db = createDatabase({ url, log: quiet, clock: Date.now, maxConnections: 1, reportTimeoutMs: TIMEOUT_MS });
  const state = { passed: 0, skipped: 0, findings: 0, last: Date.now(), longest: 0, ended: false };
  const broken: string[] = [];
  const check = async (patience: typeof PATIENCE): Promise<void> => {
    const counts = await checkInvariants(db, patience).catch(() => null);
    if (counts === null) {
      state.skipped += 1;
      return;
    }
    state.passed += 1;
    state.longest = Math.max(state.longest, Date.now() - state.last);
    state.last = Date.now();
    for (const { name, broken: rows } of counts) {
      if (rows === 0) continue;
      state.findings += 1;
      if (broken.length < KEPT) broken.push(`invariant, ${now()}: ${name}: ${rows} rows`);
    }
  };
  const rounds = (async () => {
    while (!state.ended) {
      const began = Date.now();
      await check(MEANWHILE);
      const took = Date.now() - began;
      await sleep(Math.max(EVERY_MS - took, Math.min(2 * took, EVERY_MS * 10)));
    }
  })();
  const finish = async (): Promise<void> => {
    state.ended = true;
    await rounds;
    await check(NO_PATIENCE);
    await db.close();
  };
  let ending: Promise<void> | null = null;
  return {
    broken,
    end: () => (ending ??= finish()),
    promise: () => ({
      promise: "the ledger closes at every check, about every second, and at the end",
      figure: `${state.findings} findings in ${state.passed} checks, ${state.skipped} could not ask, longest pause ${(state.longest / 1_000).toFixed(1)} s`,
      ok: state.findings === 0 && state.passed >= LEAST_PASSED,
    }),
  };
}
