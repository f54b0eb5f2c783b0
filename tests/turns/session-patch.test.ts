// A session's title, model and prompt as their owner changes them: what is said changes, the rest stays, and the very next turn is bound.

import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { givenModelAsked, givenSession, runTurn } from "../support/given.ts";
import { watchServer } from "../support/server-watch.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld();
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user, { title: "Old", system_prompt: "Be brief." });
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const patch = (body: unknown, options: { key?: string; id?: string; as?: string } = {}): Promise<Answer> =>
  world.call("PATCH", `/api/v1/sessions/${options.id ?? session}`, {
    user: options.as ?? user,
    body,
    ...(options.key !== undefined && { key: options.key }),
  });
const read = async () => (await world.call("GET", `/api/v1/sessions/${session}`, { user })).json;

test("what is said changes, what is not stays, and null clears", async () => {
  const before = await read();
  const renamed = await patch({ title: "  New " });
  expect([renamed.status, renamed.json]).toEqual([200, { ...before, title: "New" }]);
  expect((await patch({ model_alias: "claude-haiku", system_prompt: "Be long." })).json).toEqual({
    ...before,
    title: "New",
    model_alias: "claude-haiku",
    system_prompt: "Be long.",
  });
  const cleared = await patch({ title: null, system_prompt: null });
  expect(cleared.json).toMatchObject({ title: null, system_prompt: null, model_alias: "claude-haiku" });
  expect(await read()).toEqual(cleared.json);
});

test("its tools and who may be named for it change too, and an alias that cannot be run is refused", async () => {
  const LISTED = { auto_aliases: ["gpt-4o", "deepseek"], tools: ["search"] };
  expect((await patch(LISTED)).json).toMatchObject(LISTED);
  expect((await patch({ tools: ["file_read"] })).json).toMatchObject({ ...LISTED, tools: ["file_read"] });
  expect((await patch({ auto_aliases: ["deepseek"], tools: [] })).json).toMatchObject({ auto_aliases: ["deepseek"], tools: [] });
  expect((await patch({ title: "T" })).json).toMatchObject({ auto_aliases: ["deepseek"], tools: [], title: "T" });
  expect(await read()).toMatchObject({ auto_aliases: ["deepseek"], tools: [] });
  expect((await patch({ auto_aliases: null })).json).toMatchObject({ auto_aliases: null });
  for (const auto_aliases of [[], ["default", "default"], "default", Array.from({ length: 21 }, (_, at) => `a${at}`)]) {
    expect([auto_aliases, (await patch({ auto_aliases })).status]).toEqual([auto_aliases, 422]);
  }
  expect((await patch({ auto_aliases: ["default", "nobody"] })).json).toMatchObject({
    code: "unknown_model_alias",
    errors: [{ path: "auto_aliases.1" }],
  });
  expect((await patch({ tools: ["search", "search"] })).status).toBe(422);
  expect((await world.call("POST", "/api/v1/sessions", { user, body: { auto_aliases: ["nobody"] } })).status).toBe(422);
});

test("model and prompt bind the very next turn, and not one that runs", async () => {
  world.provider.behave("openai/gpt-4o-mini", "fake-slow-200");
  const running = await givenModelAsked(world, () => runTurn(world, session, { user }));
  expect((await patch({ model_alias: "claude-haiku", system_prompt: "Be long." })).status).toBe(200);
  expect((await running.answer).json).toMatchObject({ status: "completed", model_alias_used: "default" });
  world.provider.behave("openai/gpt-4o-mini", null);
  expect((await runTurn(world, session, { user })).json).toMatchObject({ model_alias_used: "claude-haiku", turn_index: 2 });
  expect(world.provider.requests.at(-1)?.messages[0]).toEqual({ role: "system", content: "Be long." });
});

test("a repeat of a key is answered as it was, also after another change, and another request under it is refused", async () => {
  const first = await patch({ title: "First" }, { key: "k" });
  await patch({ title: "Second" });
  const again = await patch({ title: "First" }, { key: "k" });
  expect([again.status, again.text, again.headers.get("Idempotency-Replayed")]).toEqual([200, first.text, "true"]);
  expect((await read()).title).toBe("Second");
  expect((await patch({ title: "Third" }, { key: "k" })).json.code).toBe("idempotency_key_reused");
});

// Each answer is stored as it is told: one that lost another's change would say what never was. All of them have read the session before
// the first of them writes it.
test("of changes that are made at once none is lost: each answer is what the session was then", async () => {
  const changes = [{ title: "T" }, { model_alias: "gpt-4o" }, { system_prompt: "P" }];
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  const server = await watchServer(world.databaseUrl);
  const lookout = server.lookout();
  await client.query("begin");
  await client.query("select from sessions where id = $1 for update", [session]);
  const patching = Promise.all(changes.map((change) => patch(change)));
  while (lookout.seen.waiting < changes.length) await sleep(5);
  await client.end();
  const answers = await patching;
  await lookout.stop();
  await server.end();
  expect(answers.map(({ status }) => status)).toEqual(changes.map(() => 200));
  for (const [index, change] of changes.entries()) expect(answers[index]?.json).toMatchObject(change);
  expect(await read()).toMatchObject({ title: "T", model_alias: "gpt-4o", system_prompt: "P" });
});

test("nobody else's session is changed, nor one that is deleted, and a key is not taken by that", async () => {
  for (const options of [{ as: "mallory" }, { id: newId() }, { as: "mallory", key: "k" }]) {
    expect((await patch({ title: "Mine" }, options)).status).toBe(404);
  }
  expect((await read()).title).toBe("Old");
  await world.call("DELETE", `/api/v1/sessions/${session}`, { user });
  expect((await patch({ title: "New" }, { key: "k" })).status).toBe(404);
  const other = await givenSession(world, user);
  expect((await patch({ title: "New" }, { key: "k", id: other })).status).toBe(200);
});

test.each<[string, unknown]>([
  ["nothing", {}],
  ["a title that is too long", { title: "x".repeat(201) }],
  ["an empty alias", { model_alias: " " }],
  ["no alias", { model_alias: null }],
  ["an alias that cannot be run", { model_alias: "no-such-model" }],
  ["a tool that there is not", { tools: ["shell"] }],
  ["its owner", { started_by_user_id: "mallory" }],
])("%s is refused", async (_name, body) => {
  expect((await patch(body)).status).toBe(422);
  expect((await read()).title).toBe("Old");
});
