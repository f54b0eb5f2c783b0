// A turn of several model calls: one event a call, one debit of their sum, one refusal at most, and a receipt that recomputes.

import { keyHash } from "@pantheon/core/accounts/api-key.ts";
import { inPerson, type CallerKey } from "@pantheon/core/accounts/caller.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { invariant } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { ModelAnswer } from "@pantheon/core/models/collect.ts";
import { callRecord, type CallRecord } from "@pantheon/core/turns/call-record.ts";
import type { Conversation } from "@pantheon/core/turns/talk.ts";
import { NO_MEMORY } from "@pantheon/core/turns/memory.ts";
import { openTurn, type OpenedTurn } from "@pantheon/core/turns/open.ts";
import { readOwnTurn } from "@pantheon/core/turns/own-turn.ts";
import { readReceipt } from "@pantheon/core/turns/receipt.ts";
import type { TurnRequest } from "@pantheon/core/turns/request.ts";
import { toolRecord } from "@pantheon/core/turns/tool-record.ts";
import { settleTurn } from "@pantheon/core/turns/settle.ts";
import { eraseOldTurns } from "@pantheon/core/maintenance/statements/erase-texts.ts";
import { readMargin } from "@pantheon/core/reports/margin.ts";
import { givenToolPrices } from "../support/given-tools.ts";
import { givenCredits, givenSession } from "../support/given.ts";
import { debitsOf, eventsOf, walletOf } from "../support/ledger.ts";
import { givenKey } from "../support/given-key.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.end());

async function opened(user: string, key: CallerKey | null = null): Promise<{ request: TurnRequest; turn: OpenedTurn }> {
  const session = await givenSession(world, user);
  const deadline = world.deps.ticks() + 20_000;
  const request = {
    caller: { ...inPerson(user), key },
    session,
    key: null,
    message: "Find it.",
    alias: null,
    maxOutputTokens: 100,
    fitToBalance: null,
    sampling: {},
    replaces: null,
    requestId: newId(),
    deadline,
  };
  const turn = await openTurn(world.deps, request, 30_000);
  if ("replay" in turn) throw new Error("nothing was stored");
  return { request, turn };
}

function answerOf(text: string, output: number, more: Partial<ModelAnswer> = {}): ModelAnswer {
  const route = world.deps.models["default"]?.routes[0];
  invariant(route, "the default model has a route");
  const usage = { fresh: 40, cacheRead: 7, cacheWrite: null, cacheWriteHour: null, output, reasoning: 3, total: 47 + output };
  return {
    text,
    toolCalls: [],
    reasoningOctets: 0,
    cut: null,
    finishReason: "stop",
    usage: { ...usage, providerCostUsd: "0.00001", faults: [] },
    route,
    provider: route.provider,
    providerModel: route.model,
    providerRequestId: "gen",
    costUsd: "0.00001",
    attempts: [],
    firstByteMs: 1,
    latencyMs: 2,
    ...more,
  };
}

/** Two calls, as a turn with a tool makes them: the first asks for it, the second answers. */
function twoCalls(turn: OpenedTurn, output = 23): Conversation {
  const model = world.deps.models["default"];
  invariant(model, "the default model is there");
  const call = { alias: turn.alias, model, octets: turn.octets };
  const first = callRecord(turn, [], { ...call, answer: answerOf("", 11, { finishReason: "tool_calls" }) });
  const second = callRecord(turn, [first], {
    ...call,
    answer: answerOf("Found.", output, { providerModel: "its/successor" }),
  });
  const use = { name: "search", status: "success" as const, latencyMs: 5, arguments: '{"query":"it"}', result: '{"result":"here"}' };
  const tool = toolRecord(turn, { calls: [first, second], tools: [] }, use);
  return { turn, calls: [first, second], tools: [tool], text: "Found.", finishReason: "stop", memory: NO_MEMORY };
}

/** The same turn with two more uses of tools: one more that worked, and one that did not. */
function withTools(conversation: Conversation): Conversation {
  const [first] = conversation.tools;
  invariant(first, "there is one");
  const tools = [first];
  for (const status of ["success", "error"] as const) {
    tools.push(toolRecord(conversation.turn, { calls: conversation.calls, tools }, { ...first, name: "search", status }));
  }
  return { ...conversation, tools };
}

const sumOf = (calls: readonly CallRecord[]) => format(calls.reduce((total, { charge }) => total.plus(charge.charged), amount("0")));

test("two calls are two events and one debit of their sum, and the receipt recomputes both", async () => {
  const user = "two-calls";
  await givenCredits(world, user, "10");
  const { request, turn } = await opened(user);
  const conversation = twoCalls(turn);
  const body = JSON.parse(await settleTurn(world.deps, request, conversation));
  expect(body).toMatchObject({
    assistant_output: "Found.",
    provider_model: "its/successor",
    usage: { input_tokens_fresh: 80, input_tokens_cached: 14, output_tokens: 34, reasoning_tokens: 6, total_tokens: 128, estimated: false },
    credits_charged: sumOf(conversation.calls),
    tool_calls: [{ tool_name: "search", status: "success", latency_ms: 5 }],
  });
  expect(await eventsOf(world, user)).toMatchObject([
    { call_index: 0, output_tokens: "11", provider: "openrouter" },
    { call_index: 1, output_tokens: "23", provider_model: "its/successor" },
  ]);
  const debits = await debitsOf(world, user);
  expect(debits).toHaveLength(1);
  const receipt = await readReceipt(world.deps.db, user, debits[0]?.id ?? "");
  expect(receipt).toMatchObject({ matches: true, lines: [{ matches: true }, { matches: true }], amount: `-${sumOf(conversation.calls)}` });
  expect((await walletOf(world, user))?.held).toBe("0.00000000");
});

