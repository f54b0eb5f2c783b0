// An answer of a model arrives whole, with the provider's own figures untouched, over real HTTP.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelAnswer } from "@pantheon/core/llm/model-answer.ts";
import type { ModelCall, ModelMessage } from "@pantheon/core/llm/model-call.ts";
import { normaliseUsage } from "@pantheon/core/metering/usage.ts";
import { startProvider } from "@pantheon/stand-ins/provider/provider.ts";
import type { Provider } from "@pantheon/stand-ins/provider/provider.ts";
import { givenGateway } from "../support/given-gateway.ts";

const QUESTION: ModelMessage[] = [{ role: "user", content: "What does one credit buy me?" }];
const BOUNDS = {
  inputEstimate: 7,
  outputEstimate: 30,
  maxInput: 50,
  maxOutput: 100,
  credibleInput: 30_000,
  credibleOutput: 30_000,
  cut: false,
};

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

function ask(providerModel: string, call: Partial<ModelCall> = {}): Promise<ModelAnswer> {
  return givenGateway(provider.url).ask(providerModel, { messages: QUESTION, ...call });
}

describe("a good answer", () => {
  it("carries the text, the finish, the usage block, the id, the model and the provider's cost", async () => {
    const answer = await ask("openai/gpt-4o-mini");
    expect(answer).toMatchObject({
      text: expect.stringContaining("What does one credit buy me?"),
      cut: false,
      finishReason: "stop",
      provider: "openrouter",
      providerModel: "openai/gpt-4o-mini",
      providerRequestId: expect.stringMatching(/^gen-/),
      costUsd: "0.00002325",
    });
    expect(answer.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 37, total_tokens: 44 });
    expect(Number.isInteger(answer.latencyMs)).toBe(true);
  });

  it("is asked for once, streamed, with every message in order and the limit of tokens", async () => {
    const messages: ModelMessage[] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "One." },
      { role: "assistant", content: "Yes." },
      { role: "user", content: "Two." },
    ];
    await ask("model-of-this-test", { messages, maxOutputTokens: 321 });
    const [request, ...more] = provider.requests.filter((seen) => seen.model === "model-of-this-test");
    expect(request).toEqual({ model: "model-of-this-test", messages, maxTokens: 321, streamed: true });
    expect(more).toEqual([]);
  });

  it("counts the earlier turns of a conversation as cached", async () => {
    const messages: ModelMessage[] = [
      ...QUESTION,
      { role: "assistant", content: "A thousand words." },
      { role: "user", content: "And two?" },
    ];
    const { usage } = await ask("openai/gpt-4o-mini", { messages });
    expect(normaliseUsage(usage, BOUNDS)).toMatchObject({ fresh: 3, cached: 11, source: "reported" });
  });

  it("that reaches the limit of tokens says so and is not cut", async () => {
    expect(await ask("openai/gpt-4o-mini", { maxOutputTokens: 5 })).toMatchObject({
      text: "Good question. You w",
      finishReason: "length",
      cut: false,
    });
  });

  it("may come from another model than was asked, which is recorded", async () => {
    expect((await ask("fake-other-model")).providerModel).toBe("fake/another-model");
  });

  it("may be empty", async () => {
    const answer = await ask("fake-empty");
    expect(answer).toMatchObject({ text: "", cut: false, finishReason: "stop" });
    expect(normaliseUsage(answer.usage, BOUNDS)).toMatchObject({ fresh: 7, output: 0, source: "reported" });
  });

  it("gives its pieces as they come, and they make up the text", async () => {
    const pieces: string[] = [];
    const { text } = await ask("openai/gpt-4o-mini", { onDelta: (piece) => pieces.push(piece) });
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(text);
  });
});

describe("a wrong usage block never costs the answer", () => {
  it.each([
    ["zero", { fresh: 0, cached: 0, output: 0, source: "reported" }],
    ["above-hold", { fresh: 7, output: 20_000, source: "reported" }],
    ["cumulative", { fresh: 7, output: 37, source: "reported" }],
    ["negative", { fresh: 7, output: 30, source: "estimated", faults: ["prompt_tokens", "completion_tokens", "total_tokens"] }],
    ["fraction", { fresh: 7, output: 30, source: "estimated", faults: ["completion_tokens"] }],
    ["string", { fresh: 7, output: 30, source: "estimated", faults: ["prompt_tokens", "completion_tokens"] }],
    ["null", { fresh: 7, output: 30, source: "estimated", faults: ["prompt_tokens", "completion_tokens"] }],
    ["cached-above-input", { fresh: 0, cached: 7, output: 37, source: "estimated", faults: ["cached_tokens"] }],
    ["huge", { fresh: 30_000, output: 30_000, source: "estimated" }],
    ["total-mismatch", { fresh: 7, output: 37, source: "estimated", faults: ["total_tokens"] }],
    ["overflow", { fresh: 7, output: 37, source: "estimated", faults: ["prompt_tokens"] }],
    ["nan", { fresh: 7, output: 30, source: "estimated", faults: [] }],
    ["text", { fresh: 7, output: 30, source: "estimated", faults: [] }],
  ] as const)("fake-usage-%s", async (name, expected) => {
    const answer = await ask(`fake-usage-${name}`);
    expect(answer).toMatchObject({ text: (await ask("well-behaved")).text, cut: false, finishReason: "stop" });
    expect(normaliseUsage(answer.usage, BOUNDS)).toMatchObject(expected);
    expect(provider.callsTo(`fake-usage-${name}`)).toBe(1);
  });

  it("no block at all is null, with no cost", async () => {
    expect(await ask("fake-no-usage")).toMatchObject({ usage: null, costUsd: null, cut: false, finishReason: "stop" });
  });

  it.each(["fake-usage-negative", "fake-usage-huge"])("the cost of %s is not believed", async (name) => {
    expect((await ask(name)).costUsd).toBeNull();
  });
});

describe("the text of an answer can be stored", () => {
  it("without NUL", async () => {
    expect((await ask("fake-nul")).text).toBe("beforeafter");
  });

  it("without half surrogate pairs", async () => {
    expect((await ask("fake-surrogate")).text).toBe("half a pair: \uFFFD, and the other half: \uFFFD.");
  });

  it("with surrogate pairs that two chunks shared", async () => {
    const message = `x${"😀".repeat(59)}`; // one unit off the chunk size, so that chunks end inside a pair
    expect((await ask("openai/gpt-4o-mini", { messages: [{ role: "user", content: message }] })).text).toContain(message);
  });

  it("up to 1 MiB, and the rest is left out without calling the answer cut", async () => {
    const { text, cut } = await ask("fake-big-5000000");
    expect(Buffer.byteLength(text)).toBe(1024 * 1024);
    expect(cut).toBe(false);
  });
});

it("a container that runs no turn never loads the AI SDK", async () => {
  const script = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ resolve(specifier, context, next) { seen.push(specifier); return next(specifier, context); } });
    const { createGateway } = await import("@pantheon/core/llm/gateway.ts");
    createGateway({ apiKey: "k", baseUrl: "http://127.0.0.1:9/v1", log: {}, clock: Date.now, ticks: () => performance.now() });
    console.log(JSON.stringify(seen));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: new URL("../../packages/local", import.meta.url),
    timeout: 20_000,
  });
  const seen: unknown = JSON.parse(stdout);
  expect(seen).toContain("p-retry");
  expect(seen).not.toContain("ai");
  expect(seen).not.toContain("@ai-sdk/openai-compatible");
});
