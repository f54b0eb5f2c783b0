// A page of a list is read from an index in the list's order, from its beginning and from the middle: nothing is read whole to be sorted.

import { Kysely, PostgresDialect, sql, type CompiledQuery } from "kysely";
import { Pool } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { List } from "@pantheon/contract/page.ts";
import { listActions } from "@pantheon/core/audit/actions.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { ALL_TIME } from "@pantheon/core/db/days.ts";
import type { Schema } from "@pantheon/core/db/schema/schema.ts";
import { listFiles } from "@pantheon/core/files/own-files.ts";
import { listTransactions } from "@pantheon/core/ledger/entries.ts";
import { listAllTopUps } from "@pantheon/core/payments/list.ts";
import { listReversals } from "@pantheon/core/payments/reversals.ts";
import { listTopUps } from "@pantheon/core/payments/own-top-ups.ts";
import { listUserTurns } from "@pantheon/core/turns/all-turns.ts";
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
  await sql`
    insert into top_ups (user_id, amount_usd, credits_to_grant, status, created_at)
    select 'payer-' || n % 500, 10, 333.33, 'canceled', now() - n * interval '4 hours'
      from generate_series(1, 5000) as n`.execute(world.deps.db.query);
  await sql`
    insert into uploaded_files (user_id, session_id, filename, mime_type, size_bytes, storage_key, arrives_until, created_at)
    select ${USER}, ${session}::uuid, 'f', 'text/plain', 1, 'files/' || n, now(), now() - n * interval '1 minute'
      from generate_series(1, 3000) as n`.execute(world.deps.db.query);
  await sql`
    with counted as (
      insert into reversal_counts (payment_intent, objects) select 'pi_' || n, 1 from generate_series(1, 3000) as n)
    insert into reversals (object_id, payment_intent, kind, state, amount_minor, created_at)
    select 're_' || n, 'pi_' || n, 'refund', 'succeeded', 100, now() - n * interval '1 hour'
      from generate_series(1, 3000) as n`.execute(world.deps.db.query);
  await sql`insert into file_usage values (${USER}, 3000, 3000)`.execute(world.deps.db.query);
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

const DAYS = { from: "2026-01-01", to: "2026-12-31" };

const ANY = { status: null, user: null, admin: null, days: ALL_TIME };
const ANYBODY = { admin: null, target: null, user: null, days: ALL_TIME };

const LISTS: readonly (readonly [name: string, index: string, list: () => List<unknown>, middle: readonly string[]])[] = [
  ["sessions", "sessions_user", () => listSessions(db, USER), TIME],
  ["turns", "turns_session", () => listTurns(db, USER, session, "preview"), TIME],
  ["messages", "turns_position", () => listMessages(db, USER, session, "preview"), ["100", "1"]],
  ["transactions", "credit_transactions_position", () => listTransactions(db, USER), ["100"]],
  ["top-ups", "top_ups_user", () => listTopUps({ ...world.deps, db }, USER), TIME],
  ["top-ups of one state", "top_ups_status", () => listAllTopUps(db, { ...ANY, status: "quarantined" }), TIME],
  ["actions", "admin_actions_newest", () => listActions(db, ANYBODY), TIME],
  ["an admin's actions of some days", "admin_actions_admin", () => listActions(db, { ...ANYBODY, admin: "root", days: DAYS }), TIME],
  ["actions on a target", "admin_actions_target", () => listActions(db, { ...ANYBODY, target: USER }), TIME],
  ["all top-ups of some days", "top_ups_newest", () => listAllTopUps(db, { ...ANY, days: DAYS }), TIME],
  ["a user's top-ups for an admin", "top_ups_user", () => listAllTopUps(db, { ...ANY, user: USER, days: DAYS }), TIME],
  ["top-ups that an admin resolved", "top_ups_resolved", () => listAllTopUps(db, { ...ANY, admin: "root" }), TIME],
];

it.each(LISTS)("a page of %s is read from %s", async (_name, index, list, middle) => {
  for (const after of [null, middle]) {
    const nodes = await planOf(list(), after);
    expect(nodes.flatMap((node) => node["Index Name"] ?? [])).toEqual([index]);
    expect(nodes.map((node) => node["Node Type"]).filter((type) => type === "Sort" || type === "Seq Scan")).toEqual([]);
  }
});

