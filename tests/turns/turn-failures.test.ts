// A provider that misbehaves: what failed costs nothing and holds nothing, what was received is charged, and nothing it says about
// usage can raise a balance or lose a debit.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { givenContainer, type Container } from "../support/container.ts";
import { givenCredits, givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { debitsOf, eventsOf, turnsOf, walletOf } from "../support/ledger.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const REFUSED = [
  ...["fake-400", "fake-401", "fake-403", "fake-404", "fake-redirect", "fake-429-30"].map((name) => ({ name, attempts: 1 })),
  ...["fake-429", "fake-429-1", "fake-429-date", "fake-429-garbage", "fake-500", "fake-502", "fake-503", "fake-529"].map((name) => ({
    name,
    attempts: 3,
  })),
  ...["fake-html-502", "fake-reset", "fake-garbage", "fake-cut-0", "fake-end-0", "fake-error-chunk-0"].map((name) => ({
    name,
    attempts: 3,
  })),
];
const SILENT = ["fake-silent", "fake-slow-60000", "fake-drip-200"];
const CUT = ["fake-cut-3", "fake-end-3", "fake-error-chunk-3"];
const IMPOSSIBLE = ["negative", "fraction", "string", "null", "cached-above-input", "overflow", "total-mismatch"].map(
  (name) => `fake-usage-${name}`,
);
const UNREADABLE = ["fake-no-usage", "fake-usage-text", "fake-usage-nan"];
const OTHERS = [
  "fake-flaky-2",
  "fake-usage-above-hold",
  "fake-usage-cumulative",
  "fake-nul",
  "fake-surrogate",
  "fake-empty",
  "fake-other-model",
  "fake-big-2000000",
  "fake-slow-150",
];

let world: TestWorld;
/** A container whose requests end after less than a second of model time. */
let hasty: Container;
beforeAll(async () => {
  const names = [...REFUSED.map(({ name }) => name), ...SILENT, ...CUT, ...IMPOSSIBLE, ...UNREADABLE, ...OTHERS];
  world = await testWorld({ models: modelsWith(...names) });
  for (const name of names) await givenPrice(world, name, "1");
  hasty = givenContainer(world);
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  await hasty.close();
  await world.end();
});

/** Runs a turn on the model of this name as a user of the same name with 10 credits. */
async function turnOn(name: string, key?: string): Promise<{ session: string; answer: Answer }> {
  const session = await givenSession(world, name, { model_alias: name });
  await givenCredits(world, name, "10");
  return { session, answer: await runTurn(world, session, { user: name, ...(key !== undefined && { key }) }) };
}

/** Nothing was charged, nothing is held, and the list shows the failed turn without a number. */
async function expectFree(user: string, session: string, code: string): Promise<void> {
  expect(await walletOf(world, user)).toEqual({ balance: "10.00000000", held: "0.00000000", seq: "1" });
  expect(await eventsOf(world, user)).toEqual([]);
  expect(await turnsOf(world, user)).toMatchObject([{ status: "failed", turn_index: null, failure_code: code }]);
  const { json } = await world.call("GET", `/api/v1/sessions/${session}/turns`, { user });
  expect(json.turns).toMatchObject([
    { status: "failed", turn_index: null, assistant_output: null, usage: null, credits_charged: null, completed_at: null },
  ]);
}

/** One event, one debit of the same figure, above zero and (unless it may) not above the hold. Answers the event. */
async function expectCharged(user: string, { status, json }: Answer) {
  expect(status).toBe(201);
  const [[turn], [event], debits] = await Promise.all([turnsOf(world, user), eventsOf(world, user), debitsOf(world, user)]);
  expect(debits).toMatchObject([{ amount: `-${event?.credits_charged}`, reference_id: json.id }]);
  expect(Number(json.balance_after)).toBeLessThan(10);
  expect((await walletOf(world, user)).held).toBe("0.00000000");
  if (turn?.over_hold === false) expect(Number(event?.credits_charged)).toBeLessThanOrEqual(Number(turn.hold));
  return event;
}

