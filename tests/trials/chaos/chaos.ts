// `npm run chaos`: the fault run. Prints every promise with its figure, the faults by kind, and the seed; exit 1 on a broken promise, or
// when a kind of fault came less often than it must.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FAILPOINTS } from "./failpoints.ts";
import { isGood, printed } from "./promises.ts";
import { runChaos, SUITES, type SuiteName } from "./run-chaos.ts";

const HELP = `Usage: npm run chaos -- [--turns N] [--faults PERCENT] [--seed S] [--suite all|turns|recovery|killpoints|webhooks] [--json FILE]

Runs the whole product in worker processes on a real PostgreSQL of its own, and breaks what it stands on.

  --turns N    acknowledged turns of the mixed load (default 2000). The other suites follow from it:
                 killpoints  N / 5,000 kills at each of ${FAILPOINTS.length} points, 1 to 200   (100,000: 20, a million: 200)
                 recovery    N / 100 freezes, 20 to 1,000; N / 10,000 restarts, 1 to 10; N / 20,000 black holes, 1 to 5
                 webhooks    N / 50 payments, 60 to 5,000
  --faults P   of a hundred statements, so many meet a fault on the wire; of a hundred turns, so many a model that misbehaves, and
               so many are sent twice at once (default 1; above 0, at most 25). Payments are few: there it is at least 4.
  --seed S     a whole number (default: a new one, which is printed)
  --suite X    all of them, one after the other (default), or one
  --json FILE  writes the figures there too

With --turns 100000 or more the mixed load goes on until it has seen 1,000 replies cut after COMMIT, 1,000 killed backends and 10
immediate restarts. Every kind of fault must have come at least once, else the run proves nothing of it and exits 1.

One seed decides what is injected at which statement and turn, what people choose, how the provider behaves and all amounts. What runs
side by side is not decided by it: two runs of one seed meet the same faults in another interleaving.`;

try {
  const { values } = parseArgs({
    options: {
      turns: { type: "string", default: "2000" },
      faults: { type: "string", default: "1" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
      suite: { type: "string", default: "all" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else await run(values);
} catch (error) {
  console.error(`chaos: ${error instanceof Error ? error.message.replaceAll("\n", " ") : "failed"}`);
  process.exitCode = 1;
}

type Flags = { turns: string; faults: string; seed: string; suite: string; json?: string | undefined };

async function run(flags: Flags): Promise<void> {
  const turns = wholeNumber("--turns", flags.turns, 1, 10_000_000);
  const seed = wholeNumber("--seed", flags.seed, 0, 4_294_967_295);
  const percent = /^\d{1,2}(\.\d{1,4})?$/.test(flags.faults) ? Number(flags.faults) : Number.NaN;
  if (!(percent > 0 && percent <= 25)) throw new Error("--faults must be a number above 0, at most 25");
  const suites = suitesOf(flags.suite);
  const command = `npm run chaos -- --turns ${turns} --faults ${percent} --seed ${seed} --suite ${flags.suite}`;
  console.log(command);
  const began = Date.now();
  const reports = await runChaos(suites, { seed, turns, percent, say: (line) => console.log(`${clock(began)} ${line}`) });
  const good = isGood(reports);
  console.log(
    `\n${printed(reports)}\n\nseed ${seed}, ${clock(began)}: ${good ? "every promise was kept" : "NOT GOOD: see ✗ above"}\n${command}`,
  );
  if (flags.json !== undefined)
    writeFileSync(flags.json, `${JSON.stringify({ command, seed, turns, percent, good, suites: reports }, null, 2)}\n`);
  if (!good) process.exitCode = 1;
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most)) throw new Error(`${flag} must be a whole number from ${least} to ${most}`);
  return number;
}

function suitesOf(text: string): SuiteName[] {
  const names = Object.keys(SUITES) as SuiteName[];
  if (text === "all") return names;
  const suite = names.find((name) => name === text);
  if (suite === undefined) throw new Error(`--suite must be one of all, ${names.join(", ")}`);
  return [suite];
}

function clock(began: number): string {
  return `${((Date.now() - began) / 1_000).toFixed(1)} s`;
}
