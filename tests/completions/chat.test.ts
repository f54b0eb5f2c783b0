// A call without a session, as programs made for OpenAI's API make it: answered in their shape, charged like a turn, and nothing of it kept.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { givenCredits, givenPrice, modelsWith } from "../support/given.ts";
import { debitsOf, eventsOf, turnsOf, walletOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";
import { chat, eventsIn, textIn } from "./given.ts";

let world: TestWorld;
let users = 0;
let user: string;
const FAKES = ["fake-tools-2", "fake-cut-3", "fake-503", "fake-nul"];
beforeAll(async () => {
  world = await testWorld({ models: modelsWith(...FAKES) });
  for (const name of FAKES) await givenPrice(world, name, "1");
});
beforeEach(async () => {
  user = `caller-${(users += 1)}`;
  await givenCredits(world, user, "10");
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const TOOLS = [
  { type: "function", function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } } },
];

describe("an answer in one piece", () => {
  it("has the shape that programs read, and costs what its receipt says", async () => {
    const answer = await chat(world, {}, { user });
    expect(answer.status).toBe(200);
    const { id, usage } = answer.json;
    expect(answer.json).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f-]{36}$/),
      object: "chat.completion",
      created: expect.any(Number),
      model: "default",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: expect.stringContaining("What is a wallet?"), refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: expect.objectContaining({ total_tokens: usage.prompt_tokens + usage.completion_tokens, cost: expect.any(Number) }),
    });
    const [debit] = await debitsOf(world, user);
    expect(usage.pantheon).toEqual({ credits: expect.any(String), receipt: id.replace("chatcmpl-", "") });
    expect(Number(debit?.amount)).toBe(-Number(usage.pantheon.credits));
    const own = await world.call("GET", `/api/v1/users/me/turns/${usage.pantheon.receipt}`, { user });
    expect(own.json.turn).toMatchObject({ session_id: null, turn_index: null, user_input: "", assistant_output: "" });
    expect(own.json.receipt).toMatchObject({ matches: true });
  });

  it("is kept nowhere, and is in the lists of what was used", async () => {
    await chat(world, {}, { user });
    expect(await turnsOf(world, user)).toMatchObject([{ session_id: null, user_input: "", assistant_output: "", status: "completed" }]);
    const rows = await world.owner.query.selectFrom("turns").selectAll().where("user_id", "=", user).execute();
    expect(JSON.stringify(rows)).not.toMatch(/wallet\?|stand-in/);
    const usage = await world.call("GET", "/api/v1/users/me/usage", { user });
    expect(usage.json.events ?? usage.json).toMatchObject([{ session_id: null }]);
    const ledger = await world.call("GET", "/api/v1/users/me/transactions", { user });
    expect(ledger.json.transactions[0]).toMatchObject({ kind: "debit", description: expect.stringContaining("default") });
  });

  it("takes two statements", async () => {
    await chat(world, {}, { user });
    const before = world.passed.statements;
    await chat(world, {}, { user });
    expect(world.passed.statements - before).toBe(2);
  });

  it("opens for somebody who was never here, once they have credits", async () => {
    const fresh = await chat(world, {}, { user: "never-here" });
    expect(fresh.status).toBe(200);
    expect(await walletOf(world, "never-here")).toMatchObject({ held: "0.00000000" });
  });
});

describe("a key whose answer is not kept any more", () => {
  it("says so with a status that no program tries again", async () => {
    const keyed = { user, headers: { "Idempotency-Key": "once" } };
    expect((await chat(world, {}, keyed)).status).toBe(200);
    expect((await world.call("DELETE", "/api/v1/users/me/data", { user })).status).toBe(200);
    const again = await chat(world, {}, keyed);
    expect([again.status, again.json.error.code, again.headers.get("x-should-retry")]).toEqual([409, "idempotency_expired", "false"]);
    expect(await debitsOf(world, user)).toHaveLength(1);
  });
});

