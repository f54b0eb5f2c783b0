// Drift: is every function the build that was meant to be live, on the schema that it was written for, and do all of them see one world?
// Each function answers for itself, on its own health route.

import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { BEHIND_API, type FunctionName } from "@pantheon/functions/functions.ts";
import { statusLine, Surprise } from "./answer.ts";
import type { Answer } from "./client.ts";
import { sameCommit, shortened, type Expected, type Stage } from "./stage.ts";

export type Health = v.InferOutput<typeof HealthView>;

/** A function that is asked: by its route, and where that is another address than the stage's, at that one. */
export type Target = { readonly label: string; readonly name: FunctionName; readonly at: string | null };

/** What the functions say of themselves, by label; null where nothing readable came. */
export type Told = ReadonlyMap<string, Health | null>;

type OwnUrls = { readonly adminUrl: string | null; readonly turnsUrl: string | null; readonly completionsUrl: string | null };

/** The four functions behind the stage's address, and those that have one of their own. */
export function targetsOf({ adminUrl, turnsUrl, completionsUrl }: OwnUrls): Target[] {
  const behind = BEHIND_API.map((name) => ({ label: name, name, at: null }));
  const own = [
    { label: "turns-stream", name: "turns", at: turnsUrl },
    { label: "admin-stream", name: "admin", at: adminUrl },
    { label: "completions", name: "completions", at: completionsUrl },
  ] as const;
  return [...behind, ...own.filter(({ at }) => at !== null)];
}

/** One row a function, and one for each thing that they must agree about. */
export async function healthRows(stage: Stage, expected: Expected, targets: readonly Target[]): Promise<Told> {
  const asked = targets.map((target) => healthRow(stage, expected, target));
  const told = new Map((await Promise.all(asked)).map((health, index) => [targets[index]?.label ?? "", health]));
  await agreement(stage, told, { id: "drift.commit", what: "all functions are one build", expected: "one commit" }, ({ commit }) => commit);
  await agreement(
    stage,
    told,
    { id: "drift.stage", what: "all functions serve one stage", expected: "one stage" },
    (health) => health.stage,
  );
  await revisionRow(stage, targets, told);
  await roleRow(stage, told);
  return told;
}

const HealthView = v.object({
  /** `ok` or `drift`; of a refusal its HTTP status. */
  status: v.union([v.string(), v.number()]),
  function: v.string(),
  stage: v.string(),
  commit: v.string(),
  migration_head: v.nullish(v.string()),
  expected_migration_head: v.nullish(v.string()),
  revision: v.nullish(v.string()),
  database_role: v.nullish(v.string()),
  maintenance: v.optional(
    v.array(v.object({ job: v.string(), commit: v.string(), finished_at: v.pipe(v.string(), v.isoTimestamp()), outcome: v.string() })),
    [],
  ),
});

/** Asks a function for its health; `health` is null when the answer is not one. */
export async function askHealth(
  { ask }: Pick<Stage, "ask">,
  { name, at }: Omit<Target, "label">,
): Promise<{ answer: Answer; health: Health | null }> {
  const answer = await ask("GET", `/api/v1/health/${name}`, at === null ? {} : { at });
  const health = v.safeParse(HealthView, answer.json);
  return { answer, health: health.success ? health.output : null };
}

function healthRow(stage: Stage, expected: Expected, target: Target): Promise<Health | null> {
  const build = expected.commit === null ? "any commit" : `commit ${shortened(expected.commit)}`;
  const head = {
    id: `health.${target.label}`,
    what: `${target.label} is the expected build on the expected schema`,
    expected: `ok, ${build}, schema ${expected.migrationHead}`,
  };
  return stage.evidence.check(head, [], async () => {
    const { answer, health } = await askHealth(stage, target);
    if (health === null) throw new Surprise(`${statusLine(answer)}: no health of ours`, answer);
    const faults = faultsOf(health, answer, expected, target.name).map((fault) => `${target.label} ${fault}`);
    const good = `ok, commit ${shortened(health.commit)}, schema ${health.migration_head}`;
    return { ok: faults.length === 0, seen: faults.length === 0 ? good : faults.join("; "), value: health, answer };
  });
}

