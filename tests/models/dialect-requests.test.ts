// One neutral request, in the words of each provider: what is asked is asked everywhere, and what a provider would refuse is not sent.

import { describe, expect, it } from "vitest";
import { anthropic } from "@pantheon/core/models/dialects/anthropic.ts";
import { google } from "@pantheon/core/models/dialects/google.ts";
import { openAiCompatible } from "@pantheon/core/models/dialects/openai-compatible.ts";
import type { Provider } from "@pantheon/core/models/model.ts";
import type { Message, ModelRequest } from "@pantheon/core/models/request.ts";
import { toolCallId } from "@pantheon/core/models/tool-calls.ts";
import { givenRoute } from "../support/given-call.ts";

const ID = "toolu_01/with:signs that some refuse";
const HISTORY: readonly Message[] = [
  { role: "system", content: "Be brief." },
  {
    role: "user",
    content: [
      { type: "text", text: "Look." },
      { type: "image", mediaType: "image/png", data: "AAAA" },
    ],
  },
  {
    role: "assistant",
    content: "",
    toolCalls: [{ id: ID, name: "weather", arguments: '{"city":"Bern"}', signature: { provider: "google", value: "SIG" } }],
  },
  { role: "tool", toolCallId: ID, toolName: "weather", content: "rain" },
  { role: "user", content: "And now?" },
];
const SCHEMA = { type: "object", properties: { city: { type: "string" } } };
const FULL: ModelRequest = {
  messages: HISTORY,
  tools: [{ name: "weather", description: "The weather.", parameters: SCHEMA }],
  sampling: {
    temperature: 0.5,
    topP: 0.9,
    stop: ["END"],
    seed: 7,
    responseFormat: { type: "json_schema", name: "reply", schema: SCHEMA },
    reasoningEffort: "low",
  },
  maxOutputTokens: 8_000,
  stream: true,
};
const BARE: ModelRequest = { messages: [{ role: "user", content: "Hi" }], tools: [], sampling: {}, maxOutputTokens: 100, stream: true };

const openAi = (provider: Provider, request: ModelRequest, more = {}) => openAiCompatible.request(givenRoute(provider, more), request);

const askClaude = (request: ModelRequest) => anthropic.request(givenRoute("anthropic"), request);
const askGemini = (request: ModelRequest, more = {}) => google.request(givenRoute("google", more), request);

describe("the OpenAI dialect", () => {
  it("asks for everything", () => {
    const { path, body } = openAi("openai", FULL);
    const id = toolCallId(ID, "openai");
    expect(path).toBe("/chat/completions");
    expect(body).toEqual({
      model: "asked-for",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "Look." },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
          ],
        },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id, type: "function", function: { name: "weather", arguments: '{"city":"Bern"}' } }],
        },
        { role: "tool", tool_call_id: id, content: "rain" },
        { role: "user", content: "And now?" },
      ],
      tools: [{ type: "function", function: { name: "weather", description: "The weather.", parameters: SCHEMA } }],
      max_completion_tokens: 8_000,
      temperature: 0.5,
      top_p: 0.9,
      stop: ["END"],
      seed: 7,
      reasoning_effort: "low",
      response_format: { type: "json_schema", json_schema: { name: "reply", schema: SCHEMA, strict: true } },
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it.each([
    ["openai", { max_completion_tokens: 100, stream_options: { include_usage: true } }],
    ["openrouter", { max_tokens: 100, stream_options: { include_usage: true } }],
    ["deepseek", { max_tokens: 100, stream_options: { include_usage: true }, thinking: { type: "disabled" } }],
    ["xai", { max_completion_tokens: 100, stream_options: { include_usage: true } }],
    ["mistral", { max_tokens: 100 }],
  ] as const)("says no more than it must to %s", (provider, more) => {
    const messages = [{ role: "user", content: "Hi" }];
    expect(openAi(provider, BARE).body).toEqual({ model: "asked-for", messages, stream: true, ...more });
    expect(openAi(provider, { ...BARE, stream: false }).body).not.toHaveProperty("stream_options");
  });

  it("differs where the flavours do", () => {
    expect(openAi("mistral", FULL).body).toMatchObject({ random_seed: 7 });
    expect(openAi("xai", FULL).body).not.toHaveProperty("stop");
    expect(openAi("deepseek", FULL).body).toMatchObject({ thinking: { type: "enabled" }, reasoning_effort: "low" });
    expect(openAi("openrouter", FULL).body).toMatchObject({ reasoning: { effort: "low" } });
    const after = openAi("mistral", FULL).body["messages"];
    expect(after).toMatchObject([{}, {}, {}, { role: "tool" }, { role: "assistant" }, { role: "user" }]);
  });

  it("asks for caching behind a long system prompt and a long history, where it has to be asked for", () => {
    const messages: Message[] = [
      { role: "system", content: "s".repeat(5_000) },
      { role: "user", content: "one" },
      { role: "assistant", content: "two" },
      { role: "user", content: "three" },
    ];
    const mark = { cache_control: { type: "ephemeral" } };
    const expected = [
      { role: "system", content: [{ type: "text", text: "s".repeat(5_000), ...mark }] },
      { role: "user", content: "one" },
      { role: "assistant", content: [{ type: "text", text: "two", ...mark }] },
      { role: "user", content: "three" },
    ];
    expect(openAi("openrouter", { ...BARE, messages }, { caching: "asked" }).body["messages"]).toEqual(expected);
    expect(openAi("openrouter", { ...BARE, messages }).body["messages"]).toEqual(messages);
    const claude = anthropic.request(givenRoute("anthropic", { caching: "asked" }), { ...BARE, messages }).body;
    expect(claude).toMatchObject({
      system: [mark],
      messages: [{ content: [{ text: "one" }] }, { content: [{ text: "two", ...mark }] }, {}],
    });
    const short = { ...BARE, messages: messages.map(({ role }) => ({ role, content: "short" }) as Message) };
    expect(JSON.stringify(anthropic.request(givenRoute("anthropic", { caching: "asked" }), short))).not.toContain("cache_control");
  });
});