// Without the void, the hold stays until the lease ends.
test.concurrent.each(REFUSED)(
  "$name: 502 after $attempts attempts, nothing charged, nothing held, and the failed turn is shown",
  async ({ name, attempts }) => {
    const { session, answer } = await turnOn(name);
    expect(answer).toMatchObject({ status: 502, json: { code: "provider_failed" } });
    expect(answer.text).not.toMatch(/stand-in|127\.0\.0\.1/i);
    expect(world.provider.callsTo(name)).toBe(attempts);
    await expectFree(name, session, "provider_failed");
  },
);

test("a provider's rate limit is passed on with its Retry-After", async () => {
  const session = await givenSession(world, "limited", { model_alias: "fake-429-30" });
  expect((await runTurn(world, session, { user: "limited" })).headers.get("Retry-After")).toBe("30");
});

test.concurrent.each(SILENT)("%s: 504 when the time is over, nothing charged, nothing held", async (name) => {
  const session = await givenSession(world, name, { model_alias: name });
  await givenCredits(world, name, "10");
  const answer = await hasty.turn(session, { user: name, timeLeftMs: 3_800 });
  expect(answer).toMatchObject({ status: 504, json: { code: "provider_timeout" } });
  await expectFree(name, session, "provider_timeout");
});

test("a provider that fails twice and then answers is asked three times and charged once", async () => {
  const { answer } = await turnOn("fake-flaky-2");
  expect(await expectCharged("fake-flaky-2", answer)).toMatchObject({ status: "success", usage_source: "reported" });
  expect(world.provider.callsTo("fake-flaky-2")).toBe(3);
});

test.concurrent.each(CUT)(
  "%s: what was received is answered, charged as estimated, marked partial, and not asked for again",
  async (name) => {
    const { answer } = await turnOn(name);
    expect(await expectCharged(name, answer)).toMatchObject({ status: "partial", usage_source: "estimated" });
    expect(answer.json.assistant_output.length).toBe(36); // three pieces of twelve characters
    expect(answer.json.usage).toMatchObject({
      estimated: true,
      output_tokens: Math.ceil(Buffer.byteLength(answer.json.assistant_output) / 4),
    });
    expect(world.provider.callsTo(name)).toBe(1);
  },
);

test.concurrent.each(UNREADABLE)(
  "%s: usage that is not there is unknown, not zero: estimated, within the hold, and counted",
  async (name) => {
    const { answer } = await turnOn(name);
    expect(await expectCharged(name, answer)).toMatchObject({ usage_source: "estimated" });
    expect(answer.json.usage.estimated).toBe(true);
    expect(linesOf("estimated_usage")).toContain(answer.json.id);
  },
);

test.concurrent.each(IMPOSSIBLE)("%s: usage that cannot be is estimated, flagged and counted, and never raises a balance", async (name) => {
  const { answer } = await turnOn(name);
  expect(await expectCharged(name, answer)).toMatchObject({ usage_source: "estimated", status: "success" });
  expect(linesOf("impossible_usage")).toContain(answer.json.id);
  expect(linesOf("over_hold")).not.toContain(answer.json.id);
});

test("usage above the hold is charged in full, flagged and counted", async () => {
  const { answer } = await turnOn("fake-usage-above-hold");
  expect(await expectCharged("fake-usage-above-hold", answer)).toMatchObject({ output_tokens: "20000", usage_source: "reported" });
  const [turn] = await turnsOf(world, "fake-usage-above-hold");
  expect(turn?.over_hold).toBe(true);
  expect(Number(answer.json.credits_charged)).toBeGreaterThan(Number(turn?.hold));
  expect(linesOf("over_hold")).toContain(answer.json.id);
});

test("usage that grows with every chunk counts once, as its last word says", async () => {
  const { answer } = await turnOn("fake-usage-cumulative");
  const event = await expectCharged("fake-usage-cumulative", answer);
  expect(event).toMatchObject({
    usage_source: "reported",
    output_tokens: String(Math.ceil(Buffer.byteLength(answer.json.assistant_output) / 4)),
  });
});