describe("a streamed answer", () => {
  it("is chunks with everything that programs expect of each, and ends with [DONE]", async () => {
    const answer = await chat(world, { stream: true }, { user });
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const events = eventsIn(answer);
    expect(events.at(-1)).toBe("[DONE]");
    const chunks = events.slice(0, -1);
    const [first] = chunks;
    expect(first.choices).toEqual([{ index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null }]);
    const { id, created, model } = first;
    for (const chunk of chunks) expect(chunk).toMatchObject({ id, created, model, object: "chat.completion.chunk", choices: [{}] });
    expect(textIn(chunks)).toContain("What is a wallet?");
    expect(chunks.flatMap(({ choices }) => choices[0].finish_reason ?? [])).toEqual(["stop"]);
  });

  it("tells what was used in a last chunk without choices, to those who ask", async () => {
    const chunks = eventsIn(await chat(world, { stream: true, stream_options: { include_usage: true } }, { user })).slice(0, -1);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { pantheon: { credits: expect.any(String) } } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it("that breaks off ends with an error and nothing after it, and what came is paid", async () => {
    const events = eventsIn(await chat(world, { model: "fake-cut-3", stream: true }, { user }));
    expect(events.at(-1)).toEqual({
      error: expect.objectContaining({ type: "server_error", message: expect.stringContaining("broke off") }),
    });
    expect(
      events.flatMap(({ choices = [] }) => choices.flatMap((choice: { finish_reason: unknown }) => choice.finish_reason ?? [])),
    ).toEqual([]);
    expect(await debitsOf(world, user)).toHaveLength(1);
  });

  it("that never began is a status, and costs nothing", async () => {
    const answer = await chat(world, { model: "fake-503", stream: true }, { user });
    expect(answer.status).toBe(502);
    expect(answer.json.error).toMatchObject({ type: "server_error" });
    expect(await debitsOf(world, user)).toEqual([]);
  });
});

describe("tools", () => {
  it("are handed on, and their calls are handed back, streamed and whole", async () => {
    const asked = { model: "fake-tools-2", tools: TOOLS, tool_choice: "auto" };
    const whole = await chat(world, asked, { user });
    const [choice] = whole.json.choices;
    expect(choice).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
    expect(choice.message.tool_calls).toHaveLength(2);
    expect(world.provider.requests.at(-1)).toMatchObject({ tools: ["weather"], options: { tool_choice: "auto" } });
    const chunks = eventsIn(await chat(world, { ...asked, stream: true }, { user })).slice(0, -1);
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(deltas.map((delta) => delta.index)).toEqual([0, 1]);
    expect(deltas).toEqual(choice.message.tool_calls.map((call: object, index: number) => expect.objectContaining({ index, ...call })));
    expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(["tool_calls"]);
  });

  it("have their results told", async () => {
    const { json } = await chat(world, { model: "fake-tools-2", tools: TOOLS }, { user });
    const { message } = json.choices[0];
    const results = message.tool_calls.map(({ id }: { id: string }) => ({ role: "tool", tool_call_id: id, content: "rain" }));
    const messages = [{ role: "user", content: "Weather?" }, message, ...results];
    const answer = await chat(world, { model: "fake-tools-2", tools: TOOLS, messages }, { user });
    expect(answer.json.choices[0]).toMatchObject({ finish_reason: "stop" });
    expect(world.provider.requests.at(-1)?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "tool"]);
  });
});

describe("a key", () => {
  it("is answered once and told again, tool calls too, streamed or whole", async () => {
    const asked = { model: "fake-tools-2", tools: TOOLS };
    const first = await chat(world, asked, { user, key: "k" });
    const again = await chat(world, asked, { user, key: "k" });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.text).toBe(first.text);
    const streamed = [await chat(world, { stream: true }, { user, key: "s" }), await chat(world, { stream: true }, { user, key: "s" })];
    const [told, retold] = streamed.map((answer) => textIn(eventsIn(answer).slice(0, -1)));
    expect(retold).toBe(told);
    expect(await debitsOf(world, user)).toHaveLength(2);
    expect(await eventsOf(world, user)).toHaveLength(2);
  });

  it("with another body is refused", async () => {
    await chat(world, {}, { user, key: "k" });
    const other = await chat(world, { temperature: 1 }, { user, key: "k" });
    expect([other.status, other.json.error.code]).toEqual([400, "idempotency_key_reused"]);
  });
});
