// A turn with a tool in every dialect: what the provider asks for is used, and it is told in its own words what came of it.

import { afterAll, beforeAll, expect, test } from "vitest";
import type { DialectName, Provider } from "@pantheon/core/models/model.ts";
import { serving } from "../support/given-answer.ts";
import { givenRoute } from "../support/given-call.ts";
import { givenContainer } from "../support/container.ts";
import { givenCredits, givenPrice, givenSession, modelNamed, modelsWith } from "../support/given.ts";
import { eventsOf } from "../support/ledger.ts";
import { usesOf } from "../support/tool-turn.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ models: modelsWith("openai", "anthropic", "google") });
});
afterAll(() => world.end());

const ARGUMENTS = '{"query":"rain in Bern","max_results":1}';
const sse = (...events: readonly object[]): string => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

type Script = { readonly asks: string; readonly answers: string; readonly told: (body: Json) => string };

const openAiUsage = { prompt_tokens: 50, completion_tokens: 9, total_tokens: 59 };
const claudeUsage = { input_tokens: 50, output_tokens: 9 };
const geminiUsage = { promptTokenCount: 50, candidatesTokenCount: 9, totalTokenCount: 59 };

const SCRIPTS: Readonly<Record<DialectName, Script>> = {
  "openai-compatible": {
    asks: sse(
      { choices: [{ delta: { tool_calls: [{ index: 0, id: "call_1", function: { name: "search", arguments: ARGUMENTS } }] } }] },
      { choices: [{ delta: {}, finish_reason: "tool_calls" }], usage: openAiUsage },
    ),
    answers: sse({ choices: [{ delta: { content: "It rains." }, finish_reason: "stop" }], usage: openAiUsage }),
    told: ({ messages }) => messages.find(({ role }: Json) => role === "tool").content,
  },
  anthropic: {
    asks: sse(
      { type: "message_start", message: { id: "m1", usage: claudeUsage } },
      { type: "content_block_start", index: 0, content_block: { type: "tool_use", id: "toolu_1", name: "search", input: {} } },
      { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: ARGUMENTS } },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: claudeUsage },
      { type: "message_stop" },
    ),
    answers: sse(
      { type: "message_start", message: { id: "m2", usage: claudeUsage } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "It rains." } },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: claudeUsage },
      { type: "message_stop" },
    ),
    told: ({ messages }) => messages.at(-1).content.find(({ type }: Json) => type === "tool_result").content,
  },
  google: {
    asks: sse({
      candidates: [
        {
          content: { parts: [{ functionCall: { name: "search", args: JSON.parse(ARGUMENTS) }, thoughtSignature: "SIG" }] },
          finishReason: "STOP",
        },
      ],
      usageMetadata: geminiUsage,
    }),
    answers: sse({ candidates: [{ content: { parts: [{ text: "It rains." }] }, finishReason: "STOP" }], usageMetadata: geminiUsage }),
    told: ({ contents }) => contents.at(-1).parts.find((part: Json) => part.functionResponse).functionResponse.response.result,
  },
};

test.each([
  ["openai", "openai-compatible"],
  ["anthropic", "anthropic"],
  ["google", "google"],
] as const)("%s", async (provider: Provider & ("openai" | "anthropic" | "google"), dialect) => {
  const script = SCRIPTS[dialect];
  const bodies: Json[] = [];
  const server = await serving((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      bodies.push(JSON.parse(Buffer.concat(parts).toString("utf8")));
      response.writeHead(200, { "content-type": "text/event-stream" }).end(bodies.length === 1 ? script.asks : script.answers);
    });
  });
  const user = `by-${provider}`;
  await givenPrice(world, provider, "1");
  await givenCredits(world, user, "10");
  const session = await givenSession(world, user, { tools: ["search"], model_alias: provider });
  const models = { ...world.deps.models, [provider]: modelNamed(provider, { routes: [givenRoute(provider)] }) };
  const providers = { ...world.config.providers, [provider]: { apiKey: "key", baseUrl: server.url } };
  const container = givenContainer(world, { models, config: { providers } });
  try {
    const { status, json } = await container.turn(session, { user });
    expect([status, json.assistant_output, json.tool_calls]).toMatchObject([
      201,
      "It rains.",
      [{ tool_name: "search", status: "success" }],
    ]);
    expect(bodies).toHaveLength(2);
    expect(JSON.parse(script.told(bodies[1]))).toMatchObject({
      result: { query: "rain in Bern", results: [{ url: "https://example.com/1" }] },
    });
    if (provider === "google") expect(JSON.stringify(bodies[1])).toContain('"thoughtSignature":"SIG"');
    expect((await eventsOf(world, user)).map((event) => event.provider)).toEqual([provider, provider]);
    expect(await usesOf(world, user)).toHaveLength(1);
  } finally {
    await Promise.all([container.close(), server.close()]);
  }
});
