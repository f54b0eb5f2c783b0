// `npm run reconcile`: Stripe against the ledger. Books what webhooks lost, or with --check only says what that is.

import { parseArgs } from "node:util";
import { readConfig } from "@pantheon/core/config/config.ts";
import { createDatabase } from "@pantheon/core/db/database.ts";
import type { Log } from "@pantheon/core/log.ts";
import { reconcile, type Reconciled } from "@pantheon/core/payments/reconcile.ts";
import { createStripe } from "@pantheon/core/payments/stripe.ts";
import { explain, LOCAL_DATABASE, OWN_DATABASE } from "./explain.ts";
import { localEnvironment, readLocalConfig, readLocalPlace } from "./place.ts";

const HELP = `Usage: npm run reconcile -- [--check] [--restore] [--days N]

Lists what was paid, refunded or disputed at Stripe in the last N days (default 3), asks again about older refunds and disputes that may
still change, and books what is missing in the ledger, by the same path as a webhook. --check books nothing; it exits 1 when something is
missing. --restore is for a database that was restored to an earlier moment: payments whose top-up is gone are booked by what they say
themselves, and marked as restored. Uses STRIPE_SECRET_KEY and DATABASE_URL, or the local
world that npm start serves.`;

const quiet: Log = { info() {}, warn() {}, error() {}, count() {} };

let place = OWN_DATABASE;

try {
  const { values } = parseArgs({
    options: {
      check: { type: "boolean", default: false },
      restore: { type: "boolean", default: false },
      days: { type: "string", default: "3" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) console.log(HELP);
  else if (!/^[1-9]\d{0,2}$/.test(values.days)) throw new Error("--days must be a number from 1 to 999");
  else await run(Number(values.days), !values.check, values.restore);
} catch (error) {
  console.error(`reconcile: ${explain(error, place).replaceAll("\n", "; ")}`);
  process.exitCode = 1;
}

async function run(days: number, write: boolean, restore: boolean): Promise<void> {
  const { home, databaseUrl } = readLocalConfig();
  const local = readLocalPlace(home);
  const isLocal = databaseUrl === null && !localEnvironment()["DATABASE_POOL_URL"];
  if (isLocal && local["DATABASE_URL"] === undefined) {
    throw new Error("no local world runs: run npm start first, or set DATABASE_URL, AUTH_ISSUER and STRIPE_SECRET_KEY of another one");
  }
  if (isLocal) place = LOCAL_DATABASE;
  const config = readConfig({ ...local, ...localEnvironment() });
  const stripe = createStripe(config.stripe, quiet);
  if (!stripe) throw new Error("STRIPE_SECRET_KEY is not set, and no local world is running");
  const db = createDatabase({ url: config.databaseUrl, log: quiet, clock: Date.now, maxConnections: 1 });
  try {
    const found = await reconcile({ db, config, log: quiet, stripe }, new Date(Date.now() - days * 86_400_000), { write, restore });
    console.log(report(found, write));
    if (found.failed.length > 0 || (!write && found.late.length + found.unknown.length > 0)) process.exitCode = 1;
  } finally {
    await db.close();
  }
}

function report(found: Reconciled, write: boolean): string {
  const what = write ? "booked now" : "missing";
  return [
    `payments   ${found.payments} looked at, ${found.late.length} ${what}${found.quarantined > 0 ? `, ${found.quarantined} of them set aside` : ""}`,
    ...found.late.map((id) => `           ${id}`),
    ...(found.restored.length > 0 ? [`restored   ${found.restored.length} of them, whose top-ups were gone`] : []),
    `reversals  ${found.reversals} looked at, ${found.unknown.length} ${what}`,
    ...found.unknown.map((id) => `           ${id}`),
    ...found.failed.map((id) => `failed     ${id}`),
  ].join("\n");
}
