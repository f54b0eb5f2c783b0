// Whatever a provider does, a call ends in time, keeps the text that came, says how it ended, and tells nobody's secrets.

import type { RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ModelAnswer } from "@pantheon/core/models/collect.ts";
import { startProvider } from "@pantheon/stand-ins/provider/provider.ts";
import type { Provider } from "@pantheon/stand-ins/provider/provider.ts";
import { serving } from "../support/given-answer.ts";
import { expectNoSecrets, givenGateway, refusalOf } from "../support/given-gateway.ts";
import type { GivenCall, GivenGateway } from "../support/given-gateway.ts";

let provider: Provider;
let gateway: GivenGateway;

beforeEach(async () => {
  provider = await startProvider();
  gateway = givenGateway(provider.url);
});
afterEach(async () => {
  expectNoSecrets(gateway.lines);
  await provider.close();
});

/** What the log says of each attempt that failed. */
function attempts() {
  return gateway.lines.filter(({ message }) => message === "model attempt failed").map(({ fields }) => fields);
}

function ask(providerModel: string, call: GivenCall = {}): Promise<ModelAnswer> {
  return gateway.ask(providerModel, call);
}

describe("before any text", () => {
  it("a provider without a key is not called", async () => {
    expect((await refusalOf(givenGateway(provider.url, null).ask("any"))).code).toBe("not_configured");
    expect((await refusalOf(givenGateway(provider.url, "").ask("any"))).code).toBe("not_configured");
    expect(provider.calls()).toBe(0);
  });

  it("a call without time left is not made", async () => {
    expect((await refusalOf(ask("any", { timeoutMs: 0 }))).code).toBe("provider_timeout");
    expect(provider.calls()).toBe(0);
  });

  it.each([400, 401, 403, 404])("a %i is not tried again, and only its status is logged", async (status) => {
    const error = await refusalOf(ask(`fake-${status}`));
    expect([error.code, error.status, error.retryAfter]).toEqual(["provider_failed", 502, undefined]);
    expect(provider.calls()).toBe(1);
    const reason = status === 400 ? "refused" : "auth";
    const fields = { provider: "openrouter", provider_model: `fake-${status}`, attempt: 1, status, reason };
    expect(attempts()).toEqual([fields]);
  });

  it("failures that may pass are tried twice again, then refused", async () => {
    const models = ["429", "429-garbage", "500", "502", "503", "529", "html-502", "reset", "garbage", "cut-0", "end-0", "error-chunk-0"];
    const errors = await Promise.all(models.map((name) => refusalOf(ask(`fake-${name}`))));
    expect(errors.map((error) => [error.code, error.retryAfter])).toEqual(models.map(() => ["provider_failed", undefined]));
    expect(models.map((name) => provider.callsTo(`fake-${name}`))).toEqual(models.map(() => 3));
    expect(attempts()).toHaveLength(models.length * 3);
  });

  it.each([1, 2])("%i failures are survived", async (failures) => {
    expect(await ask(`fake-flaky-${failures}`)).toMatchObject({ cut: null, finishReason: "stop" });
    expect(provider.calls()).toBe(failures + 1);
  });

  it("a provider that cannot be reached is refused", async () => {
    await provider.close();
    expect((await refusalOf(ask("any"))).code).toBe("provider_failed");
    expect(attempts().map((fields) => fields?.["reason"])).toEqual(["unreachable", "unreachable", "unreachable"]);
    provider = await startProvider();
  });
});

describe("Retry-After of a rate limit", () => {
  it("is waited for when it fits into the time left", async () => {
    expect((await refusalOf(ask("fake-429-1", { timeoutMs: 1_700 }))).retryAfter).toBe(1);
    expect(provider.calls()).toBe(2);
  });

  it("is passed on at once when it does not fit", async () => {
    expect((await refusalOf(ask("fake-429-30"))).retryAfter).toBe(30);
    expect(provider.calls()).toBe(1);
  });

  it("may be a date", async () => {
    const error = await refusalOf(ask("fake-429-date", { timeoutMs: 700 }));
    expect(error.code).toBe("provider_failed");
    expect([1, 2]).toContain(error.retryAfter);
    expect(provider.calls()).toBe(1);
  });

  it("is believed up to an hour", async () => {
    expect((await refusalOf(ask("fake-429-999999999"))).retryAfter).toBe(3_600);
  });
});