function faultsOf(health: Health, answer: Answer, expected: Expected, name: FunctionName): string[] {
  const { commit, migration_head: head, expected_migration_head: writtenFor } = health;
  const header = answer.headers.get("pantheon-version");
  const isStageBuild = commit === "unknown" && health.stage !== "local";
  const schemas = `the database is at ${head ?? "no known schema"}, this build was written for ${writtenFor ?? "an unknown one"}`;
  const behind = answer.status === 503 && statusLine(answer).startsWith("503 schema_behind");
  return [
    health.function !== name && `is answered by ${health.function}`,
    expected.commit !== null &&
      !sameCommit(commit, expected.commit) &&
      `answers ${shortened(commit)}, expected ${shortened(expected.commit)}`,
    expected.commit === null && isStageBuild && "does not know its commit",
    header !== commit && `says ${shortened(header)} in Pantheon-Version and ${shortened(commit)} in its health`,
    behind && `is ahead of its database (schema_behind): ${schemas}`,
    health.status === "drift" && `is behind its database (drift): ${schemas}`,
    !behind && health.status !== "drift" && (answer.status !== 200 || health.status !== "ok") && `is answered ${statusLine(answer)}`,
    typeof writtenFor === "string" &&
      writtenFor !== expected.migrationHead &&
      `was written for ${writtenFor}, expected ${expected.migrationHead}`,
    answer.status === 200 && head !== expected.migrationHead && health.status === "ok" && `sees the schema ${head ?? "of nobody"}`,
  ].filter((fault) => fault !== false);
}

type AgreementHead = { id: string; what: string; expected: string };

function agreement({ evidence }: Stage, told: Told, head: AgreementHead, of: (health: Health) => string | null): Promise<null> {
  return evidence.check(head, [], async () => {
    const groups = groupsOf(told, of);
    return { ok: groups.size === 1 && !groups.has(null), seen: seenGroups(groups) };
  });
}

const REVISION_TRIES = 4;

/** Somebody may change a price between two questions, so a difference must last to count. */
function revisionRow(stage: Stage, targets: readonly Target[], told: Told): Promise<null> {
  const head = { id: "drift.revision", what: "all functions see one database", expected: "one revision of prices and settings" };
  return stage.evidence.check(head, [], async () => {
    let groups = groupsOf(told, ({ revision }) => revision ?? null);
    for (let tries = 1; tries < REVISION_TRIES && groups.size > 1 && !groups.has(null); tries += 1) {
      await sleep(tries * 250);
      const again = await Promise.all(targets.map(async (target) => [target.label, (await askHealth(stage, target)).health] as const));
      groups = groupsOf(new Map(again), ({ revision }) => revision ?? null);
    }
    return { ok: groups.size === 1 && !groups.has(null), seen: seenGroups(groups) };
  });
}

/** Red on every stage: whoever owns the tables can switch the guards of the ledger's past off. */
function roleRow({ evidence }: Stage, told: Told): Promise<null> {
  const head = { id: "database.role", what: "no function could change what was booked", expected: "the application's role" };
  return evidence.check(head, [], async () => {
    const groups = groupsOf(told, ({ database_role: role }) => role ?? null);
    return { ok: groups.size === 1 && groups.has("application"), seen: seenGroups(groups) };
  });
}

function groupsOf(told: Told, of: (health: Health) => string | null): Map<string | null, string[]> {
  const groups = new Map<string | null, string[]>();
  for (const [label, health] of told) {
    const said = health === null ? null : of(health);
    groups.set(said, [...(groups.get(said) ?? []), label]);
  }
  return groups;
}

/** `turns, users: abc1234; admin: def5678`. */
function seenGroups(groups: ReadonlyMap<string | null, readonly string[]>): string {
  const parts = [...groups].map(([said, labels]) =>
    said === null ? `${labels.join(", ")} did not say` : `${labels.join(", ")}: ${shortened(said)}`,
  );
  return parts.join("; ");
}
