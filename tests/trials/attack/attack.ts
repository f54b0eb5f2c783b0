// `npm run attack`: the attack list and seeded mutations against a local world of its own. Every answer is looked at; times are reported.

import { randomInt } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { attackWorld } from "./attack-world.ts";
import { allFaults, reportText } from "./report.ts";
import { runAttack } from "./run-attack.ts";

const MUTATIONS = 1_000;

const HELP = `npm run attack [-- options]

  --seed N         makes the same mutations and orders again (printed by every run)
  --mutations N    mutated requests for each route; ${MUTATIONS} unless given, 10000 is the full figure
  --only A12,A128  only these rows of the attack list; A128 is the mutations
  --route TEXT     only routes whose name holds this are mutated: "POST /api/v1/sessions"
  --json FILE      writes the report as JSON, too

Exits with 1 when anything is wrong.
`;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    mutations: { type: "string", default: String(MUTATIONS) },
    only: { type: "string", default: "" },
    route: { type: "string", default: "" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await attack();

async function attack(): Promise<void> {
  const seed = values.seed === undefined ? randomInt(2 ** 31) : whole("--seed", values.seed);
  const mutations = whole("--mutations", values.mutations);
  const only = values.only.split(",").flatMap((id) => (id === "" ? [] : [whole("--only", id.replace(/^A/i, ""))]));
  process.stdout.write(`Seed ${seed}, ${mutations} mutations a route.\n`);
  const world = await attackWorld(null);
  try {
    const report = await runAttack(world, { seed, mutations, only, route: values.route, full: true, progress });
    process.stdout.write(`${reportText(report)}\n`);
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
    process.exitCode = allFaults(report).length === 0 ? 0 : 1;
  } finally {
    await world.end();
  }
}

/** Beside the report, so that what is printed can be kept by itself. */
function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function whole(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  process.stderr.write(`${flag} takes a whole number\n`);
  return process.exit(2);
}
