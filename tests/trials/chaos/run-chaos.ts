// One run: its suites one after the other, each in a place of its own, and whether all of it was good.

import { hangUp } from "./call.ts";
import type { SuiteOptions } from "./options.ts";
import type { SuiteReport } from "./promises.ts";
import { runKillpoints } from "./run-killpoints.ts";
import { runRecovery } from "./run-recovery.ts";
import { runTurns } from "./run-turns.ts";
import { runWebhooks } from "./run-webhooks.ts";

export const SUITES = {
  turns: runTurns,
  recovery: runRecovery,
  killpoints: runKillpoints,
  webhooks: runWebhooks,
} as const satisfies Record<string, (options: SuiteOptions) => Promise<SuiteReport>>;

export type SuiteName = keyof typeof SUITES;

/** Runs these suites; a suite that throws ends the run. */
export async function runChaos(suites: readonly SuiteName[], options: SuiteOptions): Promise<SuiteReport[]> {
  const reports: SuiteReport[] = [];
  try {
    for (const suite of suites) {
      options.say(`suite ${suite}`);
      reports.push(await SUITES[suite](options));
    }
    return reports;
  } finally {
    hangUp();
  }
}
