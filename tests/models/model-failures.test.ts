// A refusal of any provider comes to one neutral failure, which says whether another route may help, and when.

import { describe, expect, it } from "vitest";
import { anthropic } from "@pantheon/core/models/dialects/anthropic.ts";
import { google } from "@pantheon/core/models/dialects/google.ts";
import { openAiCompatible } from "@pantheon/core/models/dialects/openai-compatible.ts";
import { retryAfterOf } from "@pantheon/core/models/failure.ts";

const QUOTA = [{ "@type": "type.googleapis.com/google.rpc.QuotaFailure" }];

describe("a refusal", () => {
  it.each([
    [openAiCompatible, 429, { error: { type: "insufficient_quota", code: "credit_balance_exhausted" } }, "no_money", true],
    [openAiCompatible, 429, { error: { type: "requests", code: "rate_limit_exceeded" } }, "rate_limited", true],
    [openAiCompatible, 429, { error: { code: "project_spend_limit_exceeded" } }, "no_money", true],
    [openAiCompatible, 402, { error: { code: 402, message: "canary" } }, "no_money", true],
    [openAiCompatible, 401, { error: { type: "invalid_request_error", code: "invalid_api_key" } }, "auth", true],
    [openAiCompatible, 404, { error: { type: "invalid_request_error", code: "model_not_found" } }, "auth", true],
    [openAiCompatible, 400, { error: { type: "invalid_request_error", code: "unsupported_parameter" } }, "refused", false],
    [openAiCompatible, 400, { error: { type: "invalid_request_error", code: "context_length_exceeded" } }, "context_length", false],
    [
      openAiCompatible,
      400,
      { error: { code: 400, message: "This endpoint's maximum context length is 128000 tokens." } },
      "context_length",
      false,
    ],
    [openAiCompatible, 400, { error: { code: "content_policy_violation" } }, "content_filter", false],
    [
      openAiCompatible,
      403,
      { error: { code: 403, metadata: { reasons: ["violence"], flagged_input: "canary" } } },
      "content_filter",
      false,
    ],
    [openAiCompatible, 403, { error: { code: 403 } }, "auth", true],
    [openAiCompatible, 422, { object: "error", message: "canary", type: "invalid_request_error", code: "1" }, "refused", false],
    [openAiCompatible, 502, undefined, "overloaded", true],
    [openAiCompatible, 409, {}, "overloaded", true],
    [openAiCompatible, 418, "a text", "refused", false],
    [anthropic, 529, { type: "error", error: { type: "overloaded_error" } }, "overloaded", true],
    [anthropic, 402, { type: "error", error: { type: "billing_error" } }, "no_money", true],
    [
      anthropic,
      400,
      { type: "error", error: { type: "invalid_request_error", details: { error_code: "enforced_spend_limit_reached" } } },
      "no_money",
      true,
    ],
    [
      anthropic,
      400,
      { type: "error", error: { type: "invalid_request_error", message: "prompt is too long: 9 tokens" } },
      "context_length",
      false,
    ],
    [anthropic, 413, { type: "error", error: { type: "request_too_large" } }, "context_length", false],
    [anthropic, 403, { type: "error", error: { type: "permission_error" } }, "auth", true],
    [google, 429, { error: { code: 429, status: "RESOURCE_EXHAUSTED", details: QUOTA } }, "no_money", true],
    [google, 400, { error: { code: 400, status: "INVALID_ARGUMENT" } }, "refused", false],
    [google, 403, { error: { code: 403, status: "PERMISSION_DENIED" } }, "auth", true],
    [
      google,
      400,
      { error: { message: "The input token count (9) exceeds the maximum number of tokens allowed" } },
      "context_length",
      false,
    ],
    [google, 503, { error: { code: 503, status: "UNAVAILABLE" } }, "overloaded", true],
  ] as const)("%# is known", (dialect, status, body, kind, retryable) => {
    const failure = dialect.refusal(status, body, null);
    expect(failure).toEqual({ kind, retryable, retryAfterSeconds: null, status });
  });

  it("tells when to try again, as far as it is believed", () => {
    const details = [...QUOTA, { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.4s" }];
    expect(google.refusal(429, { error: { status: "RESOURCE_EXHAUSTED", details } }, null)).toMatchObject({
      kind: "rate_limited",
      retryAfterSeconds: 35,
    });
    const now = Date.parse("2026-01-01T00:00:00Z");
    const after = (headers: Record<string, string>) => retryAfterOf((name) => headers[name] ?? null, now);
    expect(after({ "retry-after": "7" })).toBe(7);
    expect(after({ "retry-after": "7", "retry-after-ms": "1200" })).toBe(2);
    expect(after({ "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" })).toBe(9);
    expect(after({ "retry-after": "Wed, 31 Dec 2025 00:00:09 GMT" })).toBe(0);
    expect(after({ "retry-after": "999999999" })).toBe(3_600);
    expect(["soon; maybe -1", "-5", "1e9", ""].map((value) => after({ "retry-after": value }))).toEqual([null, null, null, null]);
    expect(after({})).toBeNull();
  });
});
