// A streamed answer on Lambda's own runtime client: its head first, its body as it is made and no faster than it is read, and broken
// when it is broken. What is no request is 400 here too.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHUNK } from "../support/lambda-body.ts";
import { bundleFunction } from "../support/lambda-bundle.ts";
import { lambdaContainer, type LambdaContainer } from "../support/lambda-container.ts";
import { answerOf, apiEvent, STRANGE_EVENTS, urlEvent } from "../support/lambda-event.ts";
import { preloadsIn } from "../support/lambda-stage.ts";

let folder: string;
let streaming: LambdaContainer;
let buffered: LambdaContainer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pantheon-echo-"));
  const surroundings = { environment: {}, preloads: await preloadsIn(folder, ["lambda-native-client"]) };
  const bundle = await bundleFunction("tests/support/lambda-echo.stream", join(folder, "echo"));
  streaming = await lambdaContainer(bundle, surroundings);
  buffered = await lambdaContainer({ ...bundle, handler: "bundle.handler" }, surroundings);
});
afterAll(async () => {
  await Promise.all([streaming.end(), buffered.end()]);
  await rm(folder, { recursive: true, force: true });
});

const cookies = urlEvent({ path: "/cookies", more: { cookies: ["s=1", "t=2"] } });

describe("an answer", () => {
  it.each([
    ["buffered", () => buffered],
    ["streamed", () => streaming],
  ])("that is %s has status, headers and each cookie by itself, and the request had its cookies", async (_name, container) => {
    const answer = answerOf(await container().invoke(cookies));
    expect([answer.status, answer.json, answer.cookies]).toEqual([200, { cookie: "s=1; t=2" }, ["a=1; Path=/", "b=2%3B%203; Path=/"]]);
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.headers.get("pantheon-version")).toBe("c0ffee");
    expect(answer.headers.get("x-request-id")).toBe(answer.requestId);
  });

  it("without a body streams its head all the same", async () => {
    const answer = answerOf(await streaming.invoke(urlEvent({ path: "/nothing" })));
    expect([answer.status, answer.bytes.length, answer.headers.get("x-request-id")]).toEqual([204, 0, answer.requestId]);
  });

  it("of 20 MiB streams whole, where a buffered one ends at 6 MB", async () => {
    const { bytes } = answerOf(await streaming.invoke(urlEvent({ path: "/long/20" })));
    expect(bytes.length).toBe(20 * 16 * CHUNK);
    expect(bytes.at(-1)).toBe((20 * 16) % 256);
  });

  it("is made no faster than it is read", async () => {
    await streaming.recycle();
    let seen = 0;
    let made = 0;
    const read = async () => {
      seen += 1;
      if (seen === 2) made = await produced(streaming); // the head came first: now nobody reads for a while
    };
    const { bytes } = answerOf(await streaming.invoke(urlEvent({ path: "/long/64" }), { read }));
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(64 * 16);
    expect(bytes.length).toBe(64 * 16 * CHUNK);
    expect(await produced(streaming)).toBe(64 * 16);
  });

  it("that fails in the middle is seen to be broken, is logged without its cause, and the container goes on", async () => {
    const starts = streaming.starts();
    const broken = await streaming.invoke(urlEvent({ path: "/breaks/3" }));
    expect(broken).toMatchObject({ kind: "streamed", head: { statusCode: 200 }, error: "BrokenAnswer" });
    expect(broken.kind === "streamed" && broken.body.length).toBe(3 * CHUNK);
    expect(answerOf(await streaming.invoke(cookies)).status).toBe(200);
    expect(streaming.starts()).toBe(starts);
    expect(await streaming.logs()).toContainEqual(
      expect.objectContaining({ level: "ERROR", message: "An answer broke off.", request_id: broken.requestId, error: "Error" }),
    );
    expect(JSON.stringify(await streaming.logs())).not.toContain("canary");
  });
});

describe("a function that does not come back", () => {
  it.each([
    ["buffered", () => buffered],
    ["streamed", () => streaming],
  ])("is killed at its deadline, and the next request starts it anew (%s)", async (_name, container) => {
    const starts = container().starts();
    expect((await container().invoke(urlEvent({ path: "/hangs" }), { timeoutMs: 500 })).kind).toBe("timed out");
    expect(answerOf(await container().invoke(cookies)).status).toBe(200);
    expect(container().starts()).toBe(starts + 1);
  });
});

describe("an event that is no HTTP request", () => {
  it.each(STRANGE_EVENTS)("is 400 from the streaming adapter: %s", async (_name, event) => {
    const answer = answerOf(await streaming.invoke(event));
    expect([answer.status, answer.json.code, answer.headers.get("content-type")]).toEqual([
      400,
      "malformed_request",
      "application/problem+json",
    ]);
  });

  it("is 400 from the buffered adapter on the runtime too", async () => {
    for (const [, event] of STRANGE_EVENTS) expect(answerOf(await buffered.invoke(event)).status).toBe(400);
    expect(answerOf(await buffered.invoke(apiEvent({ path: "/cookies" }))).status).toBe(200);
  });
});

/** How many chunks were made for the newest request, once no more are. */
async function produced(container: LambdaContainer): Promise<number> {
  const made = async () => (await container.logs()).findLast((line) => line.message === "produced")?.chunks ?? 0;
  let last = -1;
  for (let now = await made(); now !== last; now = await made()) {
    last = now;
    await sleep(200);
  }
  return last;
}
