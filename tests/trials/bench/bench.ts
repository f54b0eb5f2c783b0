// `npm run bench`: every benchmark of this folder, one after the other, or the one that is asked for. Each prints its tables.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HELP = `Usage: npm run bench -- [--statements] [--reports] [--verify] [--storage] [--gateway] [--streams] [--profile] [--web]
    [--files]

Runs the benchmarks that are named, or all of them (about fifteen minutes). Each starts a PostgreSQL of its own and prints ratios of one run.
  --statements  the two statements of a turn          --reports  summaries and lists over few and many rows
  --verify      the whole ledger's check              --storage  what a turn takes on disk
  --gateway     our CPU for one answered call         --streams  the first word of a stream, and a hundred at once
  --profile     our CPU for a whole turn, and on what it is spent
  --web         the first data of each page on a slow telephone, and how ten thousand rows scroll
  --files       what reading a file of ten megabytes takes`;

const BENCHES = {
  statements: "turn-bench",
  reports: "report-bench",
  verify: "verify-bench",
  storage: "storage-bench",
  gateway: "gateway-bench",
  streams: "stream-bench",
  profile: "profile-bench",
  web: "web-bench",
  files: "file-bench",
} as const;

try {
  const options = Object.fromEntries([...Object.keys(BENCHES), "help"].map((name) => [name, { type: "boolean" }] as const));
  const { values } = parseArgs({ options });
  if (values["help"]) process.stdout.write(`${HELP}\n`);
  else await runAll(Object.entries(BENCHES).filter(([name]) => values[name] || Object.keys(values).length === 0));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : "failed"}\n`);
  process.exitCode = 1;
}

async function runAll(benches: readonly (readonly [string, string])[]): Promise<void> {
  for (const [name, file] of benches) {
    process.stdout.write(`\n${name}\n`);
    const child = spawn(process.execPath, [fileURLToPath(new URL(`./${file}.ts`, import.meta.url))], { stdio: "inherit" });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw new Error(`${name} ended with ${code ?? "a signal"}`);
  }
}
