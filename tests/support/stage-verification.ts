// A world that stage:verify can be run against, and what its evidence says.

import { EXPECTED_MIGRATION_HEAD } from "@pantheon/core/db/migration-head.ts";
import type { Row } from "@pantheon/ops/stage-verify/evidence.ts";
import { verifyStage, type StageEvidence, type VerifyOptions } from "@pantheon/ops/stage-verify/verify-stage.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { adminWorld, priceOf, ROOT } from "./admin.ts";
import type { TestWorld } from "./world.ts";

/** The build that is meant to be live, and one from before. */
export const COMMIT = "c0ffee".repeat(6) + "c0ff";
export const OLD_COMMIT = "0ddba11".repeat(5) + "0ddba";

/** A world of that build whose jobs have all run once. `root` is its admin. */
export async function verifiableWorld(
  environment: Readonly<Record<string, string>> = {},
  stage?: string,
  site: string | null = null,
): Promise<TestWorld> {
  const world = await adminWorld({ COMMIT_SHA: COMMIT, ...environment }, { site, ...(stage !== undefined && { stage }) });
  await runJobs(world);
  return world;
}

export async function runJobs(world: TestWorld): Promise<void> {
  for (const job of ["reconcile", "verify", "sweep"]) await runJob(world.deps, { job });
}

/** The tokens of a user, the admin and, if one is wished for, of somebody without credits. */
export async function tokensOf(world: TestWorld, { user = "vera", empty = true } = {}) {
  const token = (id: string) => world.issuer.token({ user: id });
  return { user: await token(user), admin: await token(ROOT), empty: empty ? await token("eve") : null };
}

/** Runs stage:verify in this process. The jobs are given no time to come round unless a test says so. */
export async function verify(
  world: TestWorld,
  options: Partial<VerifyOptions> = {},
  { signal = new AbortController().signal, notice = () => {} }: { signal?: AbortSignal; notice?: (line: string) => void } = {},
): Promise<StageEvidence> {
  const whole: VerifyOptions = {
    url: world.apiUrl,
    adminUrl: null,
    turnsUrl: null,
    completionsUrl: null,
    tokens: await tokensOf(world),
    expected: { commit: COMMIT, migrationHead: EXPECTED_MIGRATION_HEAD },
    alias: "default",
    skipMaintenance: null,
    changeSettings: false,
    site: false,
    patience: { waitMs: 0, pollMs: 20 },
    ...options,
  };
  return verifyStage(whole, { clock: Date.now, signal, notice });
}

/** Ids of the rows that came to this, in their order. */
export function idsOf({ rows }: StageEvidence, ...outcomes: readonly Row["outcome"][]): string[] {
  return rows.filter(({ outcome }) => outcomes.includes(outcome)).map(({ id }) => id);
}

export function rowOf({ rows }: StageEvidence, id: string): Row {
  const row = rows.find((each) => each.id === id);
  if (!row) throw new Error(`there is no row ${id}`);
  return row;
}

/** What a run may change for a moment only: the price, the switch, and whose sessions there are. */
export async function settingsOf(world: TestWorld) {
  const { enforcement_override } = await world.deps.db.query
    .selectFrom("runtime_settings")
    .select("enforcement_override")
    .executeTakeFirstOrThrow();
  const sessions = await world.deps.db.query.selectFrom("sessions").select("id").where("deleted_at", "is", null).execute();
  return { price: await priceOf(world, "default"), override: enforcement_override, sessions: sessions.length };
}