// PostgreSQL refuses both, and a refused settle is a lost debit.
test.each([
  ["fake-nul", "beforeafter"],
  ["fake-surrogate", "half a pair: \uFFFD, and the other half: \uFFFD."],
])("%s: text that no column takes is made storable, settled and replayed", async (name, text) => {
  const { session, answer } = await turnOn(name, "k");
  await expectCharged(name, answer);
  expect(answer.json.assistant_output).toBe(text);
  expect((await runTurn(world, session, { user: name, key: "k" })).text).toBe(answer.text);
});

test("an empty answer is an answer: its input is charged", async () => {
  const { answer } = await turnOn("fake-empty");
  expect(await expectCharged("fake-empty", answer)).toMatchObject({ output_tokens: "0", status: "success" });
  expect(answer.json.assistant_output).toBe("");
});

test("the model that really answered is recorded, under the price of the alias that was asked for", async () => {
  const { answer } = await turnOn("fake-other-model");
  expect(await expectCharged("fake-other-model", answer)).toMatchObject({
    provider_model: "fake/another-model",
    model_alias: "fake-other-model",
  });
  expect(answer.json).toMatchObject({ provider_model: "fake/another-model", model_alias_used: "fake-other-model" });
});

test("an answer of two megabytes is kept to one, charged, replayed byte for byte, and does not block the session", async () => {
  const name = "fake-big-2000000";
  const { session, answer } = await turnOn(name, "k");
  await expectCharged(name, answer);
  expect(Buffer.byteLength(answer.json.assistant_output)).toBe(1_048_576);
  expect((await runTurn(world, session, { user: name, key: "k" })).text).toBe(answer.text);
  expect((await runTurn(world, session, { user: name, alias: "default" })).json).toMatchObject({ turn_index: 2, prune_triggered: true });
});

test("a caller who leaves does not stop the metering: the turn is settled, and the key brings its answer", async () => {
  const name = "fake-slow-150";
  const session = await givenSession(world, "leaver", { model_alias: name });
  await givenCredits(world, "leaver", "10");
  const calls = world.provider.callsTo(name);
  const leaving = new AbortController();
  const left = fetch(`${world.apiUrl}/api/v1/sessions/${session}/turns`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${await world.issuer.token({ user: "leaver" })}`,
      "Content-Type": "application/json",
      "Idempotency-Key": "k",
    },
    body: '{"message":"What is a wallet?"}',
    signal: leaving.signal,
  });
  while (world.provider.callsTo(name) === calls) await sleep(5);
  leaving.abort();
  await expect(left).rejects.toThrow("aborted");
  while ((await turnsOf(world, "leaver"))[0]?.status === "running") await sleep(5);
  await expectCharged("leaver", await runTurn(world, session, { user: "leaver", key: "k" }));
  expect(world.provider.callsTo(name) - calls).toBe(1);
});

test("a session that is deleted and a user who is suspended while the model answers: the turn settles, the next one is refused", async () => {
  const name = "fake-slow-150";
  const calls = world.provider.callsTo(name);
  const [deleted, suspended] = [
    await givenSession(world, "gone", { model_alias: name }),
    await givenSession(world, "banned", { model_alias: name }),
  ];
  await Promise.all([givenCredits(world, "gone", "10"), givenCredits(world, "banned", "10")]);
  const running = [runTurn(world, deleted, { user: "gone" }), runTurn(world, suspended, { user: "banned" })] as const;
  while (world.provider.callsTo(name) < calls + 2) await sleep(5);
  await world.call("DELETE", `/api/v1/sessions/${deleted}`, { user: "gone" });
  await world.owner.query.updateTable("users").set({ suspended_at: new Date() }).where("id", "=", "banned").execute();
  await expectCharged("gone", await running[0]);
  await expectCharged("banned", await running[1]);
  expect((await runTurn(world, deleted, { user: "gone" })).status).toBe(404);
  expect((await runTurn(world, suspended, { user: "banned" })).status).toBe(403);
});

/** The turns of which this was counted. */
function linesOf(metric: string): unknown[] {
  return world.log.lines.filter((line) => line.level === "count" && line.message === metric).map((line) => line.fields["turn_id"]);
}
