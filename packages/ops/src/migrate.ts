// `npm run migrate`: brings a database to the head of migrations/ and says which steps it applied. Everything else is core's.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { migrateToHead } from "@pantheon/core/db/migrate.ts";
import type { Log } from "@pantheon/core/log.ts";
import * as v from "valibot";
import { type LocalConfig, readLocalConfig } from "./place.ts";

const HELP = `Usage: npm run migrate

Brings the database of DATABASE_URL to the newest migration; without DATABASE_URL, the database of the local world (npm start).
Use the server's direct address, not a pooler's.`;

const MIGRATIONS = fileURLToPath(new URL("../../../migrations", import.meta.url));

/** The steps are printed from the result, and a failure as one line below. */
const quiet: Log = { info() {}, warn() {}, error() {}, count() {} };

try {
  const { values } = parseArgs({ options: { help: { type: "boolean", short: "h" } } });
  if (values.help) console.log(HELP);
  else await migrate();
} catch (error) {
  console.error(`migrate: ${oneLine(error)}`);
  process.exitCode = 1;
}

async function migrate(): Promise<void> {
  const url = await databaseUrl(readLocalConfig());
  const { applied, head } = await migrateToHead({ url, folder: MIGRATIONS, log: quiet });
  for (const step of applied) console.log(`applied ${step}`);
  if (applied.length === 0) console.log(`already at ${head}`);
}

async function databaseUrl({ databaseUrl: own, home }: LocalConfig): Promise<string> {
  if (own !== null) return own;
  const file = join(home, "local.json");
  try {
    return v.parse(v.object({ databaseUrl: v.string() }), JSON.parse(await readFile(file, "utf8"))).databaseUrl;
  } catch (cause) {
    throw new Error(`no database: set DATABASE_URL, or run npm start first (it writes ${file})`, { cause });
  }
}

/** An error as one line. A refused connection to a name with two addresses comes as a bundle without a message of its own. */
function oneLine(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return oneLine(error.errors[0]);
  return error instanceof Error ? error.message.replaceAll("\n", "; ") : String(error);
}
