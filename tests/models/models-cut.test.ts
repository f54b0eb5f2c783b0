// An answer that is cut after any of its pieces, or left by its reader after any of them, keeps what had come, in each dialect, and
// leaves no connection behind.

import type { RequestListener } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { eventsOf, givenModels } from "../support/given-models.ts";
import { serving } from "../support/given-answer.ts";
import { LONG_ANSWERS, LONG_PROVIDERS, PIECES, WORDS, type LongAnswer } from "../support/long-answers.ts";

describe.each(LONG_PROVIDERS)("%s", (provider) => {
  const answer = LONG_ANSWERS[provider];

  it.each(["connection lost", "stream ended"])("cut after every piece: %s", async (how) => {
    let pieces = 0;
    const server = await serving((request, response) => cutting(answer, pieces, how)(request, response));
    const { ask, log } = givenModels({ [provider]: server.url });
    for (pieces = 1; pieces <= PIECES; pieces += 1) {
      const { text, cut, finishReason, usage } = await ask([provider]);
      expect([text, cut?.kind, finishReason]).toEqual([WORDS.slice(0, pieces).join(""), "cut", null]);
      expect(usage?.fresh ?? null).toBe(answer.inputEarly);
    }
    expect(log.lines.filter(({ message }) => message === "model attempt failed")).toEqual([]);
    await server.close();
  });

  it("left by its reader after every piece: the connection is given up", async () => {
    let [open, left] = [0, 0];
    const server = await serving((request, response) => {
      open += 1;
      response.once("close", () => {
        open -= 1;
        if (!response.writableFinished) left += 1;
      });
      return endless(answer)(request, response);
    });
    const { gateway, call } = givenModels({ [provider]: server.url });
    for (let wanted = 1; wanted <= PIECES; wanted += 1) {
      let text = "";
      let seen = 0;
      for await (const event of gateway.stream(call([provider]))) {
        if (event.type === "text") [text, seen] = [text + event.text, seen + 1];
        if (seen === wanted) break;
      }
      expect(text).toBe(WORDS.slice(0, wanted).join(""));
    }
    await vi.waitFor(() => expect([open, left]).toEqual([0, PIECES]));
    await server.close();
  });

  it("stopped by its caller: cut, with what had come", async () => {
    const server = await serving(endless(answer));
    const { gateway, call } = givenModels({ [provider]: server.url });
    const leaving = new AbortController();
    const seen: unknown[] = [];
    for await (const event of gateway.stream(call([provider], { signal: leaving.signal }))) {
      if (event.type === "text") seen.push(event.text);
      if (event.type === "cut") seen.push(event.failure.kind);
      if (seen.length === PIECES) leaving.abort();
    }
    expect(seen).toEqual([...WORDS, "stopped"]);
    await server.close();
  });

  it("whole: its pieces in order, its usage, and the connection kept for the next call", async () => {
    let connections = 0;
    const server = await serving((request, response) => {
      request.socket.once("close", () => (connections += 1));
      response.writeHead(200, { "content-type": "text/event-stream" });
      request.resume();
      response.end([...answer.head, ...answer.pieces, ...answer.tail].join(""));
    });
    const { gateway, call } = givenModels({ [provider]: server.url });
    for (let round = 0; round < 5; round += 1) {
      const events = await eventsOf(gateway.stream(call([provider])));
      expect(events[0]).toMatchObject({ type: "route", route: { provider }, attempts: [] });
      expect(events.flatMap((event) => (event.type === "text" ? [event.text] : []))).toEqual(WORDS);
      expect(events.findLast(({ type }) => type === "usage")).toMatchObject({ report: { fresh: 9, output: 80, total: 89, faults: [] } });
      expect(events.filter(({ type }) => type === "finish" || type === "cut")).toEqual([{ type: "finish", reason: "stop" }]);
    }
    expect(connections).toBe(0);
    await server.close();
  });
});

/** What has been written is let out first, so that the reader really gets its pieces before the break. */
function cutting({ head, pieces }: LongAnswer, count: number, how: string): RequestListener {
  return (request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    const body = [...head, ...pieces.slice(0, count)].join("");
    if (how === "stream ended") response.end(body);
    else response.write(body, () => setImmediate(() => response.destroy()));
  };
}

/** All pieces, and then nothing more. */
function endless({ head, pieces }: LongAnswer): RequestListener {
  return (request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write([...head, ...pieces].join(""));
  };
}