it("a page of refunds and disputes is read from their index, and their top-ups by their payments", async () => {
  for (const after of [null, [TIME[0] ?? "", "re_1"]]) {
    const nodes = await planOf(listReversals(db, { kind: null, user: null, days: ALL_TIME }), after);
    const indexes = nodes.flatMap((node) => node["Index Name"] ?? []).toSorted();
    expect(indexes).toEqual(["reversals_newest", "top_ups_payment_intent"]);
    expect(nodes.map((node) => node["Node Type"]).filter((type) => type === "Sort" || type === "Seq Scan")).toEqual([]);
  }
});

it("a page of usage is read from its wallet's index, or its key's, and the key of a row by its id", async () => {
  const key = "01932f7d-0000-7000-8000-000000000001";
  const lists = [
    ["llm_call_events_user", () => listUsage(db, USER)],
    ["llm_call_events_user", () => listUsage(db, USER, DAYS)],
    ["llm_call_events_key", () => listUsage(db, USER, DAYS, key)],
  ] as const;
  for (const [index, list] of lists) {
    for (const after of [null, TIME]) {
      const nodes = await planOf(list(), after);
      expect(new Set(nodes.flatMap((node) => node["Index Name"] ?? []))).toEqual(new Set(["api_keys_pkey", index]));
      expect(nodes.map((node) => node["Node Type"])).not.toContain("Sort");
    }
  }
});

it("a page of a session's files is read from their index, and its session by its own", async () => {
  for (const after of [null, TIME]) {
    const nodes = await planOf(await listFiles(db, USER, session), after);
    const indexes = nodes.flatMap((node) => node["Index Name"] ?? []).toSorted();
    expect(indexes).toEqual(["sessions_pkey", "uploaded_files_session"]);
    expect(nodes.map((node) => node["Node Type"]).filter((type) => type === "Sort" || type === "Seq Scan")).toEqual([]);
  }
});

it("transactions of some days are found by halves, and read from the index of their chain alone", async () => {
  for (const after of [null, ["100"]]) {
    const nodes = await planOf(listTransactions(db, USER, "owner", DAYS), after);
    const indexes = new Set(nodes.flatMap((node) => node["Index Name"] ?? []));
    expect([...indexes].toSorted()).toEqual(["credit_transactions_position", "credit_wallets_pkey"]);
    expect(nodes.map((node) => node["Node Type"]).filter((type) => type === "Sort" || type === "Seq Scan")).toEqual([]);
  }
});

it("a user's turns are read from their index, and what each cost for the rows of the page alone", async () => {
  const nodes = await planOf(listUserTurns(db, USER, DAYS), null);
  expect(nodes.flatMap((node) => node["Index Name"] ?? []).toSorted()).toEqual(["llm_call_events_call", "turns_user"]);
  expect(nodes.filter((node) => node["Node Type"] === "Seq Scan")).toEqual([]);
});

it("actions about a user are looked up by their targets", async () => {
  const nodes = await planOf(listActions(db, { ...ANYBODY, user: USER }), null);
  const indexes = nodes.flatMap((node) => node["Index Name"] ?? []);
  expect([indexes.includes("top_ups_user"), nodes.some((node) => node["Node Type"] === "Seq Scan")]).toEqual([true, false]);
});

type Node = { "Node Type": string; "Index Name"?: string; Plans?: Node[] };

/** The nodes of the plan by which a page behind this position is read, where reading a table whole, and sorting it, is the last resort. */
async function planOf(list: List<unknown>, after: readonly string[] | null): Promise<Node[]> {
  asked.length = 0;
  await list.read({ limit: 10, offset: 0, after });
  const page = asked.find(({ sql: text }) => /\bposition\b/.test(text));
  if (!page) throw new Error("no page was asked for");
  return db.query.transaction().execute(async (one) => {
    await sql`set local enable_seqscan = off`.execute(one);
    await sql`set local enable_bitmapscan = off`.execute(one);
    await sql`set local enable_sort = off`.execute(one); // of an empty table a sort costs nothing
    const explained = await one.executeQuery<{ "QUERY PLAN": [{ Plan: Node }] }>({ ...page, sql: `explain (format json) ${page.sql}` });
    const [plan] = explained.rows[0]?.["QUERY PLAN"] ?? [];
    const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
    return plan ? nodesOf(plan.Plan) : [];
  });
}
