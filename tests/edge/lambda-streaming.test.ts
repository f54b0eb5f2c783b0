// What the streaming adapter owes a reader who left, and the application behind it: its work is done to the end, and nothing hangs.

import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { streamHandler, type ResponseStream, type StreamHandler } from "@pantheon/edge/lambda/streaming.ts";
import { sourceOf } from "../support/lambda-body.ts";
import { quietLog } from "../support/quiet-log.ts";

const CONTEXT = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 10_000 };

// What the runtime brings with it; the head is of no interest here.
const runtime = {
  streamifyResponse: (handler: StreamHandler) => handler,
  HttpResponseStream: { from: (out: ResponseStream) => out },
};
beforeAll(() => void Object.assign(globalThis, { awslambda: runtime }));
afterAll(() => void Reflect.deleteProperty(globalThis, "awslambda"));

it.each([
  ["before the answer began", 0],
  ["while the answer was held back for it", 3],
])("a reader who left %s does not end the application's work", async (_name, readChunks) => {
  let made = 0;
  const body = sourceOf(100, (count) => (made = count));
  const log = quietLog();
  const out = new PassThrough({ highWaterMark: 1 });
  if (readChunks === 0) out.destroy();
  else leaveAfter(out, readChunks);
  await streamHandler({ fetch: () => new Response(body) }, log)({}, out, CONTEXT);
  expect(made).toBe(100);
  expect(log.lines).toEqual([]);
});

it("an answer whose body fails has no end, and the handler says no more than that", async () => {
  const log = quietLog();
  const out = new PassThrough().resume();
  const failing = sourceOf(2, (count) => {
    if (count === 2) throw new RangeError("canary");
  });
  const answered = streamHandler({ fetch: () => new Response(failing) }, log)({}, out, CONTEXT);
  await expect(answered).rejects.toThrow(/^The answer broke off\.$/);
  await expect(answered).rejects.not.toHaveProperty("cause");
  expect(out.writableEnded).toBe(false);
  expect(log.lines).toEqual([
    { level: "error", message: "An answer broke off.", fields: { request_id: "request-1", error: "RangeError" } },
  ]);
});

function leaveAfter(out: PassThrough, chunks: number): void {
  let read = 0;
  out.on("data", () => {
    read += 1;
    if (read === chunks) out.pause().destroy();
  });
}
