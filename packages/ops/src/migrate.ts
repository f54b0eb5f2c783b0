// `npm run migrate`: brings a database to the head of migrations/ and says which steps it applied. Everything else is core's.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { migrateToHead } from "@pantheon/core/db/migrate.ts";
import type { Log } from "@pantheon/core/log.ts";
import { explain, LOCAL_DATABASE, OWN_DATABASE } from "./explain.ts";
import { type LocalConfig, readLocalConfig, readLocalWorld } from "./place.ts";

const HELP = `Usage: npm run migrate

Brings the database of MIGRATION_DATABASE_URL (or of DATABASE_URL) to the newest migration; without either, the local world's (npm start).
Use the owner's name and the server's direct address, not a pooler's.`;

const MIGRATIONS = fileURLToPath(new URL("../../../migrations", import.meta.url));

/** The steps are printed from the result, and a failure as one line below. */
const quiet: Log = { info() {}, warn() {}, error() {}, count() {} };

let place = OWN_DATABASE;

try {
  const { values } = parseArgs({ options: { help: { type: "boolean", short: "h" } } });
  if (values.help) console.log(HELP);
  else await migrate();
} catch (error) {
  console.error(`migrate: ${explain(error, place).replaceAll("\n", "; ")}`);
  process.exitCode = 1;
}

async function migrate(): Promise<void> {
  const url = databaseUrl(readLocalConfig());
  const { applied, head } = await migrateToHead({ url, folder: MIGRATIONS, log: quiet });
  for (const step of applied) console.log(`applied ${step}`);
  if (applied.length === 0) console.log(`already at ${head}`);
}

function databaseUrl({ migrationUrl: own, home }: LocalConfig): string {
  if (own !== null) return own;
  place = LOCAL_DATABASE;
  const url = readLocalWorld(home)?.ownerUrl;
  if (url === undefined)
    throw new Error(`no database: set MIGRATION_DATABASE_URL, or run npm start first (it writes ${join(home, "local.json")})`);
  return url;
}
