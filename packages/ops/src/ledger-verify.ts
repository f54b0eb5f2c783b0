// `npm run ledger:verify`: do the books close, and does the database keep what it says? Reads only.

import { parseArgs, styleText } from "node:util";
import Table from "cli-table3";
import { createDatabase } from "@pantheon/core/db/database.ts";
import { readConnectedRole } from "@pantheon/core/db/connected-role.ts";
import { readDurability } from "@pantheon/core/ledger/durability.ts";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { readLostRevenue } from "@pantheon/core/maintenance/lost-revenue.ts";
import { choosePlace } from "./chosen-place.ts";
import { explain, OWN_DATABASE } from "./explain.ts";
import { databaseUrlOf, tableWidth } from "./place.ts";

const HELP = `Usage: npm run ledger:verify [-- --local]

Counts the rows that break an invariant of the ledger, names the first of them, and looks at the settings that durability depends on and at what the connected role may do. Exit 1 on any.
Uses DATABASE_URL, or with --local the local world that npm start serves.

  --as-owner   the address is the owner's and meant to be: what that role may do is not looked at`;

const TIMEOUT_MS = 15 * 60_000;
const MARK_WIDTH = 3;
const COUNT_WIDTH = 8;
/** The lines between and around three columns. */
const BORDERS = 4;
const quiet = { info() {}, warn() {}, error() {}, count() {} };

let place = OWN_DATABASE;

try {
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({ options: { local: flag, "as-owner": flag, help: { type: "boolean", short: "h" } } });
  if (values.help) console.log(HELP);
  else await verify(values.local, values["as-owner"]);
} catch (error) {
  console.error(`ledger:verify: ${explain(error, place).replaceAll("\n", "; ")}`);
  process.exitCode = 1;
}

async function verify(isLocal: boolean, asOwner: boolean): Promise<void> {
  const chosen = choosePlace(isLocal, ["DATABASE_URL"]);
  place = chosen.place;
  const url = databaseUrlOf(chosen.variables);
  const db = createDatabase({ url, log: quiet, clock: Date.now, maxConnections: 1, reportTimeoutMs: TIMEOUT_MS });
  try {
    const table = new Table({
      head: ["", "Invariant", "Broken"],
      colWidths: [MARK_WIDTH, tableWidth() - MARK_WIDTH - COUNT_WIDTH - BORDERS, COUNT_WIDTH],
      wordWrap: true,
      style: { head: [], border: [] },
    });
    const invariants = await checkInvariants(db);
    for (const { name, promise, broken, rows } of invariants) {
      const which = broken === 0 ? "" : `\n${name}: ${rows.join(", ")}${rows.length < broken ? ", …" : ""}`;
      table.push([mark(broken === 0), `${promise}${which}`, String(broken)]);
    }
    const settings = [...(await readDurability(db)), ...(asOwner ? [] : await readConnectedRole(db))];
    for (const { name, value, ok } of settings) table.push([mark(ok), `${name} = ${value}`, ""]);
    console.log(table.toString());
    const { answers, provider_cost_usd, lapsed_turns } = await readLostRevenue(db);
    console.log(`Unpaid answers: ${answers} (provider cost $${provider_cost_usd}); turns void after their lease: ${lapsed_turns}.`);
    if (invariants.some(({ broken }) => broken !== 0) || settings.some(({ ok }) => !ok)) process.exitCode = 1;
  } finally {
    await db.close();
  }
}

function mark(good: boolean): string {
  return good ? styleText("green", "✓") : styleText("red", "✗");
}
