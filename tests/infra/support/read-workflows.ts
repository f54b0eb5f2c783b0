// The workflows of .github as text of the one layout that they are written in: jobs, their steps, and what stands behind a key.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDER = join(ROOT, ".github/workflows");
export const FILES = Object.fromEntries(readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]));
export const ALL = Object.values(FILES).join("\n");
export const JOBS = Object.entries(FILES).flatMap(([file, text]) => readJobs(file, text));
export const SCRIPTS = JOBS.flatMap((job) => job.steps.map((step) => step.script)).join("\n");

type Step = { readonly lines: readonly string[]; readonly env: readonly string[]; readonly script: string };
type Job = {
  readonly file: string;
  readonly name: string;
  readonly lines: readonly string[];
  readonly env: readonly string[];
  readonly steps: readonly Step[];
};

/** Jobs stand two deep, what they have four, their steps six. Comments are left out. */
function readJobs(file: string, text: string): Job[] {
  const body = text.split(/^jobs:$/m)[1];
  if (body === undefined || /\t/.test(text)) throw new Error(`${file} is not laid out like the others`);
  const lines = body.split("\n").filter((line) => line.trim() !== "" && !/^\s*#/.test(line));
  return chunks(lines, /^ {2}[\w-]+:$/).map((job) => {
    const stepLines = job.slice(job.indexOf("    steps:") + 1);
    const steps = job.includes("    steps:") ? chunks(stepLines, /^ {6}- /).map((step) => readStep(step)) : [];
    return { file, name: `${file} ${job[0]?.trim().slice(0, -1)}`, lines: job, env: block(job, "env"), steps };
  });
}

function readStep(given: readonly string[]): Step {
  const lines = given.map((line) => line.replace(/^ {6}- /, "        "));
  const inline = value(lines, "run", 8);
  return { lines, env: block(lines, "env", 8), script: inline === "|" ? block(lines, "run", 8).join("\n") : inline };
}

/** Each from a line that begins one up to the next that does. */
function chunks(lines: readonly string[], begins: RegExp): string[][] {
  const found: string[][] = [];
  for (const line of lines) {
    if (begins.test(line)) found.push([]);
    const last = found.at(-1);
    if (last === undefined) throw new Error(`nothing begins before: ${line}`);
    last.push(line);
  }
  return found;
}

/** What stands behind a key; empty when there is none, or when it has a block. */
export function value(lines: readonly string[], key: string, indent = 4): string {
  const line = lines.find((each) => each.startsWith(`${" ".repeat(indent)}${key}:`));
  return (
    line
      ?.slice(indent + key.length + 1)
      .replace(/ # .*$/, "")
      .trim() ?? ""
  );
}

/** The lines below a key, without their indentation; of a key with a value, that. */
export function block(lines: readonly string[], key: string, indent = 4): string[] {
  const at = lines.findIndex((line) => line.startsWith(`${" ".repeat(indent)}${key}:`));
  if (at === -1) return [];
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => !line.startsWith(" ".repeat(indent + 1)));
  const below = rest.slice(0, end === -1 ? rest.length : end).map((line) => line.trim().replace(/(?<=write|read) # .*$/, ""));
  return below.length > 0 ? below : [value(lines, key, indent)];
}

export function jobOf(file: string, name: string): Job {
  const job = JOBS.find((each) => each.name === `${file} ${name}`);
  if (job === undefined) throw new Error(`there is no job ${name} in ${file}`);
  return job;
}

export function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
