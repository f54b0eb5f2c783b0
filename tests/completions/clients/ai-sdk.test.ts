// The AI SDK with `@ai-sdk/openai-compatible` against the door: plain, streamed, with tools, and every refusal as it takes it.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, isStepCount, jsonSchema, streamText, tool } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestWorld } from "../../support/world.ts";
import { clientWorld, counted, everything, QUESTION, WEATHER } from "./given-client.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await clientWorld();
}, 60_000);
afterAll(() => world.end());

async function client(user = "ada") {
  const { seen, ...place } = await counted(world, user);
  return { seen, pantheon: createOpenAICompatible({ name: "pantheon", includeUsage: true, ...place }) };
}

describe("the AI SDK", () => {
  it("reads an answer in one piece", async () => {
    const { pantheon } = await client();
    const { text, usage, finishReason } = await generateText({ model: pantheon("default"), prompt: QUESTION });
    expect([text.includes(QUESTION), finishReason]).toEqual([true, "stop"]);
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it("reads a stream, with what was used", async () => {
    const { pantheon } = await client();
    const result = streamText({ model: pantheon("default"), prompt: QUESTION });
    expect((await everything(result.textStream)).join("")).toContain(QUESTION);
    expect((await result.usage).inputTokens).toBeGreaterThan(0);
    expect(await result.finishReason).toBe("stop");
  });

  it("runs a tool in its own loop", async () => {
    const { pantheon } = await client();
    const cities: string[] = [];
    const weather = tool({
      inputSchema: jsonSchema<{ city: string }>(WEATHER),
      execute: async ({ city }) => {
        cities.push(city);
        return "rain";
      },
    });
    const { text } = await generateText({
      model: pantheon("fake-tools-1"),
      prompt: QUESTION,
      tools: { weather },
      stopWhen: isStepCount(3),
    });
    expect([cities, text.includes(QUESTION)]).toEqual([["Zürich"], true]);
  });

  it("asks once where asking again does not help, and shows why", async () => {
    const { seen, pantheon } = await client("eve");
    await expect(generateText({ model: pantheon("default"), prompt: QUESTION })).rejects.toMatchObject({
      statusCode: 402,
      isRetryable: false,
      message: expect.stringContaining("Insufficient credits"),
    });
    const stranger = createOpenAICompatible({ name: "pantheon", ...(await counted(world)), apiKey: "sk-wrong" });
    await expect(generateText({ model: stranger("default"), prompt: QUESTION })).rejects.toMatchObject({ statusCode: 401 });
    expect(seen.requests).toBe(1);
  });

  it("asks three times where the provider fails", async () => {
    const { seen, pantheon } = await client();
    await expect(generateText({ model: pantheon("fake-503"), prompt: QUESTION })).rejects.toThrow(/3 attempts/);
    expect(seen.requests).toBe(3);
  }, 60_000);

  it("raises what a stream that broke off says", async () => {
    const { pantheon } = await client();
    const errors: unknown[] = [];
    const result = streamText({ model: pantheon("fake-cut-3"), prompt: QUESTION, onError: ({ error }) => void errors.push(error) });
    const parts = await everything(result.textStream);
    expect(parts.join("").length).toBeGreaterThan(0);
    expect(JSON.stringify(errors.map((error) => (error instanceof Error ? error.message : error)))).toContain("broke off");
  });
});
