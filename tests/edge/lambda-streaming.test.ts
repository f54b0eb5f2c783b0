// What the streaming adapter owes a reader who left, and the application behind it: it is told, its work is waited for, and nothing hangs.

import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
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
  let [made, isFinished] = [0, false];
  const source = sourceOf(100, (count) => (made = count)).getReader();
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { value } = await source.read();
      if (value !== undefined) controller.enqueue(value);
    },
    cancel: async () => {
      await sleep(50);
      isFinished = true;
    },
  });
  const log = quietLog();
  const out = new PassThrough({ highWaterMark: 1 });
  if (readChunks === 0) out.destroy();
  else leaveAfter(out, readChunks);
  await streamHandler({ fetch: () => new Response(body) }, log)({}, out, CONTEXT);
  expect([isFinished, made < 100]).toEqual([true, true]);
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
