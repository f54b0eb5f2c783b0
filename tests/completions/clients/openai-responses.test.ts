// `client.responses` of the `openai` package against the door: plain, streamed, with tools, and every refusal as it takes it.

import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debitsOf } from "../../support/ledger.ts";
import type { TestWorld } from "../../support/world.ts";
import { clientWorld, counted, everything, QUESTION, WEATHER } from "./given-client.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await clientWorld();
}, 60_000);
afterAll(() => world.end());

async function client(user = "ada") {
  const { seen, ...place } = await counted(world, user);
  return { seen, openai: new OpenAI(place) };
}

const ask = (model = "default") => ({ model, input: QUESTION });
const TOOLS = [{ type: "function" as const, name: "weather", parameters: WEATHER, strict: false }];

describe("openai, responses", () => {
  it("reads an answer in one piece, and the price beside it", async () => {
    const { openai } = await client();
    const before = (await debitsOf(world)).length;
    const answer = await openai.responses.create({ ...ask(), instructions: "Be brief." });
    expect([answer.status, answer.output_text]).toEqual(["completed", expect.stringContaining(QUESTION)]);
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
    expect(answer._request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await debitsOf(world)).toHaveLength(before + 1);
  });

  it("reads a stream, event by event and by its own accumulator", async () => {
    const { openai } = await client();
    const events = await everything(await openai.responses.create({ ...ask(), stream: true }));
    const deltas = events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []));
    expect(deltas.join("")).toContain(QUESTION);
    const final = await openai.responses.stream(ask()).finalResponse();
    expect([final.status, final.output_text]).toEqual(["completed", deltas.join("")]);
    expect(final.usage?.total_tokens).toBeGreaterThan(0);
  });

  it("runs a tool and tells its result, streamed too", async () => {
    const { openai } = await client();
    const first = await openai.responses.create({ ...ask("fake-tools-1"), tools: TOOLS });
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error("no tool was called");
    expect([call.name, JSON.parse(call.arguments)]).toMatchObject(["weather", { city: "Zürich" }]);
    const told = { type: "function_call_output", call_id: call.call_id, output: "rain" } as const;
    const input = [{ role: "user" as const, content: QUESTION }, ...first.output, told];
    const second = await openai.responses.create({ ...ask("fake-tools-1"), input: input as OpenAI.Responses.ResponseInput, tools: TOOLS });
    expect(second.output_text).toContain(QUESTION);
    const streamed = await openai.responses.stream({ ...ask("fake-tools-1"), tools: TOOLS }).finalResponse();
    expect(streamed.output).toMatchObject([{ type: "function_call", name: "weather", arguments: expect.stringContaining("Zürich") }]);
  });

  it("asks once where asking again does not help, and shows why", async () => {
    const { seen, openai } = await client("eve");
    await expect(openai.responses.create(ask())).rejects.toMatchObject({
      status: 402,
      code: "insufficient_credits",
      message: expect.stringContaining("Top up at https://app.example.com/top-up"),
    });
    const stranger = new OpenAI({ ...(await counted(world)), apiKey: "sk-wrong" });
    await expect(stranger.responses.create(ask())).rejects.toMatchObject({ status: 401, code: "invalid_api_key" });
    await expect(openai.responses.create({ ...ask(), store: true })).rejects.toMatchObject({ status: 400, param: "store" });
    expect(seen.requests).toBe(2);
  });

  it("asks three times where the provider fails, and nothing is charged", async () => {
    const { seen, openai } = await client();
    const before = await debitsOf(world);
    await expect(openai.responses.create({ ...ask("fake-503"), stream: true })).rejects.toMatchObject({ status: 502 });
    expect([seen.requests, (await debitsOf(world)).length]).toEqual([3, before.length]);
  }, 60_000);

  it("raises what a stream that broke off says", async () => {
    const { seen, openai } = await client();
    const stream = await openai.responses.create({ ...ask("fake-cut-3"), stream: true });
    await expect(everything(stream)).rejects.toMatchObject({ message: expect.stringContaining("broke off"), code: "provider_failed" });
    expect(seen.requests).toBe(1);
  });
});
