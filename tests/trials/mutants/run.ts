// `npm run test:mutants`: takes the product's guards out one by one, each in a copy, and runs the test that has to notice.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { patched, titleOf, type Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { endRunning, runNamed } from "./named-test.ts";
import { copyProject, type ProjectCopy } from "./project-copy.ts";

const HELP = `Usage: npm run test:mutants -- [--only NAME]

Takes the guards of tests/trials/mutants/ out of a copy of the project, one at a time, and runs the test that is named for each. A mutant is
killed when that test fails by an assertion. Exit 0 when every mutant is killed. --only NAME runs one.`;

const LEAST_MUTANTS = 15;
/** Each copy runs one test at a time, with a PostgreSQL of its own. */
const COPIES = 2;
const BASELINE_TIMEOUT_MS = 15 * 60_000;
const TIMEOUT_MS = 3 * 60_000;

type Result = { readonly verdict: "killed" | "survived" | "broken"; readonly detail: string; readonly seconds: string };

try {
  const { values } = parseArgs({ options: { only: { type: "string" }, help: { type: "boolean", short: "h" } } });
  if (values.help) console.log(HELP);
  else await command(values.only);
} catch (error) {
  console.error(`test:mutants: ${error instanceof Error ? error.message : "failed"}`);
  process.exitCode = 1;
}

async function command(only: string | undefined): Promise<void> {
  const mutants = MUTANTS.filter(({ name }) => only === undefined || name === only);
  if (mutants.length === 0) throw new Error(`there is no mutant ${only ?? ""}; there are ${MUTANTS.map(({ name }) => name).join(", ")}`);
  const copies: ProjectCopy[] = [];
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort();
    endRunning();
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    for (let index = 0; index < Math.min(COPIES, mutants.length); index += 1) copies.push(await copyProject());
    await refuseFailing(copies[0], mutants);
    const results = await runAll(copies, mutants, stopping.signal);
    console.log(report(mutants, results));
    const killed = mutants.filter(({ name }) => results.get(name)?.verdict === "killed").length;
    console.log(`${killed} of ${mutants.length} mutants killed`);
    if (killed !== mutants.length || (only === undefined && killed < LEAST_MUTANTS)) process.exitCode = 1;
  } finally {
    await Promise.all(copies.map((copy) => copy.remove()));
  }
}

/** Before anything is taken out every named test must pass: a test that fails anyway notices nothing. */
async function refuseFailing(copy: ProjectCopy | undefined, mutants: readonly Mutant[]): Promise<void> {
  if (!copy) return;
  console.error(`the named tests of ${mutants.length} mutants, with every guard in its place …`);
  const tests = mutants.map(({ test }) => test);
  const outcomes = await runNamed(copy, tests, BASELINE_TIMEOUT_MS);
  const failing = tests.flatMap((test, index) => {
    const outcome = outcomes[index];
    return outcome?.verdict === "passed" ? [] : [`  ${test.file}: ${titleOf(test)}: ${outcome?.detail ?? ""}`];
  });
  if (failing.length > 0) throw new Error(`without a mutant these tests do not pass:\n${[...new Set(failing)].join("\n")}`);
}

/** The copies take the mutants in turn, whichever is free. */
async function runAll(copies: readonly ProjectCopy[], mutants: readonly Mutant[], stopping: AbortSignal): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  const waiting = [...mutants];
  const work = async (copy: ProjectCopy) => {
    for (let mutant = waiting.shift(); mutant && !stopping.aborted; mutant = waiting.shift()) {
      const result = await runMutant(copy, mutant);
      results.set(mutant.name, result);
      console.error(`${result.verdict.padEnd(8)} ${mutant.name} (${result.seconds} s) ${result.detail}`);
    }
  };
  await Promise.all(copies.map(work));
  return results;
}

async function runMutant(copy: ProjectCopy, { patches, test }: Mutant): Promise<Result> {
  const started = performance.now();
  const done = (verdict: Result["verdict"], detail: string) => ({
    verdict,
    detail,
    seconds: ((performance.now() - started) / 1_000).toFixed(1),
  });
  const originals = new Map<string, string>();
  try {
    for (const patch of patches) {
      const path = join(copy.folder, patch.file);
      const text = await readFile(path, "utf8");
      if (!originals.has(path)) originals.set(path, text);
      await writeFile(path, patched({ path: patch.file, text }, patch));
    }
    const [outcome] = await runNamed(copy, [test], TIMEOUT_MS);
    if (outcome?.verdict === "failed by an assertion") return done("killed", outcome.detail);
    return outcome?.verdict === "passed" ? done("survived", "") : done("broken", outcome?.detail ?? "");
  } catch (error) {
    return done("broken", error instanceof Error ? error.message : "failed");
  } finally {
    for (const [path, text] of originals) await writeFile(path, text);
  }
}

function report(mutants: readonly Mutant[], results: ReadonlyMap<string, Result>): string {
  const table = new Table({
    head: ["Mutant", "Guard taken out", "Test that has to notice", "Verdict", "s"],
    colWidths: [24, 62, 62, 10, 7],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { name, guard, test } of mutants) {
    const { verdict = "broken", detail = "", seconds = "" } = results.get(name) ?? {};
    const test_ = `${test.file.replace("tests/", "")}: ${titleOf(test)}`;
    table.push([name, guard, verdict === "killed" ? test_ : `${test_}\n${detail}`, verdict, seconds]);
  }
  return table.toString();
}
