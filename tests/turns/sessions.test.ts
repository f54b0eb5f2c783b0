// Sessions: opened with their rules, listed newest first, deleted for good as far as their owner can see.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isId, newId } from "@pantheon/contract/id.ts";
import { requestHash } from "@pantheon/edge/input/idempotency-key.ts";
import { givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { testWorld, type Answer, type TestWorld, type Json } from "../support/world.ts";

const SESSIONS = "/api/v1/sessions";
const ALIASES = "claude-haiku, claude-sonnet, deepseek, default, gemini-flash, gemini-pro, gpt-4o, gpt-4o-mini";
let world: TestWorld;

beforeAll(async () => {
  world = await testWorld({ models: modelsWith("fake-new") });
});

afterAll(() => world.end());

const open = (body: unknown, user = "ada"): Promise<Answer> => world.call("POST", SESSIONS, { user, body });

describe("opening a session", () => {
  it("with nothing said takes every default, and answers exactly the session", async () => {
    const { status, json } = await open({}, "ada");
    expect(status).toBe(201);
    expect(json).toEqual({
      id: json.id,
      title: null,
      model_alias: "default",
      system_prompt: null,
      tools: [],
      auto_aliases: null,
      started_by_user_id: "ada",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      deleted_at: null,
    });
    expect(isId(json.id) && json.id[14] === "7").toBe(true); // UUIDv7: sortable by time
    expect((await world.call("GET", `${SESSIONS}/${json.id}`)).json).toEqual(json);
  });

  it("keeps what was said, trimmed", async () => {
    const said = { title: "  Ünïcode 😀\n", model_alias: " claude-haiku ", system_prompt: "\tBe brief. ", tools: [] };
    const { json } = await open(said);
    const kept = { title: "Ünïcode 😀", model_alias: "claude-haiku", system_prompt: "Be brief.", tools: [] };
    expect(json).toMatchObject(kept);
    expect((await world.call("GET", `${SESSIONS}/${json.id}`)).json).toEqual(json);
    const { system_prompt: prompt, ...listed } = json;
    const list = await world.call("GET", `${SESSIONS}?limit=200`);
    expect(list.json.sessions.find(({ id }: Json) => id === json.id)).toEqual(listed); // a list carries no prompts
    expect(list.text).not.toContain(prompt);
  });

  it("takes a null for no title and no system prompt", async () => {
    expect((await open({ title: null, system_prompt: null })).json).toMatchObject({ title: null, system_prompt: null });
  });

  it("refuses an alias that cannot run, and names those that can", async () => {
    const before = await sessionCount();
    const { status, json } = await open({ model_alias: "no-such-model" });
    expect([status, json.code, json.detail]).toEqual([422, "unknown_model_alias", "Unknown model alias."]);
    expect(json.errors).toEqual([{ path: "model_alias", message: `must be one of ${ALIASES}` }]);
    expect(await sessionCount()).toEqual(before);
    const turn = await runTurn(world, await givenSession(world), { alias: "no-such-model" });
    expect([turn.status, turn.json.code]).toEqual([422, "unknown_model_alias"]);
    expect(turn.json.errors).toEqual([{ path: "model_alias_override", message: `must be one of ${ALIASES}` }]);
  });

  it("looks again before it refuses an alias: another container may have priced it since", async () => {
    expect((await open({ model_alias: "fake-new" })).status).toBe(422);
    await givenPrice(world, "fake-new", "2");
    expect((await open({ model_alias: "fake-new" })).status).toBe(201);
  });

  it("answers a key again whose alias or tools are refused today", async () => {
    const body = JSON.stringify({ stored: "then" });
    const asked = { title: "Then", model_alias: "gone", tools: ["search"] };
    const row = { user_id: "ada", key: "then", request_hash: requestHash("POST", SESSIONS, asked), status: 201, body };
    await world.deps.db.query.insertInto("idempotency_keys").values(row).execute();
    const answer = await world.call("POST", SESSIONS, { user: "ada", body: asked, key: "then" });
    expect([answer.status, answer.text]).toEqual([201, body]);
  });

  it("runs the session's own alias when the override is null", async () => {
    const session = (await open({ model_alias: "claude-haiku" })).json.id;
    const body = { message: "Hi.", model_alias_override: null };
    const { status, json } = await world.call("POST", `${SESSIONS}/${session}/turns`, { user: "ada", body });
    expect([status, json.model_alias_used]).toEqual([201, "claude-haiku"]);
  });

  it("is the act of whoever the token names, however the id is spelled", async () => {
    const user = "auth0|☃ Zoë".padEnd(64, "x");
    const { json } = await open({}, user);
    expect(json.started_by_user_id).toBe(user);
    expect((await world.call("GET", SESSIONS, { user })).json.sessions).toMatchObject([{ id: json.id, started_by_user_id: user }]);
  });

  it("makes the wallet that turns will draw on, once and empty", async () => {
    await open({}, "first");
    await open({}, "first");
    const wallets = await world.deps.db.query.selectFrom("credit_wallets").selectAll().where("user_id", "=", "first").execute();
    expect(wallets).toEqual([expect.objectContaining({ balance: "0.00000000", held: "0.00000000", seq: "0" })]);
  });

  const longest = { title: "😀".repeat(200), system_prompt: "😀".repeat(32_000) };

  it("takes texts of the greatest length, counted in characters", async () => {
    expect((await open(longest)).json).toMatchObject(longest);
  });

  it.each([
    ["a title that is too long", { title: "😀".repeat(201) }, "title"],
    ["a blank title", { title: " \n\u3000" }, "title"],
    ["an empty title", { title: "" }, "title"],
    ["a number as title", { title: 7 }, "title"],
    ["an alias that is too long", { model_alias: "é".repeat(65) }, "model_alias"],
    ["a blank alias", { model_alias: " " }, "model_alias"],
    ["no alias at all", { model_alias: null }, "model_alias"],
    ["a system prompt that is too long", { system_prompt: "x".repeat(32_001) }, "system_prompt"],
    ["a blank system prompt", { system_prompt: "\t" }, "system_prompt"],
    ["a tool twice", { tools: ["search", "file_read", "search"] }, "tools"],
    ["an unknown tool", { tools: ["search", "shell"] }, "tools.1"],
    ["a tool that every object has", { tools: ["constructor"] }, "tools.0"],
    ["a tool in capitals", { tools: ["Search"] }, "tools.0"],
    ["a single tool", { tools: "search" }, "tools"],
    ["null tools", { tools: null }, "tools"],
  ])("refuses %s, and says where", async (_what, body, path) => {
    const before = await sessionCount();
    const { status, json } = await open(body);
    expect([status, json.code, json.errors]).toEqual([422, "invalid_request", [{ path, message: expect.any(String) }]]);
    expect(await sessionCount()).toEqual(before);
  });
});

describe("listing sessions", () => {
  it("shows one's own, newest first, without those that were deleted", async () => {
    const [first, second, third] = [await givenSession(world, "lia"), await givenSession(world, "lia"), await givenSession(world, "lia")];
    await world.call("DELETE", `${SESSIONS}/${second}`, { user: "lia" });
    const { json } = await world.call("GET", SESSIONS, { user: "lia" });
    expect([ids(json.sessions), json.total, json.next_cursor]).toEqual([[third, first], 2, null]);
  });

  it("of somebody new is empty", async () => {
    expect((await world.call("GET", SESSIONS, { user: "nobody-yet" })).json).toEqual({ sessions: [], total: 0, next_cursor: null });
  });
});

describe("a deleted session", () => {
  it("is gone for its owner in every way, with the answer of an id that never was", async () => {
    const session = await givenSession(world, "mia");
    expect((await runTurn(world, session, { user: "mia" })).status).toBe(201);
    const deleted = await world.call("DELETE", `${SESSIONS}/${session}`, { user: "mia" });
    expect([deleted.status, deleted.text, deleted.headers.get("content-type")]).toEqual([204, "", null]);
    const calls = world.provider.calls();
    for (const [method, rest, body] of WAYS) {
      const gone = await askAs("mia", method, `${SESSIONS}/${session}${rest}`, body);
      expect(gone).toEqual(await askAs("mia", method, `${SESSIONS}/${newId()}${rest}`, body));
      expect(gone).toMatchObject({ status: 404, body: { code: "not_found", detail: "Session not found." } });
    }
    expect(world.provider.calls()).toBe(calls);
  });

  it("keeps its rows: what was charged stays explained", async () => {
    const session = await givenSession(world, "noa");
    const turn = await runTurn(world, session, { user: "noa" });
    await world.call("DELETE", `${SESSIONS}/${session}`, { user: "noa" });
    const { json } = await world.call("GET", "/api/v1/users/me/transactions", { user: "noa" });
    expect(json.transactions[0].reference_id).toBe(turn.json.id);
    const receipt = await world.call("GET", `/api/v1/users/me/transactions/${json.transactions[0].id}/receipt`, { user: "noa" });
    expect(receipt.json.matches).toBe(true);
  });

  it("cannot be deleted by anybody else before", async () => {
    const session = await givenSession(world, "ona");
    expect((await world.call("DELETE", `${SESSIONS}/${session}`, { user: "mia" })).status).toBe(404);
    expect((await world.call("GET", `${SESSIONS}/${session}`, { user: "ona" })).status).toBe(200);
  });

  it("is deleted by exactly one of many who try at once", async () => {
    const session = await givenSession(world, "pia");
    const tries = await Promise.all(Array.from({ length: 20 }, () => world.call("DELETE", `${SESSIONS}/${session}`, { user: "pia" })));
    expect(tries.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, ...Array.from({ length: 19 }, () => 404)]);
  });

  it("was asked for without a body: an empty object says the same, anything else is refused and nothing is deleted", async () => {
    const session = await givenSession(world, "qia");
    const ask = (raw: string) => world.call("DELETE", `${SESSIONS}/${session}`, { user: "qia", raw, key: "stray" });
    expect([(await ask("{")).status, (await ask('{"force":true}')).status, (await ask("[]")).status]).toEqual([400, 422, 422]);
    expect((await world.call("GET", `${SESSIONS}/${session}`, { user: "qia" })).status).toBe(200);
    expect((await ask("{}")).status).toBe(204);
    const again = await world.call("DELETE", `${SESSIONS}/${session}`, { user: "qia", key: "stray" });
    expect([again.status, again.headers.get("Idempotency-Replayed")]).toEqual([204, "true"]);
  });
});

const WAYS: readonly (readonly [method: string, rest: string, body?: unknown])[] = [
  ["GET", ""],
  ["DELETE", ""],
  ["GET", "/turns"],
  ["GET", "/messages"],
  ["POST", "/turns", { message: "hello?" }],
];

async function askAs(user: string, method: string, path: string, body: unknown) {
  const answer = await world.call(method, path, { user, ...(body !== undefined && { body }) });
  const { request_id: _id, ...rest } = answer.json;
  return { status: answer.status, body: rest };
}

function ids(rows: { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}

async function sessionCount(): Promise<unknown> {
  return world.deps.db.query
    .selectFrom("sessions")
    .select((column) => column.fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
}
