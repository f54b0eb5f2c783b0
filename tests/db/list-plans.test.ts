// A page of a list is read from an index in the list's order, from its beginning and from the middle: nothing is read whole to be sorted.

import { Kysely, PostgresDialect, sql, type CompiledQuery } from "kysely";
import { Pool } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { List } from "@pantheon/contract/page.ts";
import { listActions } from "@pantheon/core/audit/actions.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import type { Schema } from "@pantheon/core/db/schema/schema.ts";
import { listTransactions } from "@pantheon/core/ledger/entries.ts";
import { listAllTopUps } from "@pantheon/core/payments/list.ts";
import { listTopUps } from "@pantheon/core/payments/own-top-ups.ts";
import { listMessages, listTurns } from "@pantheon/core/turns/history.ts";
import { listSessions } from "@pantheon/core/turns/sessions.ts";
import { listUsage } from "@pantheon/core/turns/usage-events.ts";
import { givenHistory } from "../support/given-history.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const USER = "planned";

let world: TestWorld;
let session: string;
let db: Database;
const asked: CompiledQuery[] = [];

beforeAll(async () => {
  world = await testWorld();
  session = await givenHistory(world, USER, 300);
  await sql`vacuum analyze`.execute(world.deps.db.query);
  const pool = new Pool({ connectionString: world.deps.config.databaseUrl, max: 1 });
  const query = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }), log: (event) => void asked.push(event.query) });
  db = { ...world.deps.db, query };
});

afterAll(async () => {
  await db.query.destroy();
  await world.end();
});

const TIME = ["2026-03-01 12:00:00.123456+00", "01932f7d-0000-7000-8000-000000000001"];

const LISTS: readonly (readonly [name: string, index: string, list: () => List<unknown>, middle: readonly string[]])[] = [
  ["sessions", "sessions_user", () => listSessions(db, USER), TIME],
  ["turns", "turns_session", () => listTurns(db, USER, session), TIME],
  ["messages", "turns_position", () => listMessages(db, USER, session), ["100", "1"]],
  ["usage", "llm_call_events_user", () => listUsage(db, USER), TIME],
  ["transactions", "credit_transactions_position", () => listTransactions(db, USER), ["100"]],
  ["top-ups", "top_ups_user", () => listTopUps({ ...world.deps, db }, USER), TIME],
  ["top-ups of one state", "top_ups_status", () => listAllTopUps(db, "quarantined"), TIME],
  ["actions", "admin_actions_newest", () => listActions(db), TIME],
];

it.each(LISTS)("a page of %s is read from %s", async (_name, index, list, middle) => {
  for (const after of [null, middle]) {
    const nodes = await planOf(list(), after);
    expect(nodes.flatMap((node) => node["Index Name"] ?? [])).toEqual([index]);
    expect(nodes.map((node) => node["Node Type"]).filter((type) => type === "Sort" || type === "Seq Scan")).toEqual([]);
  }
});

type Node = { "Node Type": string; "Index Name"?: string; Plans?: Node[] };

/** The nodes of the plan by which a page behind this position is read, where reading a table whole is the last resort. */
async function planOf(list: List<unknown>, after: readonly string[] | null): Promise<Node[]> {
  asked.length = 0;
  await list.read({ limit: 10, offset: 0, after });
  const page = asked.find(({ sql: text }) => /\bposition\b/.test(text));
  if (!page) throw new Error("no page was asked for");
  return db.query.transaction().execute(async (one) => {
    await sql`set local enable_seqscan = off`.execute(one);
    await sql`set local enable_bitmapscan = off`.execute(one);
    const explained = await one.executeQuery<{ "QUERY PLAN": [{ Plan: Node }] }>({ ...page, sql: `explain (format json) ${page.sql}` });
    const [plan] = explained.rows[0]?.["QUERY PLAN"] ?? [];
    const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
    return plan ? nodesOf(plan.Plan) : [];
  });
}
