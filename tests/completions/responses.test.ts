// A call as OpenAI's Responses API has it: the same call as a chat completion in every respect but its shape, and nothing of it kept.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { givenCredits, givenEnforcement, givenPrice, modelsWith } from "../support/given.ts";
import { debitsOf, turnsOf } from "../support/ledger.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";
import { eventsIn } from "./given.ts";

let world: TestWorld;
let users = 0;
let user: string;
const FAKES = ["fake-tools-2", "fake-cut-3", "fake-503", "fake-empty"];
beforeAll(async () => {
  world = await testWorld({ models: modelsWith(...FAKES) });
  for (const name of FAKES) await givenPrice(world, name, "1");
  await givenEnforcement(world, true);
});
beforeEach(async () => {
  user = `responder-${(users += 1)}`;
  await givenCredits(world, user, "10");
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const QUESTION = "What is a wallet?";
const PNG = "data:image/png;base64,iVBORw0KGgo=";
const TOOLS = [{ type: "function", name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } }];

function respond(more: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  return world.call("POST", "/v1/responses", { user, headers, body: { model: "default", input: QUESTION, ...more } });
}

async function streamed(more: Record<string, unknown> = {}): Promise<Json[]> {
  const answer = await respond({ stream: true, ...more });
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  return [...answer.text.matchAll(/^event: (.+)\ndata: (.+)\n\n/gm)].map(([, name, data = ""]): Json => {
    const event = JSON.parse(data);
    expect(event.type).toBe(name);
    return event;
  });
}

/** What the provider was asked last. */
const sent = () => world.provider.requests.at(-1);

describe("a response in one piece", () => {
  it("has the shape that programs read, and costs what its receipt says", async () => {
    const { status, json } = await respond({ metadata: { job: "7" }, max_output_tokens: 500 });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id: expect.stringMatching(/^resp_[0-9a-f-]{36}$/),
      object: "response",
      status: "completed",
      error: null,
      incomplete_details: null,
      model: "default",
      store: false,
      metadata: { job: "7" },
      max_output_tokens: 500,
      output: [
        {
          type: "message",
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: expect.stringContaining(QUESTION), annotations: [] }],
        },
      ],
    });
    const { usage } = json;
    expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
    const [debit] = await debitsOf(world, user);
    expect(Number(debit?.amount)).toBe(-Number(usage.pantheon.credits));
    expect(json.id).toBe(`resp_${usage.pantheon.receipt}`);
    const told = await world.call("GET", `/v1/generation?id=${json.id}`, { user });
    expect(told.json.data).toMatchObject({ total_cost: usage.cost, tokens_prompt: usage.input_tokens });
    expect(await turnsOf(world, user)).toMatchObject([{ session_id: null, user_input: "", assistant_output: "" }]);
  });

  it("takes items of every kind that is here, in the order in which models understand them", async () => {
    const items = [
      { role: "developer", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "input_text", text: "Look:" },
          { type: "input_image", image_url: PNG, detail: "auto" },
        ],
      },
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "…" },
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "I ask.", annotations: [] }],
        id: "msg_1",
        status: "completed",
      },
      { type: "function_call", id: "fc_1", call_id: "a", name: "weather", arguments: '{"city":"Zürich"}' },
      { type: "function_call", call_id: "b", name: "weather", arguments: '{"city":"Bern"}' },
      { type: "function_call_output", call_id: "a", output: "rain" },
      {
        type: "function_call_output",
        call_id: "b",
        output: [
          { type: "input_text", text: "sun" },
          { type: "input_image", image_url: PNG },
        ],
      },
    ];
    const { status } = await respond({ instructions: "Be kind.", input: items, tools: TOOLS });
    expect(status).toBe(200);
    const roles = sent()?.messages.map(({ role, content }) => [role, content]);
    expect(roles).toEqual([
      ["system", "Be kind."],
      ["system", "Be brief."],
      ["user", "Look:"],
      ["assistant", "I ask."],
      ["tool", "rain"],
      ["tool", "sun"],
      ["user", ""],
    ]);
  });

  it("tells the calls of tools as items, and sampling and format are the model's", async () => {
    const format = { type: "json_schema", name: "city", schema: { type: "object" }, strict: true };
    const { json } = await respond({ model: "fake-tools-2", tools: TOOLS, tool_choice: { type: "function", name: "weather" } });
    expect(json.output).toMatchObject([
      { type: "function_call", name: "weather", status: "completed", call_id: expect.any(String) },
      { type: "function_call", name: "weather" },
    ]);
    expect(new Set(json.output.map(({ id }: Json) => id)).size).toBe(2);
    await respond({ text: { format }, temperature: 0.5, top_p: 0.5, parallel_tool_calls: false, tools: TOOLS });
    expect(sent()?.options).toMatchObject({
      temperature: 0.5,
      top_p: 0.5,
      parallel_tool_calls: false,
      response_format: { type: "json_schema", json_schema: { name: "city" } },
    });
  });

  it("that says nothing has no items, and one that was too long is incomplete", async () => {
    expect((await respond({ model: "fake-empty" })).json).toMatchObject({ status: "completed", output: [] });
    const short = await respond({ max_output_tokens: 1 });
    expect(short.json).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    expect(short.json.output[0].status).toBe("incomplete");
  });

  it("is answered again under its key, byte for byte, and charged once", async () => {
    const key = { "Idempotency-Key": "once" };
    const [first, again] = [await respond({}, key), await respond({}, key)];
    expect([again.status, again.headers.get("idempotency-replayed"), again.text]).toEqual([200, "true", first.text]);
    expect(await debitsOf(world, user)).toHaveLength(1);
    expect((await respond({ input: "Another?" }, key)).json.error.code).toBe("idempotency_key_reused");
  });
});

