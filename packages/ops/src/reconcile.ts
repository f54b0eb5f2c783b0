// `npm run reconcile`: Stripe against the ledger. Books what webhooks lost, or with --check only says what that is.

import { parseArgs } from "node:util";
import { readConfig } from "@pantheon/core/config/config.ts";
import { createDatabase } from "@pantheon/core/db/database.ts";
import type { Log } from "@pantheon/core/log.ts";
import { reconcile, type Reconciled } from "@pantheon/core/payments/reconcile.ts";
import { createStripe } from "@pantheon/core/payments/stripe.ts";
import { choosePlace } from "./chosen-place.ts";
import { explain, OWN_DATABASE } from "./explain.ts";

const HELP = `Usage: npm run reconcile -- [--local] [--check] [--restore] [--days N]

Lists what was paid, refunded or disputed at Stripe in the last N days (default 3), asks again about older refunds and disputes that may
still change, and books what is missing in the ledger, by the same path as a webhook. --check books nothing; it exits 1 when something is
missing. --restore is for a database that was restored to an earlier moment: payments whose top-up is gone are booked by what they say
themselves, and marked as restored. Uses STRIPE_SECRET_KEY, AUTH_ISSUER and
DATABASE_POOL_URL or DATABASE_URL, or with --local the local world that npm start serves.`;

const quiet: Log = { info() {}, warn() {}, error() {}, count() {} };

let place = OWN_DATABASE;

try {
  const { values } = parseArgs({
    options: {
      local: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      restore: { type: "boolean", default: false },
      days: { type: "string", default: "3" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) console.log(HELP);
  else if (!/^[1-9]\d{0,2}$/.test(values.days)) throw new Error("--days must be a number from 1 to 999");
  else await run(values.local, Number(values.days), { write: !values.check, restore: values.restore });
} catch (error) {
  console.error(`reconcile: ${explain(error, place).replaceAll("\n", "; ")}`);
  process.exitCode = 1;
}

async function run(isLocal: boolean, days: number, { write, restore }: { write: boolean; restore: boolean }): Promise<void> {
  const chosen = choosePlace(isLocal, [["DATABASE_POOL_URL", "DATABASE_URL"], "AUTH_ISSUER", "STRIPE_SECRET_KEY"]);
  place = chosen.place;
  const config = readConfig(chosen.variables);
  const stripe = createStripe(config.stripe, quiet);
  if (!stripe) throw new Error("the local world asks a Stripe of your own: set STRIPE_SECRET_KEY as it was given to npm start");
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
