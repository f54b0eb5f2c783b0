// One key, one turn: asked once, charged once, and answered with the same bytes for ever; and what does not use up a key.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { amount } from "@pantheon/contract/money.ts";
import { givenContainer } from "../support/container.ts";
import { openDirectly } from "../support/direct-turn.ts";
import { givenCredits, givenEnforcement, givenModelAsked, givenPrice, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, eventsOf, lapse, pictureOf, turnsOf, walletOf } from "../support/ledger.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
let users = 0;
beforeAll(async () => {
  world = await testWorld();
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await givenEnforcement(world, null);
  await givenPrice(world, "default", "1");
  await world.assertLedger();
});
afterAll(() => world.end());

/** A user of a test's own, with a session and 10 credits. */
async function givenUser(credits: string | null = "10"): Promise<{ user: string; session: string }> {
  const user = `user-${(users += 1)}`;
  const session = await givenSession(world, user);
  if (credits !== null) await givenCredits(world, user, credits);
  return { user, session };
}

function expectReplay(answer: Answer, first: Answer): void {
  expect(answer.status).toBe(201);
  expect(answer.headers.get("Idempotency-Replayed")).toBe("true");
  expect(answer.text).toBe(first.text);
}

function expectRefusal(answer: Answer, status: number, code: string, retry = false): void {
  expect(answer).toMatchObject({ status, json: { code } });
  expect(Number(answer.headers.get("Retry-After")) > 0).toBe(retry);
}

async function expectOneDebit(user: string, answer: Answer): Promise<void> {
  expect(answer.status).toBe(201);
  expect(answer.headers.get("Idempotency-Replayed")).toBeNull();
  expect(await debitsOf(world, user)).toMatchObject([{ reference_id: answer.json.id }]);
  expect(await eventsOf(world, user)).toHaveLength(1);
  expect(await turnsOf(world, user)).toHaveLength(1);
}

// Without the unique key, or with a look before the insert, more than one of the 200 asks the model.
test("one key sent 200 times at once asks the model once and debits once; the rest are told to wait, and replays are equal byte for byte", async () => {
  const { user, session } = await givenUser();
  world.provider.behave(MODEL, "fake-slow-200");
  const calls = world.provider.calls();
  const answers = await Promise.all(Array.from({ length: 200 }, () => runTurn(world, session, { user, key: "burst" })));
  const [first, ...more] = answers.filter((answer) => answer.status === 201 && answer.headers.get("Idempotency-Replayed") === null);
  expect(more).toEqual([]);
  if (!first) throw new Error("nobody was answered");
  for (const answer of answers) {
    if (answer.status === 409) expectRefusal(answer, 409, "idempotency_in_progress", true);
    else if (answer !== first) expectReplay(answer, first);
  }
  expect(world.provider.calls() - calls).toBe(1);
  await expectOneDebit(user, first);
  for (const again of await Promise.all(Array.from({ length: 5 }, () => runTurn(world, session, { user, key: "burst" }))))
    expectReplay(again, first);
});

test("a replay stays the same after a price change, and in a container with another low balance threshold", async () => {
  const { user, session } = await givenUser();
  const first = await runTurn(world, session, { user, key: "once" });
  expect(first.json).toMatchObject({ multiplier: "1", low_balance: false });
  await givenPrice(world, "default", "7");
  expectReplay(await runTurn(world, session, { user, key: "once" }), first);

  const other = givenContainer(world, { config: { lowBalanceThreshold: amount("1000") } });
  try {
    expectReplay(await other.turn(session, { user, key: "once" }), first);
    expect((await other.turn(session, { user, key: "another" })).json).toMatchObject({ multiplier: "7", low_balance: true });
  } finally {
    await other.close();
  }
});

test("a replay needs no credits: it works on an empty wallet under enforcement and writes nothing", async () => {
  const { user, session } = await givenUser("0.000001");
  await givenEnforcement(world, true);
  const first = await runTurn(world, session, { user, key: "last" });
  expect(amount((await walletOf(world, user)).balance).lte(amount("0"))).toBe(true);
  expectRefusal(await runTurn(world, session, { user, key: "next" }), 402, "insufficient_credits");
  const before = await pictureOf(world);
  expectReplay(await runTurn(world, session, { user, key: "last" }), first);
  expect(await pictureOf(world)).toBe(before);
});

