// The `@anthropic-ai/sdk` package against the door: plain, streamed, with tools, and every refusal as it takes it.

import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debitsOf } from "../../support/ledger.ts";
import type { TestWorld } from "../../support/world.ts";
import { clientWorld, counted, QUESTION, WEATHER } from "./given-client.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await clientWorld();
}, 60_000);
afterAll(() => world.end());

async function client(user = "ada") {
  const { seen, fetch, apiKey } = await counted(world, user);
  return { seen, anthropic: new Anthropic({ baseURL: world.apiUrl, apiKey, fetch }) };
}

const ask = (model = "claude-sonnet") => ({ model, max_tokens: 500, messages: [{ role: "user", content: QUESTION } as const] });
const TOOLS = [{ name: "weather", input_schema: WEATHER }];

describe("the Anthropic SDK", () => {
  it("reads an answer in one piece, and the price beside it", async () => {
    const { anthropic } = await client();
    const before = (await debitsOf(world)).length;
    const answer = await anthropic.messages.create({ ...ask(), system: "Be brief." });
    expect(answer).toMatchObject({ type: "message", role: "assistant", model: "claude-sonnet", stop_reason: "end_turn" });
    expect(answer.content).toMatchObject([{ type: "text", text: expect.stringContaining(QUESTION) }]);
    expect(answer.usage.output_tokens).toBeGreaterThan(0);
    expect(world.provider.requests.at(-1)?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(await debitsOf(world)).toHaveLength(before + 1);
  });

  it("reads a stream", async () => {
    const { anthropic } = await client();
    const message = await anthropic.messages.stream(ask()).finalMessage();
    expect(message).toMatchObject({ stop_reason: "end_turn", content: [{ type: "text", text: expect.stringContaining(QUESTION) }] });
    expect(message.usage.output_tokens).toBeGreaterThan(0);
  });

  it("runs a tool and tells its result, streamed too", async () => {
    const { anthropic } = await client();
    const called = await anthropic.messages.create({ ...ask("fake-tools-1"), tools: TOOLS });
    expect(called).toMatchObject({ stop_reason: "tool_use", content: [{ type: "tool_use", name: "weather", input: { city: "Zürich" } }] });
    const [use] = called.content;
    if (use?.type !== "tool_use") throw new Error("no tool was called");
    const result = { type: "tool_result", tool_use_id: use.id, content: "rain" } as const;
    const messages = [
      ...ask().messages,
      { role: "assistant" as const, content: called.content },
      { role: "user" as const, content: [result] },
    ];
    const answer = await anthropic.messages.create({ ...ask("fake-tools-1"), messages, tools: TOOLS });
    expect(answer.stop_reason).toBe("end_turn");
    const streamed = await anthropic.messages.stream({ ...ask("fake-tools-1"), tools: TOOLS }).finalMessage();
    expect(streamed.content).toMatchObject([{ type: "tool_use", input: { city: "Zürich" } }]);
  });

  it("measures a prompt for nothing, and means the same by it as a call that is opened", async () => {
    const { anthropic } = await client();
    const before = (await debitsOf(world)).length;
    const { max_tokens: _most, ...asked } = ask();
    const { input_tokens: tokens } = await anthropic.messages.countTokens({ ...asked, system: "Be brief.", tools: TOOLS });
    const { input_tokens: bare } = await anthropic.messages.countTokens(asked);
    expect([Number.isInteger(tokens), tokens > bare, bare > 0]).toEqual([true, true, true]);
    expect(await debitsOf(world)).toHaveLength(before);
    await expect(anthropic.messages.countTokens(ask("nobody"))).rejects.toMatchObject({ status: 404 });
  });

  it("asks once where asking again does not help, and shows why", async () => {
    const { seen, anthropic } = await client("eve");
    const refusal = { status: 402, message: expect.stringContaining("Top up at https://app.example.com/top-up") };
    await expect(anthropic.messages.create(ask())).rejects.toMatchObject(refusal);
    const stranger = new Anthropic({ baseURL: world.apiUrl, apiKey: "sk-ant-wrong" });
    await expect(stranger.messages.create(ask())).rejects.toMatchObject({
      status: 401,
      error: { error: { type: "authentication_error" } },
    });
    expect(seen.requests).toBe(1);
  });

  it("asks three times where the provider fails", async () => {
    const { seen, anthropic } = await client();
    await expect(anthropic.messages.create(ask("fake-503"))).rejects.toMatchObject({ status: 502 });
    expect(seen.requests).toBe(3);
  }, 60_000);

  it("raises what a stream that broke off says", async () => {
    const { anthropic } = await client();
    await expect(anthropic.messages.stream(ask("fake-cut-3")).finalMessage()).rejects.toThrow(/broke off/);
  });
});
