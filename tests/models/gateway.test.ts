// An answer of a model arrives whole, with the provider's own figures, over real HTTP.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelAnswer } from "@pantheon/core/models/collect.ts";
import type { Message } from "@pantheon/core/models/request.ts";
import { normaliseUsage } from "@pantheon/core/metering/usage.ts";
import { startProvider } from "@pantheon/stand-ins/provider/provider.ts";
import type { Provider } from "@pantheon/stand-ins/provider/provider.ts";
import { givenGateway, type GivenCall } from "../support/given-gateway.ts";

const QUESTION: Message[] = [{ role: "user", content: "What does one credit buy me?" }];
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

function ask(providerModel: string, call: GivenCall = {}): Promise<ModelAnswer> {
  return givenGateway(provider.url).ask(providerModel, { messages: QUESTION, ...call });
}

describe("a good answer", () => {
  it("carries the text, the finish, the usage block, the id, the model and the provider's cost", async () => {
    const answer = await ask("openai/gpt-4o-mini");
    expect(answer).toMatchObject({
      text: expect.stringContaining("What does one credit buy me?"),
      cut: null,
      finishReason: "stop",
      provider: "openrouter",
      providerModel: "openai/gpt-4o-mini",
      providerRequestId: expect.stringMatching(/^gen-/),
      costUsd: "0.00002325",
    });
    expect(answer.usage).toMatchObject({ fresh: 7, output: 37, total: 44, faults: [] });
    expect(Number.isInteger(answer.latencyMs)).toBe(true);
  });

  it("is asked for once, streamed, with every message in order and the limit of tokens", async () => {
    const messages: Message[] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "One." },
      { role: "assistant", content: "Yes." },
      { role: "user", content: "Two." },
    ];
    await ask("model-of-this-test", { messages, maxOutputTokens: 321 });
    const [request, ...more] = provider.requests.filter((seen) => seen.model === "model-of-this-test");
    expect(request).toEqual({ model: "model-of-this-test", messages, maxTokens: 321, streamed: true, options: {} });
    expect(more).toEqual([]);
  });

  it("counts the earlier turns of a conversation as cached", async () => {
    const messages: Message[] = [...QUESTION, { role: "assistant", content: "A thousand words." }, { role: "user", content: "And two?" }];
    const { usage } = await ask("openai/gpt-4o-mini", { messages });
    expect(normaliseUsage(usage, BOUNDS)).toMatchObject({ fresh: 3, cached: 11, source: "reported" });
  });

  it("that reaches the limit of tokens says so and is not cut", async () => {
    expect(await ask("openai/gpt-4o-mini", { maxOutputTokens: 5 })).toMatchObject({
      text: "Good question. You w",
      finishReason: "length",
      cut: null,
    });
  });

  it("may come from another model than was asked, which is recorded", async () => {
    expect((await ask("fake-other-model")).providerModel).toBe("fake/another-model");
  });

  it("may be empty", async () => {
    const answer = await ask("fake-empty");
    expect(answer).toMatchObject({ text: "", cut: null, finishReason: "stop" });
    expect(normaliseUsage(answer.usage, BOUNDS)).toMatchObject({ fresh: 7, output: 0, source: "reported" });
  });

  it("gives its pieces as they come, and they make up the text", async () => {
    const { pieces, answer } = await givenGateway(provider.url).stream("openai/gpt-4o-mini", { messages: QUESTION });
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(answer.text);
  });
});

describe("a wrong usage block never costs the answer", () => {
  it.each([
    ["zero", { fresh: 0, cached: 0, output: 0, source: "reported" }],
    ["above-hold", { fresh: 7, output: 20_000, source: "reported" }],
    ["cumulative", { fresh: 7, output: 37, source: "reported" }],
    ["negative", { fresh: 7, output: 30, source: "estimated", faults: ["input", "output", "total"] }],
    ["fraction", { fresh: 7, output: 30, source: "estimated", faults: ["output"] }],
    ["string", { fresh: 7, output: 30, source: "estimated", faults: ["input", "output"] }],
    ["null", { fresh: 7, output: 30, source: "estimated", faults: ["input", "output"] }],
    ["cached-above-input", { fresh: 0, cached: 7, output: 37, source: "estimated", faults: ["cache_read"] }],
    ["huge", { fresh: 30_000, output: 30_000, source: "estimated" }],
    ["total-mismatch", { fresh: 7, output: 37, source: "estimated", faults: ["surplus"] }],
    ["overflow", { fresh: 7, output: 37, source: "estimated", faults: ["input"] }],
    ["nan", { fresh: 7, output: 30, source: "estimated", faults: [] }],
    ["text", { fresh: 7, output: 30, source: "estimated", faults: [] }],
  ] as const)("fake-usage-%s", async (name, expected) => {
    const answer = await ask(`fake-usage-${name}`);
    expect(answer).toMatchObject({ text: (await ask("well-behaved")).text, cut: null, finishReason: "stop" });
    expect(normaliseUsage(answer.usage, BOUNDS)).toMatchObject(expected);
    expect(provider.callsTo(`fake-usage-${name}`)).toBe(1);
  });

  it("no block at all is null, with no cost", async () => {
    expect(await ask("fake-no-usage")).toMatchObject({ usage: null, costUsd: null, cut: null, finishReason: "stop" });
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
    expect(cut).toBeNull();
  });
});
