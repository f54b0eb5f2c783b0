// A streamed turn is the same turn: opened, settled and stored once, whatever the provider or the reader does meanwhile.

import type { RequestListener } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import * as v from "valibot";
import { StreamEvent } from "@pantheon/contract/stream.ts";
import { givenContainer, providedBy, type Container } from "../support/container.ts";
import { serving } from "../support/given-answer.ts";
import { givenCredits, givenEnforcement, givenPrice, givenSession, modelsWith } from "../support/given.ts";
import { debitsOf, eventsOf, turnsOf, walletOf } from "../support/ledger.ts";
import { LONG_ANSWERS, PIECES, WORDS } from "../support/long-answers.ts";
import { streamed, textOf, type StreamOptions } from "../support/streamed-turn.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const NAMES = ["fake-500", "fake-drip-200", "fake-slow-600"];
const LONG = LONG_ANSWERS.openrouter;

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ models: modelsWith(...NAMES) });
  for (const name of NAMES) await givenPrice(world, name, "1");
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const stream = async (user: string, more: Partial<StreamOptions> = {}, container?: Container) =>
  streamed(world, container?.deps ?? world.deps, await givenSession(world, user), { user, ...more });

describe("a whole answer", () => {
  test("comes as started, chunks, usage and done, which is the turn as it is stored", async () => {
    await givenCredits(world, "whole", "10");
    const session = await givenSession(world, "whole");
    const { response, rest } = await streamed(world, world.deps, session, { user: "whole" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    const events = await rest();
    for (const event of events) expect(v.is(StreamEvent, event)).toBe(true);
    const kinds = events.map(({ type }) => type);
    expect([kinds[0], kinds.at(-1)]).toEqual(["turn_started", "done"]);
    expect(kinds.filter((kind) => kind === "chunk").length).toBeGreaterThan(5);
    const { turns } = (await world.call("GET", `/api/v1/sessions/${session}/turns`, { user: "whole" })).json;
    const { type, turn_id, ...turn } = events.at(-1) ?? {};
    expect([type, turn_id, turn]).toEqual(["done", turns[0].id, turns[0]]);
    expect(textOf(events)).toBe(turn.assistant_output);
    expect(events[0]).toMatchObject({ turn_id, multiplier: "1", hold: expect.stringMatching(/^0\.\d+$/) });
    expect(await debitsOf(world, "whole")).toHaveLength(1);
  });

  test("has one line in the log, which is written when it has ended", async () => {
    const container = givenContainer(world);
    const { next, rest } = await stream("logged", { alias: "fake-drip-200" }, container);
    await next();
    const lines = () => container.log.lines.filter(({ message }) => message === "request");
    expect(lines()).toEqual([]);
    await rest();
    expect(lines()).toMatchObject([{ fields: { status: 200, code: null, user_id: "logged" } }]);
    expect(Number(lines()[0]?.fields["ms"])).toBeGreaterThan(1_000);
    await container.close();
  });
});

describe("a refusal", () => {
  test("of opening is a problem document, and no stream", async () => {
    await givenEnforcement(world, true);
    const poor = await stream("poor");
    await givenEnforcement(world, null);
    expect([poor.response.status, poor.response.headers.get("content-type")]).toEqual([402, "application/problem+json"]);
    const lost = await streamed(world, world.deps, "01900000-0000-7000-8000-000000000000", { user: "poor" });
    expect(lost.response.status).toBe(404);
    expect((await stream("poor", { alias: "unknown" })).response.status).toBe(422);
    expect((await stream("poor", { timeLeftMs: 3_200 })).response.status).toBe(503);
  });

  test("of the provider is the last event: nothing is charged, and the same key runs again", async () => {
    const container = givenContainer(world);
    const session = await givenSession(world, "unlucky");
    const first = await streamed(world, container.deps, session, { user: "unlucky", key: "k", alias: "fake-500" });
    expect(await first.rest()).toMatchObject([{ type: "turn_started" }, { type: "error", code: "provider_failed" }]);
    expect(container.log.lines.find(({ message }) => message === "request")?.fields).toMatchObject({ code: "provider_failed" });
    expect((await turnsOf(world, "unlucky")).map(({ status }) => status)).toEqual(["failed"]);
    expect((await walletOf(world, "unlucky"))?.held).toBe("0.00000000");
    world.provider.behave("fake-500", "well-behaved");
    const again = await streamed(world, container.deps, session, { user: "unlucky", key: "k", alias: "fake-500" });
    expect((await again.rest()).at(-1)).toMatchObject({ type: "done", status: "completed" });
    world.provider.behave("fake-500", null);
    expect(await eventsOf(world, "unlucky")).toHaveLength(1);
    await container.close();
  });
});

test("the same key tells the stored answer again, is 409 while it runs, and 422 for another request", async () => {
  const session = await givenSession(world, "again");
  const options = { user: "again", key: "k", alias: "fake-slow-600" };
  const first = await streamed(world, world.deps, session, options);
  const during = await streamed(world, world.deps, session, options);
  expect(during.response.status).toBe(409);
  expect(await during.response.json()).toMatchObject({ code: "idempotency_in_progress" });
  const events = await first.rest();
  const replay = await streamed(world, world.deps, session, options);
  expect(replay.response.headers.get("idempotency-replayed")).toBe("true");
  const told = await replay.rest();
  for (const event of told) expect(v.is(StreamEvent, event)).toBe(true);
  expect([told.at(-1), textOf(told)]).toEqual([events.at(-1), textOf(events)]);
  expect((await streamed(world, world.deps, session, { ...options, message: "Other." })).response.status).toBe(422);
  expect(await eventsOf(world, "again")).toHaveLength(1);
});

describe(`an answer of ${PIECES} chunks`, () => {
  let pieces = 0;
  let container: Container;
  let server: Awaited<ReturnType<typeof serving>>;
  const listener: RequestListener = (request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    const body = [...LONG.head, ...LONG.pieces.slice(0, pieces)].join("");
    if (pieces > PIECES) response.end([body, ...LONG.tail].join(""));
    else response.write(body, () => setImmediate(() => response.destroy()));
  };
  beforeAll(async () => {
    server = await serving(listener);
    container = givenContainer(world, { config: providedBy(world.config, server.url) });
  });
  afterAll(async () => {
    await container.close();
    await server.close();
  });

  test("that is cut after any of them settles once, for what had come", async () => {
    await givenCredits(world, "cut", "10");
    for (pieces = 1; pieces <= PIECES; pieces += 1) {
      const events = await (await stream("cut", {}, container)).rest();
      const text = WORDS.slice(0, pieces).join("");
      expect([textOf(events), events.at(-1)]).toMatchObject([text, { type: "done", assistant_output: text, usage: { estimated: true } }]);
    }
    const calls = await eventsOf(world, "cut");
    expect(calls.map(({ status, usage_source }) => [status, usage_source])).toEqual(calls.map(() => ["partial", "estimated"]));
    expect([calls.length, (await debitsOf(world, "cut")).length]).toEqual([PIECES, PIECES]);
  }, 60_000);

  test("whose reader leaves at any of them settles once, whole", async () => {
    await givenCredits(world, "leaves", "10");
    pieces = PIECES + 1;
    for (let seen = 0; seen <= PIECES; seen += 1) {
      const { next, leave } = await stream("leaves", {}, container);
      for (let read = 0; read <= seen; read += 1) await next();
      await leave();
    }
    const turns = await turnsOf(world, "leaves");
    expect(turns.map(({ status, assistant_output }) => [status, assistant_output])).toEqual(turns.map(() => ["completed", WORDS.join("")]));
    const calls = await eventsOf(world, "leaves");
    expect(calls.every(({ status }) => status === "success")).toBe(true);
    expect([turns.length, calls.length, (await debitsOf(world, "leaves")).length]).toEqual([PIECES + 1, PIECES + 1, PIECES + 1]);
  }, 60_000);
});

test("an answer that our own time cuts is charged for what its reader saw", async () => {
  const { rest } = await stream("late", { alias: "fake-drip-200", timeLeftMs: 4_500 });
  const events = await rest();
  expect(events.at(-1)).toMatchObject({ type: "done", assistant_output: textOf(events), usage: { estimated: true } });
  expect(textOf(events)).not.toBe("");
  expect(await eventsOf(world, "late")).toMatchObject([{ status: "partial" }]);
});

test("an answer without end whose reader has left is cut after a while, and charged for what had come", async () => {
  const endless = await serving((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" }).write([...LONG.head, ...LONG.pieces].join(""));
    const timer = setInterval(() => response.write(": still here\n\n"), 500);
    response.once("close", () => clearInterval(timer));
  });
  const container = givenContainer(world, { config: providedBy(world.config, endless.url) });
  const { next, leave } = await stream("gone", { timeLeftMs: 60_000 }, container);
  await next();
  const ends = await Promise.race([leave().then(() => "settled"), sleep(20_000, "reads on")]);
  expect(ends).toBe("settled");
  expect(await turnsOf(world, "gone")).toMatchObject([{ status: "completed", assistant_output: WORDS.join("") }]);
  expect(await eventsOf(world, "gone")).toMatchObject([{ status: "partial", usage_source: "estimated" }]);
  await container.close();
  await endless.close();
}, 30_000);

test("whoever hangs up in the middle, over HTTP, is charged once, and the key tells the whole answer", async () => {
  const session = await givenSession(world, "hangs-up", { model_alias: "fake-drip-200" });
  const post = async (signal: AbortSignal | null) =>
    fetch(`${world.apiUrl}/api/v1/sessions/${session}/turns/stream`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${await world.issuer.token({ user: "hangs-up" })}`,
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
      },
      body: '{"message":"hello"}',
      signal,
    });
  const leaving = new AbortController();
  const response = await post(leaving.signal);
  const reader = response.body?.getReader();
  await reader?.read();
  leaving.abort();
  await vi.waitFor(async () => expect(await turnsOf(world, "hangs-up")).toMatchObject([{ status: "completed" }]), { timeout: 20_000 });
  const replay = await post(null);
  expect(replay.headers.get("idempotency-replayed")).toBe("true");
  expect(await replay.text()).toContain('data: {"type":"done"');
  expect(await eventsOf(world, "hangs-up")).toMatchObject([{ status: "success" }]);
}, 30_000);
