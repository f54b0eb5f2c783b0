// All that is kept of a person, as they may have it: every word that they ever wrote, everything that came of it, and nothing of anybody
// else. A table that keeps something of people has its row here.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DATA_TYPES } from "@pantheon/contract/vocabulary.ts";
import { encodeCursor } from "@pantheon/edge/input/list-query.ts";
import { operate, refusalOf, ROOT } from "../support/admin.ts";
import { clientOf } from "../support/client.ts";
import { givenFile } from "../support/given-file.ts";
import { givenKey } from "../support/given-key.ts";
import { givenSession, runTurn } from "../support/given.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

const ADDRESS = "/api/v1/users/me/data";

/** Where each table's rows of a person are told, or why they are not. */
const TABLES: Readonly<Record<string, string>> = {
  users: "person",
  file_usage: "person",
  session_usage: "person",
  credit_wallets: "wallet",
  api_keys: "key",
  top_ups: "top_up",
  reversals: "top_up",
  credit_transactions: "transaction",
  usage_daily: "day",
  llm_call_events: "call",
  sessions: "session",
  session_summaries: "session",
  turns: "turn",
  tool_call_events: "turn",
  uploaded_files: "file",
  idempotency_keys: "stored_response",
  admin_reads: "read_by_admin",
  admin_actions: "what admins did: theirs is the word; what came of it is told",
  admin_grant_days: "what admins granted",
  grant_proposals: "what admins proposed; what came of it is a transaction",
  lost_answers: "what an answer that nobody got cost us",
  reversal_counts: "how many rows of reversals there are",
  stripe_events: "what Stripe told us; what came of it is the top-up's",
  usage_totals: "of nobody",
  maintenance_runs: "of nobody",
  pricing_versions: "of nobody",
  model_pricing: "of nobody",
  runtime_settings: "of nobody",
  migration_checksums: "of nobody",
  kysely_migration: "of nobody",
  kysely_migration_lock: "of nobody",
};

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: ROOT } });
  for (const user of ["ada", "bob"]) await everythingOf(user);
});
afterAll(() => world.end());

/** Everything that somebody can leave behind, each with a word of their own. */
async function everythingOf(user: string): Promise<void> {
  const word = wordsOf(user);
  const client = clientOf(world, user);
  await operate(world, `POST wallets/${user}/grant`, { body: { amount: "50", note: word("note"), create: true } });
  const session = await givenSession(world, user, { title: word("title"), system_prompt: word("prompt") });
  expect((await runTurn(world, session, { user, message: word("message"), key: word("turnkey") })).status).toBe(201);
  await client.sessions.patch(session, { title: word("newtitle") }, { key: word("patchkey") });
  await givenFile(world, session, `${word("filetext")} `.repeat(1_500), { user, filename: word("filename") });
  const key = await givenKey(world, user, { name: word("keyname") });
  const call = { model: "default", messages: [{ role: "user", content: word("call") }] };
  const headers = { ...key.headers, "Idempotency-Key": word("callkey") };
  expect((await world.call("POST", "/v1/chat/completions", { user: null, body: call, headers })).status).toBe(200);
  await client.topUps.start({ amount_usd: "10" }, { key: word("topupkey") });
  await client.account.setLimits({ credits_per_day: "50" });
  const gone = await givenSession(world, user, { title: word("deleted") });
  await client.sessions.delete(gone);
  await sql`update users set suspension_reason = ${word("reason")}, suspended_at = now(), email = ${word("email")} where id = ${user}`.execute(
    world.owner.query,
  );
  await sql`update turns set tool_texts = jsonb_build_array(jsonb_build_object('result', ${word("tool")}::text))
             where session_id = ${session}::uuid`.execute(world.owner.query);
  await sql`insert into session_summaries (session_id, text, text_bound, through_place, seen_index, turn_id, model_alias)
            values (${session}::uuid, ${word("summary")}, 9, 1, 1, uuidv7(), 'default')`.execute(world.owner.query);
  await operate(world, `GET users/${user}`);
}

const wordsOf = (user: string) => (what: string) => `canary-${user}-${what}`;

/** Every record, as a person walks them page by page. */
async function walk(user: string, limit: number): Promise<Json[]> {
  const records: Json[] = [];
  for (let cursor = ""; ;) {
    const { status, json } = await world.call("GET", `${ADDRESS}?limit=${limit}${cursor}`, { user });
    expect(status).toBe(200);
    expect(json.records.length).toBeLessThanOrEqual(limit);
    records.push(...json.records);
    if (json.next_cursor === null) return records;
    cursor = `&cursor=${json.next_cursor}`;
  }
}

const figures = (records: Json[]) => records.filter(({ type }) => ["transaction", "call", "day", "top_up"].includes(type));
const canariesIn = (text: string, user: string) => [...new Set(text.match(new RegExp(`canary-${user}-[a-z]+`, "g")))].toSorted();

