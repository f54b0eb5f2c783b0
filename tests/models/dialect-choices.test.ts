// What a request says beside its messages: which tool is to be called, and files, in the words of each provider.

import { describe, expect, it } from "vitest";
import { anthropic } from "@pantheon/core/models/dialects/anthropic.ts";
import { google } from "@pantheon/core/models/dialects/google.ts";
import { openAiCompatible } from "@pantheon/core/models/dialects/openai-compatible.ts";
import type { Provider } from "@pantheon/core/models/model.ts";
import type { ModelRequest, ToolChoice } from "@pantheon/core/models/request.ts";
import { givenRoute } from "../support/given-call.ts";

const BARE: ModelRequest = { messages: [{ role: "user", content: "Hi" }], tools: [], sampling: {}, maxOutputTokens: 8_000, stream: true };
const FULL: ModelRequest = { ...BARE, tools: [{ name: "weather", description: "The weather.", parameters: { type: "object" } }] };

const openAi = (provider: Provider, request: ModelRequest) => openAiCompatible.request(givenRoute(provider), request);
const askClaude = (request: ModelRequest) => anthropic.request(givenRoute("anthropic"), request);
const askGemini = (request: ModelRequest) => google.request(givenRoute("google"), request);

const asking = (toolChoice: ToolChoice | undefined, more: Partial<ModelRequest> = {}): ModelRequest => ({
  ...FULL,
  ...(toolChoice !== undefined && { toolChoice }),
  ...more,
});

describe("which tool is to be called", () => {
  it.each([
    ["auto", "auto", { type: "auto" }, { mode: "AUTO" }],
    ["none", "none", { type: "none" }, { mode: "NONE" }],
    ["required", "required", { type: "any" }, { mode: "ANY" }],
    [
      { name: "weather" },
      { type: "function", function: { name: "weather" } },
      { type: "tool", name: "weather" },
      { mode: "ANY", allowedFunctionNames: ["weather"] },
    ],
  ] as const)("is said in each provider's words: %s", (choice, atOpenAi, atClaude, atGemini) => {
    expect(openAi("openai", asking(choice)).body["tool_choice"]).toEqual(atOpenAi);
    expect(askClaude(asking(choice)).body["tool_choice"]).toEqual(atClaude);
    expect(askGemini(asking(choice)).body["toolConfig"]).toEqual({ functionCallingConfig: atGemini });
  });

  it("is left out where nobody said it, and where there are no tools", () => {
    for (const request of [asking(undefined), { ...BARE, toolChoice: "required" as const }]) {
      expect(openAi("openai", request).body).not.toHaveProperty("tool_choice");
      expect(askClaude(request).body).not.toHaveProperty("tool_choice");
      expect(askGemini(request).body).not.toHaveProperty("toolConfig");
    }
  });

  it("may be one at a time, where a provider can be told", () => {
    const one = { parallelToolCalls: false };
    expect(openAi("openai", asking(undefined, one)).body).toMatchObject({ parallel_tool_calls: false });
    expect(askClaude(asking(undefined, one)).body).toMatchObject({ tool_choice: { type: "auto", disable_parallel_tool_use: true } });
    expect(askClaude(asking("required", one)).body).toMatchObject({ tool_choice: { type: "any", disable_parallel_tool_use: true } });
  });

  it("leaves Claude no room to think when one must be", () => {
    const thinking = { sampling: { reasoningEffort: "low" as const } };
    expect(askClaude(asking("auto", thinking)).body).toHaveProperty("thinking");
    expect(askClaude(asking("required", thinking)).body).not.toHaveProperty("thinking");
  });
});

describe("a file", () => {
  it("goes along as each provider takes it", () => {
    const part = { type: "file", mediaType: "application/pdf", data: "AAAA", name: "a.pdf" } as const;
    const request: ModelRequest = { ...BARE, messages: [{ role: "user", content: [part] }] };
    const url = "data:application/pdf;base64,AAAA";
    expect(openAi("openrouter", request).body["messages"]).toEqual([
      { role: "user", content: [{ type: "file", file: { filename: "a.pdf", file_data: url } }] },
    ]);
    const source = { type: "base64", media_type: "application/pdf", data: "AAAA" };
    expect(askClaude(request).body["messages"]).toEqual([{ role: "user", content: [{ type: "document", source }] }]);
    const inlineData = { mimeType: "application/pdf", data: "AAAA" };
    expect(askGemini(request).body["contents"]).toEqual([{ role: "user", parts: [{ inlineData }] }]);
  });
});
