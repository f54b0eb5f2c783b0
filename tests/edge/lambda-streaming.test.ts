// What the streaming adapter owes a reader who left, and the application behind it: it is told, its work is waited for, and nothing hangs.

import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { DomainError } from "@pantheon/contract/error.ts";
import { eventStream, type EventSource } from "@pantheon/edge/output/event-stream.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { streamHandler, type ResponseStream, type StreamHandler } from "@pantheon/edge/lambda/streaming.ts";
import { sourceOf } from "../support/lambda-body.ts";
import { urlEvent } from "../support/lambda-event.ts";
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

it("a stream in which nothing comes says every 15 seconds that it is there, and then goes on where it was", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const coming = [Promise.withResolvers<Told>(), Promise.withResolvers<Told>()];
  const ended = Promise.withResolvers<null>();
  const source = { next: async () => coming.shift()?.promise ?? null, leave: async () => {}, ended: ended.promise };
  const [first, second] = coming;
  const app = new Hono<AppEnv>().post("*", (c) => eventStream(c, source, () => new DomainError("internal", "No.")));
  const out = new PassThrough();
  let read = "";
  out.on("data", (part: Buffer) => (read += part.toString()));
  const over = streamHandler(app, quietLog())(urlEvent({ method: "POST", path: "/" }), out, CONTEXT);
  for (const seen of [0, 1, 2]) {
    await vi.advanceTimersByTimeAsync(14_999);
    expect(read).toBe(": keep-alive\n\n".repeat(seen));
    await vi.advanceTimersByTimeAsync(1);
  }
  first?.resolve({ type: "chunk", delta: "one" });
  second?.resolve({ type: "chunk", delta: "two" });
  ended.resolve(null);
  await over;
  vi.useRealTimers();
  const [one, two] = ["one", "two"].map((delta) => `data: {"type":"chunk","delta":"${delta}"}\n\n`);
  expect(read).toBe(`${": keep-alive\n\n".repeat(3)}${one}${two}`);
});

type Told = Awaited<ReturnType<EventSource["next"]>>;

function leaveAfter(out: PassThrough, chunks: number): void {
  let read = 0;
  out.on("data", () => {
    read += 1;
    if (read === chunks) out.pause().destroy();
  });
}
