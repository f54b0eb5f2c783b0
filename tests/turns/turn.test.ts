// A metered turn from request to receipt: what it answers, what it writes, what it costs, and who may not run it.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { amount, format, sum } from "@pantheon/contract/money.ts";
import { givenContainer, providedBy } from "../support/container.ts";
import { givenAnswer } from "../support/given-answer.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, eventsOf, pictureOf, walletOf } from "../support/ledger.ts";
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
  session = await givenSession(world, user, { system_prompt: "You are brief." });
  await givenCredits(world, user, "10");
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await world.assertLedger();
});
afterAll(() => world.end());

const mine = async (path: string): Promise<Json> => (await world.call("GET", `/api/v1/users/me/${path}`, { user })).json;

// 31 octets in are 8 tokens, and 30 come out, at multiplier 1: (8 × 0.35 + 30) ÷ 10 000.
test("answer, wallet, ledger, usage, receipt, list and messages of a turn agree", async () => {
  const answer = await runTurn(world, session, { user, maxOutputTokens: 30 });
  const turn = answer.json;
  expect(answer.status).toBe(201);
  expect(turn).toEqual({
    id: expect.any(String),
    session_id: session,
    turn_index: 1,
    user_input: "What is a wallet?",
    assistant_output: expect.stringContaining("What is a wallet?"),
    status: "completed",
    model_alias_used: "default",
    routed_from: null,
    routing_used_fallback: false,
    provider_model: MODEL,
    usage: { input_tokens_fresh: 8, input_tokens_cached: 0, output_tokens: 30, reasoning_tokens: 0, total_tokens: 38, estimated: false },
    oe_tokens: "32.8",
    multiplier: "1",
    pricing_version: "2026-02-20",
    credits_burned: "0.0033",
    credits_charged: "0.00328",
    balance_after: "9.99672",
    low_balance: false,
    prune_triggered: false,
    summary_triggered: false,
    summary_used_fallback: false,
    tool_calls: [],
    max_output_tokens: 30,
    finish_reason: "length",
    replaces: null,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    completed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  });
  const standing = { suspended: false, suspension_reason: null };
  const figures = { balance: "9.99672", held: "0", available: "9.99672", low_balance: false };
  expect(await mine("wallet")).toEqual({ user_id: user, ...figures, ...standing });
  const { transactions } = await mine("transactions");
  expect(transactions).toMatchObject([
    { kind: "debit", amount: "-0.00328", balance_after: "9.99672", reference_id: turn.id, initiated_by: null, note: null },
    { kind: "grant", amount: "10", balance_after: "10" },
  ]);
  expect(await mine("usage")).toMatchObject({
    total: 1,
    events: [{ turn_id: turn.id, credits_burned: "0.0033", credits_charged: "0.00328", multiplier: "1", usage_source: "reported" }],
  });
  expect(await mine(`transactions/${transactions[0].id}/receipt`)).toMatchObject({
    turn_id: turn.id,
    total: "0.00328",
    matches: true,
    lines: [{ arithmetic: "(8 × 0.35 + 0 × 0.1 + 30 × 1) × 1 ÷ 10000 = 0.00328", recomputed: "0.00328", matches: true }],
  });
  const [turns, messages] = await Promise.all(
    ["turns", "messages"].map((list) => world.call("GET", `/api/v1/sessions/${session}/${list}`, { user })),
  );
  expect(turns?.json).toEqual({ turns: [turn], total: 1, next_cursor: null });
  expect(messages?.json.messages).toMatchObject([
    { id: `${turn.id}:assistant`, content: turn.assistant_output },
    { id: `${turn.id}:user`, content: turn.user_input },
  ]);
});

test("the event keeps all that its charge and its margin are computed from", async () => {
  const { json: turn, headers } = await runTurn(world, session, { user, alias: "gpt-4o", maxOutputTokens: 10 });
  expect(await eventsOf(world, user)).toMatchObject([
    {
      turn_id: turn.id,
      session_id: session,
      attempt: 1,
      call_index: 0,
      provider: "openrouter",
      model_alias: "gpt-4o",
      provider_model: "openai/gpt-4o",
      provider_request_id: expect.stringMatching(/^gen-/),
      multiplier: "2.0000",
      weight_fresh: "0.3500",
      weight_cached: "0.1000",
      weight_output: "1.0000",
      oe_per_credit: "10000.0000",
      oe_tokens_computed: "12.8000",
      usd_per_credit: "0.03000000",
      provider_cost_usd: "0.00012000", // 8 in at 2.5 and 10 out at 10 USD a million
      status: "success",
      usage_source: "reported",
      pricing_version: "2026-02-20",
      pricing_revision: "1",
      request_id: headers.get("X-Request-Id"),
    },
  ]);
});

