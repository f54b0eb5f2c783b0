// `npm run migrate`: brings a database to the head of migrations/ and says which steps it applied. Everything else is core's.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { migrateToHead } from "@pantheon/core/db/migrate.ts";
import type { Log } from "@pantheon/core/log.ts";
import { choosePlace } from "./chosen-place.ts";
import { explain, OWN_DATABASE, OWNERS_DATABASE } from "./explain.ts";
import { databaseUrlOf } from "./place.ts";

const HELP = `Usage: npm run migrate [-- --local]

Brings the database of MIGRATION_DATABASE_URL to the newest migration; with --local, the database of the local world that npm start serves.
Use the owner's name and the server's direct address, not a pooler's.`;

const MIGRATIONS = fileURLToPath(new URL("../../../migrations", import.meta.url));

/** The steps are printed from the result, and a failure as one line below. */
const quiet: Log = { info() {}, warn() {}, error() {}, count() {} };

let place = OWNERS_DATABASE;

try {
  const { values } = parseArgs({ options: { local: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } } });
  if (values.help) console.log(HELP);
  else await migrate(values.local);
} catch (error) {
  console.error(`migrate: ${explain(error, place).replaceAll("\n", "; ")}`);
  process.exitCode = 1;
}

async function migrate(isLocal: boolean): Promise<void> {
  const chosen = choosePlace(isLocal, ["MIGRATION_DATABASE_URL"]);
  place = chosen.place === OWN_DATABASE ? OWNERS_DATABASE : chosen.place;
  const url = databaseUrlOf(chosen.variables, "MIGRATION_DATABASE_URL");
  const { applied, head } = await migrateToHead({ url, folder: MIGRATIONS, log: quiet });
  for (const step of applied) console.log(`applied ${step}`);
  if (applied.length === 0) console.log(`already at ${head}`);
}
