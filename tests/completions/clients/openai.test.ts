// The `openai` package against the door: plain, streamed, with tools, and every refusal as it takes it.

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

const ask = (model = "default") => ({ model, messages: [{ role: "user", content: QUESTION } as const] });
const TOOLS = [{ type: "function", function: { name: "weather", parameters: WEATHER } } as const];

describe("openai", () => {
  it("reads an answer in one piece", async () => {
    const { openai } = await client();
    const answer = await openai.chat.completions.create(ask());
    expect(answer.choices[0]?.message.content).toContain(QUESTION);
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
    expect(answer._request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("reads a stream, with what was used at its end", async () => {
    const { openai } = await client();
    const stream = await openai.chat.completions.create({ ...ask(), stream: true, stream_options: { include_usage: true } });
    const chunks = await everything(stream);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toContain(QUESTION);
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
  });

  it("runs a tool and tells its result", async () => {
    const { openai } = await client();
    const first = await openai.chat.completions.create({ ...ask("fake-tools-1"), tools: TOOLS });
    const message = first.choices[0]?.message;
    const [call] = message?.tool_calls ?? [];
    if (message === undefined || call?.type !== "function") throw new Error("no tool was called");
    expect([first.choices[0]?.finish_reason, call.function.name]).toEqual(["tool_calls", "weather"]);
    const told = { role: "tool", tool_call_id: call.id, content: "rain" } as const;
    const messages = [...ask().messages, message, told];
    const second = await openai.chat.completions.create({ ...ask("fake-tools-1"), messages, tools: TOOLS });
    expect(second.choices[0]).toMatchObject({ finish_reason: "stop" });
    const runner = openai.chat.completions.stream({ ...ask("fake-tools-1"), tools: TOOLS });
    expect((await runner.finalChatCompletion()).choices[0]?.message.tool_calls).toHaveLength(1);
  });

  it("lists the models, and finds one by a provider's name", async () => {
    const { openai } = await client();
    const models = await everything(openai.models.list());
    expect(models.map(({ id }) => id)).toEqual(expect.arrayContaining(["default", "claude-sonnet"]));
    expect(await openai.models.retrieve("anthropic/claude-sonnet-4.5")).toMatchObject({ id: "claude-sonnet" });
    const answer = await openai.chat.completions.create(ask("openai/gpt-4o"));
    expect(answer.model).toBe("openai/gpt-4o");
  });

  it("asks once where asking again does not help, and shows why", async () => {
    const { seen, openai } = await client("eve");
    await expect(openai.chat.completions.create(ask())).rejects.toMatchObject({
      status: 402,
      code: "insufficient_credits",
      message: expect.stringContaining("Top up at https://app.example.com/top-up"),
    });
    const stranger = new OpenAI({ ...(await counted(world)), apiKey: "sk-wrong" });
    await expect(stranger.chat.completions.create(ask())).rejects.toMatchObject({ status: 401, code: "invalid_api_key" });
    await expect(openai.chat.completions.create(ask("nobody"))).rejects.toMatchObject({ status: 404, code: "model_not_found" });
    await expect(openai.chat.completions.create({ ...ask(), n: 2 })).rejects.toMatchObject({ status: 400, param: "n" });
    expect(seen.requests).toBe(3);
  });

  it("asks three times where the provider fails, whole and streamed, and nothing is charged", async () => {
    const { seen, openai } = await client();
    const before = await debitsOf(world);
    await expect(openai.chat.completions.create(ask("fake-503"))).rejects.toMatchObject({ status: 502 });
    await expect(openai.chat.completions.create({ ...ask("fake-503"), stream: true })).rejects.toMatchObject({ status: 502 });
    expect(seen.requests).toBe(6);
    expect(await debitsOf(world)).toHaveLength(before.length);
  }, 60_000);

  it("raises what a stream that broke off says", async () => {
    const { seen, openai } = await client();
    const stream = await openai.chat.completions.create({ ...ask("fake-cut-3"), stream: true });
    let text = "";
    const read = async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    };
    await expect(read()).rejects.toMatchObject({ message: expect.stringContaining("broke off"), code: "provider_failed" });
    expect([text.length > 0, seen.requests]).toEqual([true, 1]);
  });
});
