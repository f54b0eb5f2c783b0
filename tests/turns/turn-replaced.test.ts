// A turn that stands in for an earlier one: both stay, each with its own receipt, and of a place in the history the newest counts.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { givenSession, runTurn } from "../support/given.ts";
import { debitsOf, pictureOf, turnsOf } from "../support/ledger.ts";
import { streamed } from "../support/streamed-turn.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld();
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await world.assertLedger();
});
afterAll(() => world.end());

async function say(message: string, replaces?: string): Promise<Json> {
  const { status, json } = await runTurn(world, session, { user, message, ...(replaces !== undefined && { more: { replaces } }) });
  expect(status).toBe(201);
  return json;
}

/** What people said, as the model was told it in the last call. */
function told(): string[] {
  return (world.provider.requests.at(-1)?.messages ?? []).filter(({ role }) => role === "user").map(({ content }) => content);
}

/** All that a refusal says, but for the id of its request. */
function bare({ json: { request_id: _id, ...rest } }: { json: Json }): Json {
  return rest;
}

test("the model is shown what came before the replaced turn, and from then on the newer one in its place", async () => {
  const [one, two] = [await say("One."), await say("Two.")];
  const again = await say("Two, again.", two.id);
  expect(told()).toEqual(["One.", "Two, again."]);
  expect([one.replaces, again.replaces, again.turn_index]).toEqual([null, two.id, 3]);
  await say("Three.");
  expect(told()).toEqual(["One.", "Two, again.", "Three."]);
});

test("a place may be answered anew as often as one likes, by any of its turns, also in the middle: the newest counts, the order stays", async () => {
  const [one, two] = [await say("One."), await say("Two.")];
  await say("Three.");
  const first = await say("Two, again.", two.id);
  expect(told()).toEqual(["One.", "Two, again."]);
  await say("Two, once more.", two.id);
  await say("Two, at last.", first.id);
  expect(told()).toEqual(["One.", "Two, at last."]);
  await say("One, again.", one.id);
  expect(told()).toEqual(["One, again."]);
  await say("Four.");
  expect(told()).toEqual(["One, again.", "Two, at last.", "Three.", "Four."]);
  expect((await turnsOf(world, user)).map(({ turn_index: index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("both stay: in the lists, in the messages, each with its debit and its receipt", async () => {
  const first = await say("One.");
  const second = await say("One, again.", first.id);
  const { json: turns } = await world.call("GET", `/api/v1/sessions/${session}/turns`, { user });
  expect(turns.turns.map(({ id, replaces }: Json) => [id, replaces])).toEqual([
    [second.id, first.id],
    [first.id, null],
  ]);
  expect((await world.call("GET", `/api/v1/sessions/${session}/messages`, { user })).json.total).toBe(4);
  for (const debit of await debitsOf(world, user)) {
    const { json } = await world.call("GET", `/api/v1/users/me/transactions/${debit.id}/receipt`, { user });
    expect(json.matches).toBe(true);
  }
  expect(await debitsOf(world, user)).toHaveLength(2);
});

test("a stream replaces too, and a repeat of its key replaces nothing again", async () => {
  const first = await say("One.");
  const options = { user, key: "k", message: "One, again.", more: { replaces: first.id } };
  const events = await (await streamed(world, world.deps, session, options)).rest();
  expect(events.at(-1)).toMatchObject({ type: "done", replaces: first.id, turn_index: 2 });
  const repeat = await streamed(world, world.deps, session, options);
  expect([repeat.response.headers.get("Idempotency-Replayed"), (await repeat.rest()).at(-1).id]).toEqual(["true", events.at(-1).id]);
  expect(await turnsOf(world, user)).toHaveLength(2);
});

test("an attempt that failed replaces nothing, and the same key stands in for the same turn when it runs again", async () => {
  const [one] = [await say("One."), await say("Two.")];
  world.provider.behave(MODEL, "fake-400");
  const again = { user, key: "k", message: "One, again.", more: { replaces: one.id } };
  expect((await runTurn(world, session, again)).status).toBe(502);
  world.provider.behave(MODEL, null);
  await say("Three.");
  expect(told()).toEqual(["One.", "Two.", "Three."]);
  expect((await runTurn(world, session, again)).json).toMatchObject({ replaces: one.id, turn_index: 4 });
  expect(told()).toEqual(["One, again."]);
  await say("Four.");
  expect(told()).toEqual(["One, again.", "Two.", "Three.", "Four."]);
});

test("a turn that is not of this session is as unknown as one that never was; one that was not answered cannot be replaced", async () => {
  await say("One.");
  const elsewhere = await runTurn(world, await givenSession(world, user), { user });
  const foreign = await runTurn(world, await givenSession(world, `${user}-other`), { user: `${user}-other` });
  world.provider.behave(MODEL, "fake-400");
  await runTurn(world, session, { user, message: "Lost." });
  world.provider.behave(MODEL, null);
  const failed = (await turnsOf(world, user)).find(({ status, session_id: its }) => status === "failed" && its === session);
  const before = await pictureOf(world);
  const ask = (replaces: string) => runTurn(world, session, { user, message: "Again.", more: { replaces } });
  const unknown = await ask(newId());
  expect([unknown.status, unknown.json.code, unknown.json.detail]).toEqual([404, "not_found", "Turn not found."]);
  for (const id of [elsewhere.json.id, foreign.json.id]) expect(bare(await ask(id))).toEqual(bare(unknown));
  expect(await ask(failed?.id ?? "")).toMatchObject({ status: 422, json: { code: "invalid_request", errors: [{ path: "replaces" }] } });
  expect((await ask("not-an-id")).status).toBe(422);
  expect(await pictureOf(world)).toBe(before);
});

// Its index is that of the whole session, not of the part that the model is shown: or the two would meet in it for ever.
test("of ten that replace one turn at once one runs and the others are told that the session is busy, and the next one runs", async () => {
  const [one] = [await say("One."), await say("Two."), await say("Three.")];
  world.provider.behave(MODEL, "fake-slow-300");
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => runTurn(world, session, { user, message: "One, again.", more: { replaces: one.id } })),
  );
  const ran = answers.filter(({ status }) => status === 201);
  expect(answers.filter(({ status, json }) => status !== 201 && json.code !== "session_busy")).toEqual([]);
  expect(ran.map(({ json }) => json.turn_index)).toEqual(ran.map((_, index) => index + 4));
  world.provider.behave(MODEL, null);
  await say("Four.");
  expect(told()).toEqual(["One, again.", "Two.", "Three.", "Four."]);
});