// Rounding the display figure from the rounded charge, or hiding it, would show 0.
test("a call of one output token at half price is charged 0.00005 and shown as 0.0001", async () => {
  const provider = await givenAnswer("k", { prompt_tokens: 0, completion_tokens: 1, total_tokens: 1 });
  const container = givenContainer(world, { config: providedBy(world.config, provider.url) });
  try {
    const { json: turn } = await container.turn(session, { user, alias: "deepseek", message: "x" });
    expect(turn.usage).toMatchObject({ input_tokens_fresh: 0, output_tokens: 1, estimated: false });
    expect(turn).toMatchObject({ assistant_output: "k", oe_tokens: "1", credits_charged: "0.00005", credits_burned: "0.0001" });
    expect(await debitsOf(world, user)).toMatchObject([{ amount: "-0.00005000", balance_after: "9.99995000" }]);
  } finally {
    await container.close();
    await provider.close();
  }
});

test("many tiny charges add up exactly", async () => {
  const answers = [];
  for (let index = 0; index < 10; index += 1)
    answers.push(await runTurn(world, session, { user, alias: "deepseek", maxOutputTokens: 1, message: "x" }));
  const charged = sum(answers.map(({ json }) => amount(json.credits_charged)));
  expect((await walletOf(world, user)).balance).toBe(amount("10").minus(charged).toFixed(8));
  expect((await debitsOf(world, user)).map((debit) => format(amount(debit.amount).neg()))).toEqual(
    answers.map(({ json }) => json.credits_charged),
  );
});

test("an explicit zero usage is zero: no ledger row, the wallet's seq stands, the turn is completed and listed", async () => {
  world.provider.behave(MODEL, "fake-usage-zero");
  const { status, json: turn } = await runTurn(world, session, { user });
  expect(status).toBe(201);
  expect(turn).toMatchObject({
    status: "completed",
    turn_index: 1,
    credits_charged: "0",
    credits_burned: "0",
    oe_tokens: "0",
    balance_after: "10",
  });
  expect(turn.usage).toMatchObject({ total_tokens: 0, estimated: false });
  expect(await walletOf(world, user)).toEqual({ balance: "10.00000000", held: "0.00000000", seq: "1" });
  expect(await debitsOf(world, user)).toEqual([]);
  expect(await eventsOf(world, user)).toMatchObject([{ credits_charged: "0.00000000", usage_source: "reported" }]);
  expect((await mine("usage")).total).toBe(1);
});

test("cached and reasoning tokens are counted in their own columns, and cached ones at their own weight", async () => {
  await runTurn(world, session, { user });
  world.provider.behave(MODEL, "fake-reasoning-20");
  const { json: turn } = await runTurn(world, session, { user, message: "And now?" });
  const { input_tokens_fresh: fresh, input_tokens_cached: cached, output_tokens: output, reasoning_tokens: reasoning } = turn.usage;
  expect([cached > 0, reasoning]).toEqual([true, 20]);
  const oe = amount(String(fresh))
    .times(amount("0.35"))
    .plus(amount(String(cached)).times(amount("0.1")))
    .plus(amount(String(output)));
  expect(turn.oe_tokens).toBe(format(oe));
  expect(turn.credits_charged).toBe(format(oe.div(amount("10000")).round(8, 1)));
});

test("a suspended user is refused before anything is written, and the turns of before stay readable", async () => {
  await runTurn(world, session, { user });
  await world.owner.query.updateTable("users").set({ suspended_at: new Date() }).where("id", "=", user).execute();
  const before = await pictureOf(world);
  expect(await runTurn(world, session, { user })).toMatchObject({ status: 403, json: { code: "account_suspended" } });
  expect(await pictureOf(world)).toBe(before);
});

test("a turn in another user's session is refused exactly like one in a session that never was", async () => {
  const before = await pictureOf(world);
  const foreign = await runTurn(world, session, { user: "mallory" });
  const unknown = await runTurn(world, "01a1f886-6c4b-713f-ba93-58575a572aa4", { user: "mallory" });
  expect([foreign.status, unknown.status]).toEqual([404, 404]);
  expect({ ...foreign.json, request_id: "" }).toEqual({ ...unknown.json, request_id: "" });
  expect(await pictureOf(world)).toBe(before);
});