test("a replay outlives its session: it is answered, although the session is gone", async () => {
  const { user, session } = await givenUser();
  const first = await runTurn(world, session, { user, key: "once" });
  expect((await world.call("DELETE", `/api/v1/sessions/${session}`, { user })).status).toBe(204);
  expectReplay(await runTurn(world, session, { user, key: "once" }), first);
});

test("another body under a used key is refused, running or done; the same body in other words is the same request", async () => {
  const { user, session } = await givenUser();
  const path = `/api/v1/sessions/${session}/turns`;
  world.provider.behave(MODEL, "fake-slow-300");
  const sent = { user, key: "k", raw: '{"message":"Hello","max_output_tokens":50}' };
  const running = await givenModelAsked(world, () => world.call("POST", path, sent));
  expectRefusal(await runTurn(world, session, { user, key: "k", message: "Another" }), 422, "idempotency_key_reused");
  const first = await running.answer;
  expect(first.status).toBe(201);

  expectRefusal(await runTurn(world, session, { user, key: "k", message: "Another" }), 422, "idempotency_key_reused");
  expectRefusal(await world.call("POST", path, { user, key: "k", raw: '{"message":"Hello"}' }), 422, "idempotency_key_reused");
  expectReplay(await world.call("POST", path, { user, key: "k", raw: '\n{ "max_output_tokens" : 5e1,\t"message":"\\u0048ello" }' }), first);
  const elsewhere = await givenSession(world, user);
  expectRefusal(await runTurn(world, elsewhere, { user, key: "k", message: "Hello", maxOutputTokens: 50 }), 422, "idempotency_key_reused");
  await expectOneDebit(user, first);
});

// Within one session its index alone keeps two runs apart; across sessions nothing but the unique key does.
test("one key sent to 30 sessions at once runs in one of them; to the others it is a used key", async () => {
  const { user } = await givenUser();
  const sessions = await Promise.all(Array.from({ length: 30 }, () => givenSession(world, user)));
  const calls = world.provider.calls();
  const answers = await Promise.all(sessions.map((session) => runTurn(world, session, { user, key: "k" })));
  const [first, ...more] = answers.filter((answer) => answer.status === 201);
  expect(more).toEqual([]);
  for (const answer of answers.filter((each) => each !== first)) expectRefusal(answer, 422, "idempotency_key_reused");
  expect(world.provider.calls() - calls).toBe(1);
  if (first) await expectOneDebit(user, first);
});

test("the same key of another user is another request", async () => {
  const [one, other] = [await givenUser(), await givenUser()];
  const first = await runTurn(world, one.session, { user: one.user, key: "shared" });
  const second = await runTurn(world, other.session, { user: other.user, key: "shared" });
  expect(second.json.id).not.toBe(first.json.id);
  await expectOneDebit(one.user, first);
  await expectOneDebit(other.user, second);
});

test("the key of a 402 runs again when there are credits, charged once", async () => {
  const { user, session } = await givenUser(null);
  await givenEnforcement(world, true);
  const refused = () => runTurn(world, session, { user, key: "k" });
  expectRefusal(await refused(), 402, "insufficient_credits");
  expectRefusal(await refused(), 402, "insufficient_credits");
  expect(await turnsOf(world, user)).toEqual([]);
  await givenCredits(world, user, "10");
  await expectOneDebit(user, await runTurn(world, session, { user, key: "k" }));
});

test("the key of a 422 runs again, with another body too, since nothing was kept of it", async () => {
  const { user, session } = await givenUser();
  expectRefusal(await runTurn(world, session, { user, key: "k", alias: "no-such-model" }), 422, "unknown_model_alias");
  expectRefusal(await runTurn(world, session, { user, key: "k", message: "  " }), 422, "invalid_request");
  await expectOneDebit(user, await runTurn(world, session, { user, key: "k" }));
  expect((await turnsOf(world, user))[0]).toMatchObject({ attempt: 1, user_input: "What is a wallet?" });
});

