// `npm run bench`: what the two statements of a turn cost, as ratios within one run. This machine's figures are its own; the ratios travel.

import { performance } from "node:perf_hooks";
import { createDatabase, type Database } from "@pantheon/core/db/database.ts";
import type { Prepared } from "@pantheon/core/db/prepared.ts";
import { openTurn } from "@pantheon/core/ledger/statements/open-turn.ts";
import { settleTurn } from "@pantheon/core/ledger/statements/settle-turn.ts";
import { createSession } from "@pantheon/core/turns/statements/session.ts";
import { newId } from "@pantheon/contract/id.ts";
import { createCatalogCache, type Catalog } from "@pantheon/core/pricing/catalog.ts";
import Table from "cli-table3";
import { quiet, withBenchDatabase } from "./bench-database.ts";

const TURNS = 4_000;
const CLIENTS = 32;

await withBenchDatabase({}, bench);

async function bench(url: string): Promise<void> {
  const db = createDatabase({ url, log: quiet, clock: Date.now, maxConnections: CLIENTS });
  const unnamed: Database = { ...db, run: (statement, input) => db.run({ ...statement, name: "" }, input) };
  const onDisk: Database = { ...db, run: (statement, input) => db.run(waitingForDisk(statement), input) };
  const catalog = await createCatalogCache(db, new Map([["default", 128_000]]), quiet).current();
  const table = new Table({ head: ["", "turns/s", "against the first"], style: { head: [], border: [] } });
  let first = 0;
  const row = async (what: string, database: Database, wallets: number) => {
    const perSecond = await turnsPerSecond(database, catalog, wallets);
    first ||= perSecond;
    table.push([what, perSecond.toFixed(0), (perSecond / first).toFixed(2)]);
  };
  await turnsPerSecond(db, catalog, CLIENTS); // warm
  await row(`${CLIENTS} clients, a wallet each, named statements`, db, CLIENTS);
  await row("the same, planned again each time", unnamed, CLIENTS);
  await row("the same, and the open waits for the disk", onDisk, CLIENTS);
  await row(`${CLIENTS} clients on one wallet`, db, 1);
  await row("the same, and the open waits for the disk", onDisk, 1);
  process.stdout.write(`${table.toString()}\n`);
  await db.close();
}

/** The statement with a commit that is on disk before it is answered, as every other statement's is. */
function waitingForDisk<Input extends object, Row>(statement: Prepared<Input, Row>): Prepared<Input, Row> {
  const text = statement.text.replace("and set_config('synchronous_commit', 'off', true) = 'off'", "");
  return text === statement.text ? statement : { ...statement, text, name: `${statement.name}_disk` };
}

/** Opens and settles turns, each client in a session of its own. */
async function turnsPerSecond(db: Database, catalog: Catalog, wallets: number): Promise<number> {
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const user = `bench-${newId().slice(0, 8)}-${client % wallets}`;
      const session = newId();
      await db.run(createSession, {
        session,
        wallet: user,
        actor: user,
        email: null,
        title: null,
        modelAlias: "default",
        systemPrompt: null,
        tools: [],
        autoAliases: null,
        createdAt: new Date(),
        key: null,
        requestHash: null,
        mostSessions: 10_000,
        mostBytes: 16_777_216,
        status: 201,
        body: "",
      });
      return { user, session };
    }),
  );
  const began = performance.now();
  await Promise.all(
    clients.map(async ({ user, session }) => {
      for (let turn = 0; turn < TURNS / CLIENTS; turn += 1) await oneTurn(db, catalog, user, session);
    }),
  );
  return TURNS / ((performance.now() - began) / 1_000);
}

async function oneTurn(db: Database, catalog: Catalog, user: string, session: string): Promise<void> {
  const turn = newId();
  const [opened] = await db.run(openTurn, {
    turn,
    claim: newId(),
    wallet: user,
    actor: user,
    apiKey: null,
    keyHash: null,
    keyOwner: null,
    session,
    alias: null,
    auto: false,
    message: "How much is a turn?",
    messageBound: 19,
    maxOutputTokens: 256,
    leaseMs: 60_000,
    prices: catalog.prices,
    pricingVersion: catalog.version,
    revision: catalog.revision,
    weightInput: "0.35",
    weightOutput: "1",
    oePerCredit: "10000",
    enforcedByDefault: false,
    coverInFull: false,
    formatOctets: 0,
    unable: [],
    replaces: null,
    fitsToBalance: false,
    leastOutputTokens: 64,
    defaultLimits: null,
    debtLimit: null,
    historyTurns: 10,
    historyOctets: 65_536,
    summaries: true,
    toolOctets: "{}",
    key: null,
    requestHash: null,
  });
  if (opened?.turn !== turn) throw new Error("a turn of the bench did not open");
  const [settled] = await db.run(settleTurn, {
    turn,
    wallet: user,
    actor: user,
    apiKey: null,
    attempt: 1,
    answer: "Less than you think.",
    providerModel: "bench",
    events: JSON.stringify([event()]),
    tools: "[]",
    body: "{",
    lowBalanceThreshold: "5",
    requestId: "bench",
    pruned: false,
    octetsPerToken: null,
    textBound: 39,
    summary: null,
    alias: "default",
    toolTexts: null,
  });
  if (!settled) throw new Error("a turn of the bench did not settle");
}

function event() {
  return {
    id: newId(),
    call_index: 0,
    provider: "bench",
    model_alias: "default",
    provider_model: "bench",
    provider_request_id: null,
    input_tokens_fresh: 20,
    input_tokens_cached: 0,
    output_tokens: 8,
    reasoning_tokens: 0,
    total_tokens: 28,
    oe_tokens_computed: "15",
    multiplier: "1",
    weight_fresh: "0.35",
    weight_cached: "0.1",
    weight_output: "1",
    oe_per_credit: "10000",
    provider_cost_usd: "0.0001",
    credits_burned: "0.0015",
    credits_charged: "0.0015",
    credits_absorbed: "0",
    usd_per_credit: "0.03",
    latency_ms: 1,
    status: "success",
    usage_source: "reported",
    pricing_version: "2026-02-20",
    pricing_revision: "1",
  };
}