test("a tool that has a price is charged with the turn's one debit, each use that worked; receipt, rollup and margin know of it", async () => {
  const user = "priced-tools";
  await givenCredits(world, user, "10");
  const version = await givenToolPrices(world, { search: "0.25" });
  const { request, turn } = await opened(user);
  const conversation = withTools(twoCalls(turn));
  const charged = format(amount(sumOf(conversation.calls)).plus(amount("0.5")));
  const body = JSON.parse(await settleTurn(world.deps, request, conversation));
  expect(body).toMatchObject({
    credits_charged: charged,
    tool_calls: [{ credits_charged: "0.25" }, { credits_charged: "0.25" }, { status: "error", credits_charged: "0" }],
  });
  const [debit, ...others] = await debitsOf(world, user);
  expect([others, format(amount(debit?.amount ?? "0"))]).toEqual([[], `-${charged}`]);
  expect(await readReceipt(world.deps.db, user, debit?.id ?? "")).toMatchObject({
    matches: true,
    total: charged,
    tools: [
      { price: "0.25", pricing_version: version, matches: true },
      { credits_charged: "0.25" },
      { price: "0", credits_charged: "0", matches: true },
    ],
  });
  const [day] = await world.deps.db.query.selectFrom("usage_daily").selectAll().where("user_id", "=", user).execute();
  expect([day?.calls, format(amount(day?.credits_charged ?? "0"))]).toEqual(["2", charged]);
  const margin = await readMargin(world.deps.db, { from: null, to: null }, null, amount("0.03"));
  expect(amount(margin.revenue_granted_usd).gt(amount("0.015"))).toBe(true);
});

test("what tools were asked and what they said is kept with the turn, and in no row that stays", async () => {
  const user = "told-tools";
  const { request, turn } = await opened(user);
  await settleTurn(world.deps, request, twoCalls(turn));
  const kept = await world.deps.db.query.selectFrom("turns").select("tool_texts").where("id", "=", turn.id).executeTakeFirstOrThrow();
  expect(kept.tool_texts).toEqual([{ call_index: 0, tool_name: "search", arguments: '{"query":"it"}', result: '{"result":"here"}' }]);
  const rows = await world.deps.db.query.selectFrom("tool_call_events").selectAll().where("turn_id", "=", turn.id).execute();
  expect(rows).toMatchObject([{ arguments_octets: 14, result_octets: 17 }]);
  expect(JSON.stringify(rows)).not.toMatch(/here|"it"/);
});

test("a turn that enforcement would have refused counts once, whatever calls it made and whichever came first", async () => {
  const user = "refused-once";
  const { request, turn } = await opened(user);
  const { calls, ...rest } = twoCalls(turn);
  const [first, second] = calls;
  invariant(first && second, "there are two");
  const free = { ...first.charge, charged: amount("0"), burned: amount("0"), exact: amount("0") };
  const routing: CallRecord = { ...first, alias: "gemini-flash", status: "internal", charge: free };
  await settleTurn(world.deps, request, { ...rest, calls: [routing, { ...first, index: 1 }, { ...second, index: 2 }] });
  const daily = world.deps.db.query.selectFrom("usage_daily").select(["model_alias", "calls", "refused"]).where("user_id", "=", user);
  expect((await daily.execute()).toSorted((a, b) => a.model_alias.localeCompare(b.model_alias))).toMatchObject([
    { model_alias: "default", calls: "2", refused: "1" },
    { model_alias: "gemini-flash", calls: "0", refused: "0" },
  ]);
});

test("under CREDIT_OVERDRAFT=none all calls together are charged the hold at most", async () => {
  const user = "capped-calls";
  await givenCredits(world, user, "10");
  const { request, turn } = await opened(user);
  const conversation = twoCalls({ ...turn, coveredInFull: true }, 5_000);
  const [first, second] = conversation.calls;
  expect([sumOf(conversation.calls), format(first?.charge.absorbed ?? amount("1"))]).toEqual([format(turn.hold), "0"]);
  expect(second?.charge.absorbed.gt(amount("0"))).toBe(true);
  const body = JSON.parse(await settleTurn(world.deps, request, conversation));
  expect(body.credits_charged).toBe(format(turn.hold));
  const [debit] = await debitsOf(world, user);
  expect(await readReceipt(world.deps.db, user, debit?.id ?? "")).toMatchObject({ matches: true });
});

test("each call is kept with the API key that its caller came with, and with none where they came in person", async () => {
  const { id, key } = await givenKey(world, "keyed");
  for (const [user, apiKey] of [
    ["keyed", { id, hash: keyHash(key) ?? "" }],
    ["personal", null],
  ] as const) {
    const { request, turn } = await opened(user, apiKey);
    await settleTurn(world.deps, request, twoCalls(turn));
    const kept = apiKey?.id ?? null;
    expect((await eventsOf(world, user)).map((event) => event.api_key_id)).toEqual([kept, kept]);
  }
});

test("what tools were asked and what they said is erased with the turn's other text", async () => {
  const { request, turn } = await opened("erased-tools");
  await settleTurn(world.deps, request, twoCalls(turn));
  await world.deps.db.run(eraseOldTurns, { after: "00000000-0000-0000-0000-000000000000", until: turn.id, most: 1_000 });
  const kept = await world.deps.db.query.selectFrom("turns").select("tool_texts").where("id", "=", turn.id).executeTakeFirstOrThrow();
  expect(kept.tool_texts).toBeNull();
  expect((await readOwnTurn(world.deps.db, inPerson("erased-tools"), turn.id)).tool_texts).toEqual([]);
});
