// LangChain's `@langchain/openai` against the door: plain, streamed, with tools, and every refusal as it takes it.

import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestWorld } from "../../support/world.ts";
import { clientWorld, counted, everything, QUESTION, WEATHER } from "./given-client.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await clientWorld();
}, 60_000);
afterAll(() => world.end());

async function client(model: string, user = "ada", more: object = {}) {
  const { seen, apiKey, ...configuration } = await counted(world, user);
  return { seen, model: new ChatOpenAI({ model, apiKey, configuration, ...more }) };
}

const TOOL = { type: "function", function: { name: "weather", description: "The weather.", parameters: WEATHER } } as const;

describe("LangChain", () => {
  it("reads an answer in one piece", async () => {
    const { model } = await client("default");
    const { text, usage_metadata: usage } = await model.invoke(QUESTION);
    expect(text).toContain(QUESTION);
    expect(usage).toMatchObject({ total_tokens: expect.any(Number) });
  });

  it("reads a stream", async () => {
    const { model } = await client("default");
    const chunks = await everything(await model.stream(QUESTION));
    expect(chunks.map(({ text }) => text).join("")).toContain(QUESTION);
    expect(chunks.filter(({ usage_metadata: usage }) => usage !== undefined)).not.toEqual([]);
  });

  it("takes the roles and limits that it makes of a model's name", async () => {
    const { model } = await client("openai/gpt-4o", "ada", { maxTokens: 99 });
    await model.invoke([{ role: "system", content: "Be brief." }, new HumanMessage(QUESTION)]);
    expect(world.provider.requests.at(-1)).toMatchObject({ maxTokens: 99, messages: [{ role: "system" }, { role: "user" }] });
  });

  it("runs a tool and tells its result, streamed too", async () => {
    const { model } = await client("fake-tools-1");
    const bound = model.bindTools([TOOL]);
    const called = await bound.invoke(QUESTION);
    expect(called.tool_calls).toMatchObject([{ name: "weather", args: { city: "Zürich" } }]);
    const result = new ToolMessage({ tool_call_id: called.tool_calls?.[0]?.id ?? "", content: "rain" });
    const answer = await bound.invoke([new HumanMessage(QUESTION), called, result]);
    expect(answer.text).toContain(QUESTION);
    const chunks = await everything(await bound.stream(QUESTION));
    expect(
      chunks
        .flatMap(({ tool_call_chunks: pieces }) => pieces ?? [])
        .map(({ args }) => args)
        .join(""),
    ).toContain("Zürich");
  });

  it("asks once where asking again does not help, and shows why", async () => {
    const { seen, model } = await client("default", "eve");
    await expect(model.invoke(QUESTION)).rejects.toThrow(/402 Insufficient credits/);
    expect(seen.requests).toBe(1);
    const stranger = await client("default", "ada", { apiKey: "sk-wrong" });
    await expect(stranger.model.invoke(QUESTION)).rejects.toThrow(/Incorrect API key/);
    expect(stranger.seen.requests).toBe(1);
  });

  it("raises what a stream that broke off says", async () => {
    const { model } = await client("fake-cut-3");
    const read = async () => {
      for await (const _ of await model.stream(QUESTION));
    };
    await expect(read()).rejects.toThrow(/broke off/);
  });
});
