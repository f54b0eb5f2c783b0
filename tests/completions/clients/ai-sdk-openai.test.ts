// The AI SDK with `@ai-sdk/openai`, whose default speaks the Responses API, against the door: plain, streamed, with tools, and every refusal.

import { createOpenAI } from "@ai-sdk/openai";
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
  return { seen, openai: createOpenAI(place) };
}

describe("the AI SDK's default", () => {
  it("reads an answer in one piece", async () => {
    const { openai } = await client();
    const { text, usage, finishReason } = await generateText({ model: openai("default"), prompt: QUESTION });
    expect([text.includes(QUESTION), finishReason]).toEqual([true, "stop"]);
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it("reads a stream, with what was used", async () => {
    const { openai } = await client();
    const result = streamText({ model: openai("default"), prompt: QUESTION });
    expect((await everything(result.textStream)).join("")).toContain(QUESTION);
    expect((await result.usage).inputTokens).toBeGreaterThan(0);
    expect(await result.finishReason).toBe("stop");
  });

  it("runs a tool in its own loop, once it is told that nothing is stored", async () => {
    const { openai } = await client();
    const cities: string[] = [];
    const weather = tool({
      inputSchema: jsonSchema<{ city: string }>(WEATHER),
      execute: async ({ city }) => {
        cities.push(city);
        return "rain";
      },
    });
    const ask = { prompt: QUESTION, tools: { weather }, stopWhen: isStepCount(3), providerOptions: { openai: { store: false } } };
    const { text } = await generateText({ model: openai("fake-tools-1"), ...ask });
    expect([cities, text.includes(QUESTION)]).toEqual([["Zürich"], true]);
    const streamed = streamText({ model: openai("fake-tools-1"), ...ask });
    expect((await everything(streamed.textStream)).join("")).toContain(QUESTION);
  });

  it("asks once where asking again does not help, and shows why", async () => {
    const { seen, openai } = await client("eve");
    await expect(generateText({ model: openai("default"), prompt: QUESTION })).rejects.toMatchObject({
      statusCode: 402,
      isRetryable: false,
      message: expect.stringContaining("Insufficient credits"),
    });
    const stranger = createOpenAI({ ...(await counted(world)), apiKey: "sk-wrong" });
    await expect(generateText({ model: stranger("default"), prompt: QUESTION })).rejects.toMatchObject({ statusCode: 401 });
    expect(seen.requests).toBe(1);
  });

  it("asks three times where the provider fails", async () => {
    const { seen, openai } = await client();
    await expect(generateText({ model: openai("fake-503"), prompt: QUESTION })).rejects.toThrow(/3 attempts/);
    expect(seen.requests).toBe(3);
  }, 60_000);

  it("raises what a stream that broke off says", async () => {
    const { openai } = await client();
    const errors: unknown[] = [];
    const result = streamText({ model: openai("fake-cut-3"), prompt: QUESTION, onError: ({ error }) => void errors.push(error) });
    expect((await everything(result.textStream)).join("").length).toBeGreaterThan(0);
    expect(errors.map((error) => (error instanceof Error ? error.message : JSON.stringify(error))).join(" ")).toContain("broke off");
  });
});