/** How many rows of a table are ada's. */
async function counted(table: string, column = "user_id"): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)} where ${sql.ref(column)} = 'ada'`.execute(
    world.owner.query,
  );
  return rows[0]?.n ?? 0;
}

/** The words of somebody that stand anywhere in the database. */
async function kept(user: string): Promise<string[]> {
  const texts = await Promise.all(
    Object.keys(TABLES).map((name) => sql<{ text: string }>`select t::text as text from ${sql.table(name)} t`.execute(world.owner.query)),
  );
  return canariesIn(JSON.stringify(texts.map(({ rows }) => rows)), user);
}

describe("what is handed out of a person", () => {
  it("has every word of theirs that is anywhere in the database, and none of anybody else", async () => {
    const text = JSON.stringify(await walk("ada", 200));
    const words = await kept("ada");
    expect(words.length).toBeGreaterThanOrEqual(17);
    expect(canariesIn(text, "ada")).toEqual(words);
    expect(text).not.toContain("bob");
    for (const secret of ["hash", "claim", "provider_cost", "storage_key"]) expect(text).not.toContain(secret);
  });

  it("has a record of every type, and every row of theirs once", async () => {
    const records = await walk("ada", 200);
    expect([...new Set(records.map(({ type }) => type))]).toEqual(DATA_TYPES);
    const told = (type: string) => records.filter((record) => record.type === type).length;
    for (const [table, type] of Object.entries(TABLES)) {
      if (!["transaction", "top_up", "session", "turn", "file", "key", "call", "day", "stored_response"].includes(type)) continue;
      if (["reversals", "session_summaries", "tool_call_events"].includes(table)) continue; // within another record
      expect([table, told(type)]).toEqual([table, await counted(table)]);
    }
    expect(told("read_by_admin")).toBe(await counted("admin_reads", "target"));
  });

  it("says amounts, times and numbers as the contract does", async () => {
    const records = await walk("ada", 200);
    const first = (type: string) => records.find((record) => record.type === type).data;
    expect(first("wallet")).toMatchObject({ balance: expect.stringMatching(/^\d+(\.\d*[1-9])?$/), limits_own: { credits_per_day: "50" } });
    expect(first("transaction")).toMatchObject({ amount: expect.stringMatching(/^-?\d/), created_at: expect.stringMatching(/Z$/) });
    expect(first("top_up")).toMatchObject({ amount_usd: "10", credits_to_grant: "333.33", taken_back: [] });
    expect(first("call")).toMatchObject({ input_tokens_fresh: expect.any(Number), multiplier: expect.any(String) });
    expect(first("key")).toMatchObject({ prefix: expect.any(String), name: "canary-ada-keyname" });
  });

  it("is the same in small pages as in large ones", async () => {
    expect(await walk("ada", 2)).toEqual(await walk("ada", 200));
  });

  it("comes in pages that a function can send, however much there is", async () => {
    await givenSession(world, "cleo");
    await sql`insert into sessions (user_id, title, system_prompt)
              select 'cleo', 't', repeat(chr(34), 32000) from generate_series(1, 100)`.execute(world.owner.query);
    let [cursor, sessions, pages] = ["", 0, 0];
    do {
      const { text, json } = await world.call("GET", `${ADDRESS}?limit=200${cursor}`, { user: "cleo" });
      expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThan(5 * 1024 * 1024);
      sessions += json.records.filter(({ type }: Json) => type === "session").length;
      cursor = `&cursor=${json.next_cursor}`;
      pages += 1;
    } while (!cursor.endsWith("null"));
    expect([sessions, pages > 2]).toEqual([101, true]);
  });

  it("is walked by the client to its end", async () => {
    const types = new Set<string>();
    for await (const { type } of clientOf(world, "ada").account.data.each({ limit: 3 })) types.add(type);
    expect([...types]).toEqual(DATA_TYPES);
  });

  it("is nothing of a person who was never here", async () => {
    expect((await world.call("GET", ADDRESS, { user: "nobody" })).json).toEqual({ records: [], next_cursor: null });
  });

  it("knows no cursor of anybody else, of another list, or of a type that there is not", async () => {
    const { json } = await world.call("GET", `${ADDRESS}?limit=1`, { user: "bob" });
    const sessions = await world.call("GET", "/api/v1/sessions?limit=1", { user: "ada" });
    for (const cursor of [json.next_cursor, sessions.json.next_cursor ?? "AAAA", "AAAA"]) {
      expect(refusalOf(await world.call("GET", `${ADDRESS}?cursor=${cursor}`, { user: "ada" }))).toBe("422 invalid_request at cursor");
    }
    expect(refusalOf(await world.call("GET", `${ADDRESS}?offset=1`, { user: "ada" }))).toBe("422 invalid_request at offset");
  });

  it("knows no cursor that somebody made up for another type", async () => {
    const types = ["person", "transaction", "session", "file_page"].map((type) => DATA_TYPES.indexOf(type as "person"));
    for (const index of [...types, DATA_TYPES.length, -1, "x"]) {
      const cursor = encodeCursor(`${ADDRESS} ada`, [String(index), "a word", "another"]);
      expect(refusalOf(await world.call("GET", `${ADDRESS}?cursor=${cursor}`, { user: "ada" }))).toBe("422 invalid_request at cursor");
    }
  });

  it("is asked for with a token, and by no API key", async () => {
    const key = await givenKey(world, "dan");
    expect((await world.call("GET", ADDRESS, { user: null, headers: key.headers })).status).toBe(403);
    expect((await world.call("GET", ADDRESS, { user: null })).status).toBe(401);
  });

  it("is what is kept, once the texts were erased: figures, and no word but what the ledger has", async () => {
    const before = await walk("bob", 200);
    expect((await clientOf(world, "bob").account.eraseData()).complete).toBe(true);
    const after = await walk("bob", 200);
    expect(canariesIn(JSON.stringify(after), "bob")).toEqual(await kept("bob"));
    expect(figures(after)).toEqual(figures(before));
    const turns = after.filter(({ type }) => type === "turn").map(({ data }) => data);
    expect(turns.length).toBeGreaterThan(0);
    expect(turns.filter(({ user_input: said, assistant_output: answer }) => said !== "" || answer !== "")).toEqual([]);
  });
});

describe("a table of the database", () => {
  it("is told of, or it is said why not", async () => {
    const { rows } = await sql<{ name: string }>`
      select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(world.owner.query);
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(TABLES).toSorted());
  });
});
