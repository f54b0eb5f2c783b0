// A provider that is hostile, broken or careless costs no answer that came, no memory without bound, and gets nothing that is not its own.

import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { serving } from "../support/given-answer.ts";
import { askOnce } from "../support/given-call.ts";
import { expectNoSecrets } from "../support/given-gateway.ts";
import { eventsOf, givenModels, refusing, streaming } from "../support/given-models.ts";

const text = (content: string): string => `data: ${JSON.stringify({ id: "gen-1", choices: [{ index: 0, delta: { content } }] })}\n\n`;
const FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';

it.each([301, 302, 303, 307, 308])("a %i does not carry the key to another host", async (status) => {
  let visits = 0;
  const elsewhere = await serving((_, response) => {
    visits += 1;
    response.end();
  });
  const server = await serving(refusing(status, { location: `${elsewhere.url}/chat/completions` }));
  expect((await askOnce("openai", server.url)).failure).toMatchObject({ kind: "auth", status });
  expect(visits).toBe(0);
  await Promise.all([server.close(), elsewhere.close()]);
});

it.each(["openai", "anthropic", "google"] as const)("%s gets its own key in its own header, and no other", async (provider) => {
  const seen: IncomingHttpHeaders[] = [];
  const server = await serving((request, response) => {
    seen.push(request.headers);
    refusing(400)(request, response);
  });
  await askOnce(provider, server.url);
  const [headers = {}] = seen;
  const keys = Object.entries(headers).filter(([, value]) => String(value).includes("canary-key"));
  const expected = {
    openai: ["authorization", "Bearer canary-key"],
    anthropic: ["x-api-key", "canary-key"],
    google: ["x-goog-api-key", "canary-key"],
  };
  expect(keys).toEqual([expected[provider]]);
  await server.close();
});

const ENOUGH = 320; // pieces of 64 KiB, more than any answer may have

it("a body without end is broken off, and its text is bounded", async () => {
  let pieces = 0;
  const server = await serving((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const flood = (): void => {
      while (!response.destroyed && pieces++ < ENOUGH && response.write(text("x".repeat(64 * 1_024))));
      if (pieces > ENOUGH) response.end(FINISH); // so that a reader without a bound is seen to have none
    };
    response.on("drain", flood);
    flood();
  });
  const outcome = await askOnce("openai", server.url);
  expect([outcome.cut, Buffer.byteLength(outcome.text)]).toEqual(["malformed", 1_024 * 1_024]);
  await server.close();
});

it("an event without end is broken off, and what came before it is kept", async () => {
  const server = await serving((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`${text("hello")}data: `);
    const flood = (): void => {
      while (!response.destroyed && response.write("x".repeat(64 * 1_024)));
    };
    response.on("drain", flood);
    flood();
  });
  expect(await askOnce("openai", server.url)).toMatchObject({ text: "hello", cut: "malformed" });
  await server.close();
});

it("a large event within the bound is read", async () => {
  const server = await serving(streaming(text("x".repeat(3 * 1_024 * 1_024)), FINISH));
  expect(await askOnce("openai", server.url)).toMatchObject({ text: "x".repeat(1_024 * 1_024), finish: "stop", cut: null });
  await server.close();
});

it("a refusal with endless words, and one that hangs after its head, are refusals all the same", async () => {
  const server = await serving((request, response) => {
    response.writeHead(503, { "content-type": "application/json" });
    if (request.headers["x-api-key"] === undefined) response.write('{"error":"');
    else response.end("canary".repeat(200_000));
  });
  expect((await askOnce("anthropic", server.url)).failure).toMatchObject({ kind: "overloaded", status: 503 });
  expect((await askOnce("openai", server.url)).failure).toMatchObject({ kind: "overloaded", status: 503 });
  await server.close();
});

it("headers without end are a failure", async () => {
  const server = await serving((_, response) => void response.writeHead(200, { "x-long": "x".repeat(100 * 1_024) }).end());
  expect((await askOnce("openai", server.url)).failure).toMatchObject({ kind: "unreachable", retryable: true });
  await server.close();
});

it("a provider that is not there is unreachable, and its address is nobody's to know", async () => {
  const server = await serving(() => {});
  await server.close();
  const outcome = await askOnce("google", server.url);
  expect(outcome.failure).toEqual({ kind: "unreachable", retryable: true, retryAfterSeconds: null, status: null });
  expectNoSecrets(outcome);
});

it("names that are no names, or too long, are made storable", async () => {
  const names = { id: "\0".repeat(3) + "é".repeat(500), model: 7 };
  const chunk = JSON.stringify({ ...names, choices: [{ index: 0, delta: { content: "hello" } }] });
  const server = await serving(streaming(`data: ${chunk}\n\n`, FINISH));
  const answer = await givenModels({ openrouter: server.url }).ask(["openrouter"]);
  expect(answer).toMatchObject({ text: "hello", providerRequestId: "é".repeat(100), providerModel: "asked-for" });
  await server.close();
});

it("a last word that is not followed by the end of the connection is waited for only a moment", async () => {
  const server = await serving((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`${text("hello")}${FINISH}data: [DONE]\n\n`);
  });
  const { gateway, call } = givenModels({ openrouter: server.url });
  const events = await eventsOf(gateway.stream(call(["openrouter"])));
  expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
  await server.close();
});

it("a reader that takes its time holds the provider back, and is no silence of the provider's", async () => {
  let written = 0;
  const server = await serving((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const piece = text("x".repeat(1_024));
    const flood = (): void => {
      while (!response.destroyed && written < 12_000_000 && response.write(piece)) written += piece.length;
      if (written >= 12_000_000) response.end(FINISH);
    };
    response.on("drain", flood);
    flood();
  });
  const { gateway, call } = givenModels({ openrouter: server.url }, { idleMs: 400 });
  let [seen, last, ahead] = [0, "", 0];
  for await (const event of gateway.stream(call(["openrouter"]))) {
    last = event.type;
    if (event.type !== "text" || (seen += 1) !== 10) continue;
    await sleep(1_200);
    ahead = written;
  }
  expect(last).toBe("finish");
  expect(ahead).toBeLessThan(8_000_000); // what the sockets and streams between hold, and no more
  await server.close();
});
