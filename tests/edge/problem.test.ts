// A refusal on the wire says what programs and people need, and nothing that belongs to the house.

import * as v from "valibot";
import { expect, it } from "vitest";
import { HTTPException } from "hono/http-exception";
import { BrokenInvariant, DomainError } from "@pantheon/contract/error.ts";
import { Problem } from "@pantheon/contract/problem.ts";
import { problem, problemDocument } from "@pantheon/edge/output/problem.ts";
import { refusalOf } from "@pantheon/edge/shell/thrown.ts";
import type { Log } from "@pantheon/core/log.ts";

type Line = { level: string; message: string; fields: unknown };

function recordingLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const record =
    (level: string) =>
    (message: string, fields: unknown): void =>
      void lines.push({ level, message, fields });
  return { log: { info: record("info"), warn: record("warn"), error: record("error"), count: record("count") }, lines };
}

it("carries the common members in their order, then those of its code", () => {
  const error = new DomainError("insufficient_credits", "Insufficient credits.", { members: { balance: "0", top_up_url: null } });
  expect(JSON.stringify(problemDocument(error, "r-1"))).toBe(
    '{"type":"/problems/insufficient_credits","title":"Insufficient credits","status":402,"detail":"Insufficient credits.",' +
      '"code":"insufficient_credits","request_id":"r-1","balance":"0","top_up_url":null}',
  );
});

it("fits its own schema, with faults and without", () => {
  const errors = [{ path: "a.0", message: "must be string" }];
  for (const extras of [{}, { errors }]) {
    expect(v.is(Problem, problemDocument(new DomainError("invalid_request", "No.", extras), "r"))).toBe(true);
  }
});

it("says when to come back, and how to sign in", () => {
  const busy = problem(new DomainError("session_busy", "Busy.", { retryAfter: 3 }), "r");
  expect([busy.status, busy.headers.get("Retry-After"), busy.headers.get("WWW-Authenticate")]).toEqual([409, "3", null]);
  const stranger = problem(new DomainError("unauthenticated", "Who?"), "r");
  expect([stranger.status, stranger.headers.get("WWW-Authenticate")]).toEqual([401, "Bearer"]);
  const expired = problem(new DomainError("unauthenticated", "Who?", { reason: "expired" }), "r");
  expect(expired.headers.get("WWW-Authenticate")).toBe('Bearer error="invalid_token", error_description="expired"');
  expect(stranger.headers.get("Content-Type")).toBe("application/problem+json");
});

it.each([
  ["an error with data in its message", new Error("duplicate key (email)=(canary@example.com)")],
  ["a broken invariant", new BrokenInvariant("the wallet chain is continuous")],
  ["a text", "canary"],
  ["nothing at all", undefined],
  ["a server fault of the framework", new HTTPException(502, { message: "canary" })],
])("tells nobody outside about %s, and keeps its data out of the log", (_name, thrown) => {
  const { log, lines } = recordingLog();
  const refusal = refusalOf(thrown, log, { request_id: "r" });
  expect([refusal.code, refusal.message]).toEqual(["internal", "Something went wrong on our side."]);
  expect(JSON.stringify([problemDocument(refusal, "r"), lines])).not.toContain("canary");
  expect(lines.filter((line) => line.level === "error")).toHaveLength(1);
});

it("counts a broken invariant, and names it in the log", () => {
  const { log, lines } = recordingLog();
  refusalOf(new BrokenInvariant("held is never negative"), log, {});
  expect(lines.map((line) => [line.level, line.message])).toEqual([
    ["count", "invariant_broken"],
    ["error", "An invariant does not hold."],
  ]);
  expect(lines[1]?.fields).toMatchObject({ invariant: "held is never negative" });
});

it.each([
  [400, "malformed_request"],
  [401, "unauthenticated"],
  [404, "not_found"],
  [413, "payload_too_large"],
  [415, "unsupported_media_type"],
  [409, "malformed_request"],
] as const)("takes the framework's own %i as %s, in our words and without a log line", (status, code) => {
  const { log, lines } = recordingLog();
  const refusal = refusalOf(new HTTPException(status, { message: "canary" }), log, {});
  expect([refusal.code, refusal.message.includes("canary"), lines.length]).toEqual([code, false, 0]);
});
