// Putting a setting back as it was: tried again when an answer is lost, since what is left changed is everybody's.

import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "./evidence.ts";

const TRIES = 5;

/** Runs `attempt` until it finds the setting as it was. The last finding, or failure, is the row's. */
export async function putBack(attempt: () => Promise<Finding<never>>): Promise<Finding<never>> {
  for (let tries = 1; ; tries += 1) {
    try {
      const finding = await attempt();
      if (finding.ok || tries === TRIES) return finding;
    } catch (error) {
      if (tries === TRIES) throw error;
    }
    await sleep(tries * 400);
  }
}