describe("what needs a response that was kept, or runs elsewhere", () => {
  it.each([
    ["store", { store: true }],
    ["background", { background: true }],
    ["previous_response_id", { previous_response_id: "resp_1" }],
    ["conversation", { conversation: "conv_1" }],
    ["prompt", { prompt: { id: "pmpt_1" } }],
    ["tools.0.type", { tools: [{ type: "web_search" }] }],
    ["input", { input: [{ type: "item_reference", id: "msg_1" }] }, "type must be function_call"],
    ["input", { input: [{ role: "user", content: [{ type: "input_image", file_id: "file_1" }] }] }, "0.image_url is required"],
    [
      "input.0.content.0.image_url",
      { input: [{ role: "user", content: [{ type: "input_image", image_url: "https://a.example/1.png" }] }] },
      "addresses are not fetched",
    ],
    ["input.0.content", { input: [{ role: "system", content: [{ type: "input_image", image_url: PNG }] }] }],
    ["service_tier", { service_tier: "flex" }],
    ["input", { input: [] }],
  ])("%s is refused with 400 in OpenAI's shape, and nothing runs", async (param, more, rule = "") => {
    const calls = world.provider.calls();
    const { status, json } = await respond(more);
    expect([status, json.error?.param, json.error?.type]).toEqual([400, param, "invalid_request_error"]);
    expect(json.error.message).toContain(rule);
    expect(world.provider.calls()).toBe(calls);
  });

  it("is fine as false or null, and unknown members are passed over", async () => {
    const more = { store: false, background: false, previous_response_id: null, conversation: null, include: ["x"], prompt_cache_key: "k" };
    expect((await respond({ ...more, tools: null, text: null, reasoning: null, truncation: "auto" })).status).toBe(200);
  });
});

describe("a streamed response", () => {
  it("is events in order, numbered without a gap, and ends with the whole response", async () => {
    const events = await streamed();
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    const types = events.map(({ type }) => type);
    const deltas = types.filter((type) => type === "response.output_text.delta");
    expect(deltas.length).toBeGreaterThan(1);
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      ...deltas,
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const text = events.flatMap(({ type, delta }) => (type === "response.output_text.delta" ? [delta] : [])).join("");
    const { response } = events.at(-1);
    expect(response).toMatchObject({ status: "completed", output: [{ content: [{ text }] }], usage: { pantheon: {} } });
    expect(events.at(-2).item).toEqual(response.output[0]);
    expect(events[0].response).toMatchObject({ id: response.id, status: "in_progress", output: [], usage: null });
  });

  it("tells calls of tools with their arguments, each at its own place", async () => {
    const events = await streamed({ model: "fake-tools-2", tools: TOOLS });
    const item = ["output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"];
    const perCall = item.map((name) => `response.${name}`);
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      ...perCall,
      ...perCall,
      "response.completed",
    ]);
    expect(events.flatMap(({ output_index: index }) => index ?? [])).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(events.at(-1).response.output.map(({ arguments: given }: Json) => JSON.parse(given))).toEqual([
      { city: "Zürich", number: 0 },
      { city: "Zürich", number: 1 },
    ]);
  });

  it("that breaks off ends with an error and a failed response, and what came is paid", async () => {
    const events = await streamed({ model: "fake-cut-3" });
    const [error, failed] = events.slice(-2);
    expect(error).toMatchObject({ type: "error", code: "provider_failed", message: expect.stringContaining("broke off") });
    expect(failed).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: { code: "server_error" }, output: [{ status: "incomplete" }], usage: { pantheon: {} } },
    });
    expect(await debitsOf(world, user)).toHaveLength(1);
  });

  it("that was too long ends as incomplete, and one that never began is a status", async () => {
    expect((await streamed({ max_output_tokens: 1 })).at(-1)).toMatchObject({ type: "response.incomplete" });
    const answer = await respond({ model: "fake-503", stream: true });
    expect([answer.status, answer.json.error.type, eventsIn(answer)]).toEqual([502, "server_error", []]);
  });
});