describe("Anthropic's dialect", () => {
  it("asks for everything that there is, roles taking turns", () => {
    const id = toolCallId(ID, "anthropic");
    expect(askClaude(FULL)).toEqual({
      path: "/messages",
      headers: { "anthropic-version": "2023-06-01" },
      body: {
        model: "asked-for",
        max_tokens: 8_000,
        system: [{ type: "text", text: "Be brief." }],
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "Look." },
              { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
            ],
          },
          { role: "assistant", content: [{ type: "tool_use", id, name: "weather", input: { city: "Bern" } }] },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: id, content: "rain" },
              { type: "text", text: "And now?" },
            ],
          },
        ],
        tools: [{ name: "weather", description: "The weather.", input_schema: SCHEMA }],
        stop_sequences: ["END"],
        thinking: { type: "enabled", budget_tokens: 1_600 },
        stream: true,
      },
    });
  });

  it("thinks only where there is room, and not on a tool's result", () => {
    expect(askClaude({ ...FULL, maxOutputTokens: 1_024 }).body).not.toHaveProperty("thinking");
    expect(askClaude({ ...FULL, maxOutputTokens: 1_024 }).body).toMatchObject({ temperature: 0.5 });
    expect(askClaude({ ...FULL, messages: HISTORY.slice(0, 4) }).body).not.toHaveProperty("thinking");
  });

  it("declares the tools of a history that has calls, and forbids to call them", () => {
    const { body } = askClaude({ ...FULL, tools: [] });
    expect(body).toMatchObject({ tools: [{ name: "weather" }], tool_choice: { type: "none" } });
    expect(openAi("openai", { ...FULL, tools: [] }).body).toMatchObject({
      tools: [{ function: { name: "weather" } }],
      tool_choice: "none",
    });
  });
});

describe("Google's dialect", () => {
  it("asks for everything", () => {
    const id = toolCallId(ID, "google");
    expect(askGemini(FULL)).toEqual({
      path: "/models/asked-for:streamGenerateContent?alt=sse",
      headers: {},
      body: {
        systemInstruction: { parts: [{ text: "Be brief." }] },
        contents: [
          { role: "user", parts: [{ text: "Look." }, { inlineData: { mimeType: "image/png", data: "AAAA" } }] },
          { role: "model", parts: [{ functionCall: { id, name: "weather", args: { city: "Bern" } }, thoughtSignature: "SIG" }] },
          { role: "user", parts: [{ functionResponse: { id, name: "weather", response: { result: "rain" } } }, { text: "And now?" }] },
        ],
        tools: [{ functionDeclarations: [{ name: "weather", description: "The weather.", parametersJsonSchema: SCHEMA }] }],
        generationConfig: {
          maxOutputTokens: 8_000,
          temperature: 0.5,
          topP: 0.9,
          stopSequences: ["END"],
          seed: 7,
          responseMimeType: "application/json",
          responseJsonSchema: SCHEMA,
          thinkingConfig: { thinkingBudget: 1_600 },
        },
      },
    });
  });

  it("in one piece is another path, and thinking is never below what the model takes", () => {
    const none = { ...BARE, stream: false, sampling: { reasoningEffort: "none" } } as const;
    expect(askGemini(none).path).toBe("/models/asked-for:generateContent");
    expect(askGemini(none).body).toMatchObject({ generationConfig: { thinkingConfig: { thinkingBudget: 0 } } });
    expect(askGemini(none, { leastThinking: 128 }).body).toMatchObject({ generationConfig: { thinkingConfig: { thinkingBudget: 128 } } });
  });
});

describe("a key", () => {
  it("is in the headers that carry it, and nowhere else", () => {
    expect(openAiCompatible.authorise("k")).toEqual({ authorization: "Bearer k" });
    expect(anthropic.authorise("k")).toEqual({ "x-api-key": "k" });
    expect(google.authorise("k")).toEqual({ "x-goog-api-key": "k" });
  });
});

describe("the id of a tool call", () => {
  it.each(["openai", "openrouter", "anthropic", "google", "mistral", "deepseek", "xai"] as const)(
    "is one that %s takes, the same each time",
    (provider) => {
      const ids = [ID, "a".repeat(300), "", "call_1", "toolu_01ABC", "übel", "123456789", "call 2"];
      const written = ids.map((id) => toolCallId(id, provider));
      expect(ids.map((id) => toolCallId(id, provider))).toEqual(written);
      expect(new Set(written).size).toBe(ids.length);
      const rule =
        { mistral: /^[A-Za-z0-9]{9}$/, openrouter: /^[A-Za-z0-9]{9}$/, anthropic: /^[\w-]+$/, google: /^[\w-]+$/ }[provider as string] ??
        /^[!-~]{1,40}$/;
      expect(written.filter((id) => !rule.test(id))).toEqual([]);
      expect(toolCallId("123456789", provider)).toBe("123456789");
    },
  );
});
