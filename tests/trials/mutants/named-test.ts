// Runs named tests of a copy and says what became of each. A test that fails counts as one that noticed only when an assertion of its
// own failed: a file that does not load, a test that is not there, an exception and a timeout say nothing about a guard.

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { titleOf, type NamedTest } from "./mutant.ts";
import type { ProjectCopy } from "./project-copy.ts";
import type { RunOrder, RunReport } from "./vitest-run.ts";

export type Outcome = {
  readonly verdict: "passed" | "failed by an assertion" | "broken";
  /** Why, in a line. */
  readonly detail: string;
};

/** Runs these tests of the copy and answers the outcome of each, in their order. One vitest, ended after `timeoutMs`. */
export async function runNamed(copy: ProjectCopy, tests: readonly NamedTest[], timeoutMs: number): Promise<Outcome[]> {
  const titles = [...new Set(tests.map(titleOf))].map(escaped);
  const files = [...new Set(tests.map(({ file }) => file))];
  const report = await vitest(copy, { root: copy.folder, files, pattern: `(?:^|\\s)(?:${titles.join("|")})$` }, timeoutMs);
  return tests.map((test) => (typeof report === "string" ? broken(report) : outcomeOf(report, copy.folder, test)));
}

/** The errors of `expect` and of `node:assert`. */
const ASSERTION = "AssertionError";

/**
 * The rows of a table may share a title: all of them must have run, and of those that failed every one by an assertion first. What fails
 * around a test (its file's last hook) is not the test.
 */
function outcomeOf({ tests, fileErrors }: RunReport, copy: string, test: NamedTest): Outcome {
  const file = join(copy, test.file);
  const named = tests.filter((each) => each.file === file && each.title === titleOf(test));
  const failed = named
    .filter(({ state }) => state === "failed")
    .map(({ errors }) => errors[0] ?? { name: "Error", message: "no reason given" });
  const other = failed.find(({ name }) => name !== ASSERTION);
  if (other) return broken(`${other.name}: ${other.message}`);
  if (failed[0]) return { verdict: "failed by an assertion", detail: firstLine(failed[0].message) };
  if (named.length > 0 && named.every(({ state }) => state === "passed")) return { verdict: "passed", detail: "" };
  return broken(fileErrors.find((each) => each.file === file)?.error.message ?? "no such test was run");
}

function broken(detail: string): Outcome {
  return { verdict: "broken", detail: firstLine(detail) };
}

const MAX_SHOWN = 160;

function firstLine(text: string): string {
  return (text.trim().split("\n")[0] ?? "").slice(0, MAX_SHOWN);
}

function escaped(title: string): string {
  return title.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}

const SCRIPT = fileURLToPath(new URL("./vitest-run.ts", import.meta.url));
/** What it gets to end by itself. */
const GRACE_MS = 5_000;
const running = new Set<ChildProcess>();

/** The report, or in a line why there is none. */
async function vitest({ temporary }: ProjectCopy, order: RunOrder, timeoutMs: number): Promise<RunReport | string> {
  const env = { ...process.env, TMPDIR: temporary };
  const child = fork(SCRIPT, [], { cwd: order.root, env, stdio: ["ignore", "pipe", "pipe", "ipc"], detached: true });
  running.add(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-MAX_SAID)));
  }
  let report: RunReport | null = null;
  child.once("message", (message: RunReport) => (report = message));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    end(child);
  }, timeoutMs);
  child.send(order);
  await once(child, "close");
  clearTimeout(timer);
  running.delete(child);
  if (isLate) return `not done after ${timeoutMs / 1_000} s`;
  return report ?? (said.trim().split("\n").at(-1) || "vitest ended without a report");
}

const MAX_SAID = 4_000;

/** Ends what runs, for a command that is told to stop. */
export function endRunning(): void {
  for (const child of running) end(child);
}

/** Asks first; then whatever it had started ends with it. */
function end(child: ChildProcess): void {
  child.kill("SIGTERM");
  const timer = setTimeout(() => killGroup(child), GRACE_MS);
  child.once("close", () => {
    clearTimeout(timer);
    killGroup(child);
  });
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // all of it has ended by itself
  }
}