describe("a provider that is silent or slow until the time is over", () => {
  it.each(["fake-silent", "fake-slow-30000"])("%s is a timeout, and the connection is given up", async (model) => {
    const error = await refusalOf(ask(model, { timeoutMs: 400 }));
    expect([error.code, error.status]).toEqual(["provider_timeout", 504]);
    await vi.waitFor(() => expect([provider.inFlight(), provider.abandoned()]).toEqual([0, 1]));
  });

  it("is a timeout also when some text had come", async () => {
    expect((await refusalOf(ask("fake-drip-150", { timeoutMs: 900 }))).code).toBe("provider_timeout");
    await vi.waitFor(() => expect([provider.inFlight(), provider.abandoned()]).toEqual([0, 1]));
    const { pieces, answer } = await gateway.stream("fake-drip-150", { timeoutMs: 900 });
    expect([pieces.length > 0, pieces.join(""), answer.cut?.kind]).toEqual([true, answer.text, "late"]);
  });

  it("has no more time for a second attempt than was left by the first", async () => {
    provider.behave("m", "fake-429-1");
    const asked = refusalOf(ask("m", { timeoutMs: 1_500 }));
    await vi.waitFor(() => expect(provider.calls()).toBe(1));
    provider.behave("m", "fake-silent");
    expect((await asked).code).toBe("provider_timeout");
    expect(provider.calls()).toBe(2);
  });
});

describe("an answer that breaks off keeps what had come, and is not asked for again", () => {
  it.each(["fake-cut", "fake-end", "fake-error-chunk"])("%s, after every chunk", async (model) => {
    const { pieces } = await gateway.stream("well-behaved");
    expect(pieces.length).toBeGreaterThan(5);
    for (let chunks = 1; chunks <= pieces.length; chunks += 1) {
      const answer = await ask(`${model}-${chunks}`);
      expect(answer).toMatchObject({
        text: pieces.slice(0, chunks).join(""),
        cut: { kind: expect.any(String) },
        finishReason: null,
        usage: null,
      });
      expect(answer.providerRequestId).toMatch(/^gen-/);
      expect(provider.callsTo(`${model}-${chunks}`)).toBe(1);
    }
    expect(attempts()).toEqual([]);
  });
});

describe("a prompt that is too long for the provider", () => {
  const refusals: [string, RequestListener][] = [
    ["a code", (_request, response) => response.writeHead(400).end('{"error":{"code":"context_length_exceeded","message":"canary"}}')],
    ["words", (_request, response) => response.writeHead(400).end('{"error":{"message":"prompt is too long: 210004 tokens > 200000"}}')],
    ["its status", (_request, response) => response.writeHead(413).end()],
    ["an error chunk", (_request, response) => response.end('data: {"error":{"code":400,"message":"maximum context length is 9"}}\n\n')],
  ];
  it.each(refusals)("is told by %s, is not tried again, and nothing of its words is kept", async (_name, listener) => {
    let calls = 0;
    const server = await serving((request, response) => {
      calls += 1;
      listener(request, response);
    });
    gateway = givenGateway(server.url);
    expect((await refusalOf(ask("m"))).code).toBe("context_budget_exceeded");
    expect([calls, gateway.lines.map(({ fields }) => fields?.["reason"])]).toEqual([1, ["context_length"]]);
    await server.close();
  });

  const others: [string, RequestListener][] = [
    ["of another kind", (_request, response) => response.writeHead(400).end('{"error":{"message":"max_tokens is too large"}}')],
    ["that never ends", (_request, response) => void response.writeHead(400).write("{")],
    ["without end", (_request, response) => response.writeHead(422).end(`${"x".repeat(200_000)} context_length_exceeded`)],
    ["that breaks off", (_request, response) => response.writeHead(400).write("{", () => response.destroy())],
  ];
  it.each(others)("is not what a refusal %s tells", async (_name, listener) => {
    const server = await serving(listener);
    expect((await refusalOf(givenGateway(server.url).ask("m"))).code).toBe("provider_failed");
    await server.close();
  });
});