test("the key of a 502 runs the same turn again, charged once; another body is still refused", async () => {
  const { user, session } = await givenUser();
  world.provider.behave(MODEL, "fake-400");
  expectRefusal(await runTurn(world, session, { user, key: "k" }), 502, "provider_failed");
  expectRefusal(await runTurn(world, session, { user, key: "k" }), 502, "provider_failed");
  world.provider.behave(MODEL, null);
  expectRefusal(await runTurn(world, session, { user, key: "k", message: "Another" }), 422, "idempotency_key_reused");
  const answer = await runTurn(world, session, { user, key: "k" });
  await expectOneDebit(user, answer);
  expect(answer.json.turn_index).toBe(1);
  expect((await turnsOf(world, user))[0]).toMatchObject({ attempt: 3, failure_code: null });
});

test("the key of a 504 runs again, charged once", async () => {
  const { user, session } = await givenUser();
  const hasty = givenContainer(world);
  world.provider.behave(MODEL, "fake-silent");
  try {
    expectRefusal(await hasty.turn(session, { user, key: "k", timeLeftMs: 3_700 }), 504, "provider_timeout");
  } finally {
    await hasty.close();
  }
  world.provider.behave(MODEL, null);
  await expectOneDebit(user, await runTurn(world, session, { user, key: "k" }));
  expect((await turnsOf(world, user))[0]).toMatchObject({ attempt: 2, turn_index: 1 });
});

test("the key of a dead container waits while its lease lives and runs again when it is over, charged once however many ask", async () => {
  const { user, session } = await givenUser();
  const path = `/api/v1/sessions/${session}/turns`;
  const whole = await runTurn(world, session, { user, key: "probe" });
  const [probe] = await turnsOf(world, user);
  const opened = await openDirectly(world, { user, session }, { key: "dead", requestHash: probe?.request_hash ?? "", leaseMs: 60_000 });
  const again = () => world.call("POST", path, { user, key: "dead", body: { message: "What is a wallet?" } });
  expectRefusal(await again(), 409, "idempotency_in_progress", true);

  await lapse(world, user);
  const answers = await Promise.all(Array.from({ length: 20 }, again));
  const [first, ...more] = answers.filter((answer) => answer.status === 201 && answer.headers.get("Idempotency-Replayed") === null);
  expect(more).toEqual([]);
  expect(first?.json).toMatchObject({ id: opened.turn, turn_index: 2 });
  expect((await debitsOf(world, user)).map((debit) => debit.reference_id)).toEqual([whole.json.id, opened.turn]);
  if (first) expectReplay(await again(), first);
});

test.each([
  ["empty", ""],
  ["too long", "k".repeat(256)],
  ["with a space", "a b"],
  ["not ASCII", "schlüssel"],
])("a key that is %s is refused, and nothing is written", async (_what, key) => {
  const { user, session } = await givenUser();
  const before = await pictureOf(world);
  expectRefusal(await runTurn(world, session, { user, key }), 422, "invalid_request");
  expect(await pictureOf(world)).toBe(before);
});

test("a key of 255 visible characters is taken", async () => {
  const { user, session } = await givenUser();
  const key = "~!".repeat(127).concat("k");
  const first = await runTurn(world, session, { user, key });
  expect(key).toHaveLength(255);
  expectReplay(await runTurn(world, session, { user, key }), first);
});

test("200 sessions asked for under one key are one session, answered alike byte for byte", async () => {
  const { user } = await givenUser();
  const open = () => world.call("POST", "/api/v1/sessions", { user, key: "session", body: { title: "One" } });
  const answers = await Promise.all(Array.from({ length: 200 }, open));
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers.get("Idempotency-Replayed") === null)).toHaveLength(1);
  expect((await world.call("GET", "/api/v1/sessions", { user })).json).toMatchObject({ total: 2 });
  const other = await world.call("POST", "/api/v1/sessions", { user, key: "session", body: { title: "Two" } });
  expectRefusal(other, 422, "idempotency_key_reused");
});

test("a session is deleted once: with the key a repeat is the same 204, without one there is nothing to delete", async () => {
  const { user, session } = await givenUser();
  const remove = (key?: string) => world.call("DELETE", `/api/v1/sessions/${session}`, { user, ...(key !== undefined && { key }) });
  const [first, second] = [await remove("gone"), await remove("gone")];
  expect([first.status, first.text, first.headers.get("Idempotency-Replayed")]).toEqual([204, "", null]);
  expect([second.status, second.text, second.headers.get("Idempotency-Replayed")]).toEqual([204, "", "true"]);
  expectRefusal(await remove(), 404, "not_found");
  expectRefusal(await remove("another"), 404, "not_found");
});
