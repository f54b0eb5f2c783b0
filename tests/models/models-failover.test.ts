// Whatever a route does before any text, another one is tried where that can help and the time allows; whatever it does after, the answer
// keeps what came. A route that failed often rests. Nobody's key, words or address are in a refusal, an event or a log line.

import { afterEach, describe, expect, it } from "vitest";
import { expectNoSecrets } from "../support/given-gateway.ts";
import { counting, eventsOf, givenModels, modelRefusalOf, refusing, streaming, type Counted } from "../support/given-models.ts";
import { LONG_ANSWERS, WORDS } from "../support/long-answers.ts";

const servers: Counted[] = [];

afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function given(...[answerOf]: Parameters<typeof counting>): Promise<Counted> {
  const server = await counting(answerOf);
  servers.push(server);
  return server;
}

const all = ({ head, pieces, tail }: (typeof LONG_ANSWERS)["google"]): string => [...head, ...pieces, ...tail].join("");
const OPENROUTER = streaming(all(LONG_ANSWERS.openrouter));
const ANTHROPIC = streaming(all(LONG_ANSWERS.anthropic));

describe("a second route", () => {
  it.each([
    ["401", refusing(401), "auth"],
    ["402", refusing(402), "no_money"],
    ["403", refusing(403), "auth"],
    ["404", refusing(404), "auth"],
    ["a redirect", refusing(307, { location: "http://127.0.0.1:9/canary" }), "auth"],
    ["408", refusing(408), "overloaded"],
    ["429 with an hour to wait", refusing(429, { "retry-after": "3600" }), "rate_limited"],
    ["500", refusing(500), "overloaded"],
    ["529", refusing(529), "overloaded"],
    ["an error as the first event", streaming('data: {"error":{"code":502,"message":"canary"}}\n\n'), "overloaded"],
    [
      "an error after reasoning alone",
      streaming('data: {"choices":[{"delta":{"reasoning":"canary"}}]}\n\n', 'data: {"error":{}}\n\n'),
      "overloaded",
    ],
    ["no event at all", streaming(), "malformed"],
    ["a stream without text or end", streaming(LONG_ANSWERS.openrouter.head.join("")), "cut"],
  ] as const)("answers after %s", async (_, first, kind) => {
    const [one, two] = [await given(() => first), await given(() => ANTHROPIC)];
    const { ask, log } = givenModels({ openrouter: one.url, anthropic: two.url });
    const answer = await ask(["openrouter", "anthropic"]);
    expect(answer).toMatchObject({
      text: WORDS.join(""),
      provider: "anthropic",
      cut: null,
      attempts: [{ provider: "openrouter", failure: { kind } }],
    });
    expect([one.calls(), two.calls()]).toEqual([1, 1]);
    expectNoSecrets([answer, log.lines]);
  });

  it.each([
    ["400", refusing(400)],
    ["413", refusing(413)],
    ["422", refusing(422)],
    ["a blocked prompt", streaming('data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n')],
  ] as const)("is not asked after %s, which it would say too", async (name, first) => {
    const code = name === "413" ? "context_budget_exceeded" : "provider_failed";
    const provider = name === "a blocked prompt" ? "google" : "openrouter";
    const [one, two] = [await given(() => first), await given(() => ANTHROPIC)];
    const { ask } = givenModels({ [provider]: one.url, anthropic: two.url });
    await expect(ask([provider, "anthropic"])).rejects.toMatchObject({ code });
    expect([one.calls(), two.calls()]).toEqual([1, 0]);
  });

  it("is not asked once text was sent on", async () => {
    const [one, two] = [await given(() => streaming(LONG_ANSWERS.openrouter.pieces[0] ?? "")), await given(() => ANTHROPIC)];
    expect(await givenModels({ openrouter: one.url, anthropic: two.url }).ask(["openrouter", "anthropic"])).toMatchObject({
      text: WORDS[0],
      cut: { kind: "cut" },
    });
    expect(two.calls()).toBe(0);
  });

  it("answers in time when the first one is silent", async () => {
    const [one, two] = [await given(() => () => {}), await given(() => ANTHROPIC)];
    const answer = await givenModels({ openrouter: one.url, anthropic: two.url }).ask(["openrouter", "anthropic"], { timeoutMs: 3_000 });
    expect(answer).toMatchObject({ provider: "anthropic", attempts: [{ failure: { kind: "silent" } }] });
  });

  it("keeps what a failed attempt reported, which may be billed to us", async () => {
    const broken = [...LONG_ANSWERS.anthropic.head, 'data: {"type":"error","error":{"type":"api_error","message":"canary"}}\n\n'];
    const [one, two] = [await given(() => streaming(...broken)), await given(() => OPENROUTER)];
    const { attempts } = await givenModels({ anthropic: one.url, openrouter: two.url }).ask(["anthropic", "openrouter"]);
    expect(attempts).toMatchObject([{ provider: "anthropic", usage: { fresh: 9 } }]);
  });

  it("without its key is not used, and without any key nobody is asked", async () => {
    const one = await given(() => refusing(401));
    const { ask } = givenModels({ openrouter: one.url, anthropic: one.url }, { keys: { openrouter: "canary-key", anthropic: "" } });
    expect((await modelRefusalOf(ask(["openrouter", "anthropic"]))).attempts).toHaveLength(1);
    expect((await modelRefusalOf(givenModels({ xai: one.url }, { keys: {} }).ask(["xai"]))).code).toBe("not_configured");
    expect(one.calls()).toBe(1);
  });
});

describe("one route alone", () => {
  it.each([429, 500, 503, 529])("is tried twice again after %i", async (status) => {
    const one = await given(() => refusing(status));
    expect(await modelRefusalOf(givenModels({ openrouter: one.url }).ask(["openrouter"]))).toMatchObject({
      code: "provider_failed",
      retryAfter: undefined,
    });
    expect(one.calls()).toBe(3);
  });

  it("is not tried again with a key that it does not know", async () => {
    const one = await given(() => refusing(401));
    await modelRefusalOf(givenModels({ openrouter: one.url }).ask(["openrouter"]));
    expect(one.calls()).toBe(1);
  });

  it("waits as long as it is asked to, when that fits, and says so when it does not", async () => {
    const one = await given((call) => (call === 1 ? refusing(429, { "retry-after-ms": "40" }) : OPENROUTER));
    expect((await givenModels({ openrouter: one.url }).ask(["openrouter"])).attempts).toHaveLength(1);
    const two = await given(() => refusing(429, { "retry-after": "30" }));
    expect((await modelRefusalOf(givenModels({ openrouter: two.url }).ask(["openrouter"]))).retryAfter).toBe(30);
    expect(two.calls()).toBe(1);
  });

  it("that is silent, or slow in the middle, is a timeout when the time is over", async () => {
    const silent = await given(() => () => {});
    expect((await modelRefusalOf(givenModels({ openrouter: silent.url }).ask(["openrouter"], { timeoutMs: 300 }))).code).toBe(
      "provider_timeout",
    );
    const slow = await given(
      () => (_, response) =>
        void response
          .writeHead(200, { "content-type": "text/event-stream" })
          .write(LONG_ANSWERS.anthropic.head.join("") + (LONG_ANSWERS.anthropic.pieces[0] ?? "")),
    );
    const { ask, gateway, call } = givenModels({ anthropic: slow.url });
    const refusal = await modelRefusalOf(ask(["anthropic"], { timeoutMs: 500 }));
    expect(refusal).toMatchObject({ code: "provider_timeout", attempts: [{ failure: { kind: "late" }, usage: { fresh: 9 } }] });
    const events = await eventsOf(gateway.stream(call(["anthropic"], { timeoutMs: 500 })));
    expect(events.at(-1)).toMatchObject({ type: "cut", failure: { kind: "late" } });
  });

  it("that falls silent in the middle is cut after the idle time", async () => {
    const one = await given(
      () => (_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(LONG_ANSWERS.openrouter.pieces[0]),
    );
    expect(await givenModels({ openrouter: one.url }, { idleMs: 200 }).ask(["openrouter"])).toMatchObject({
      text: WORDS[0],
      cut: { kind: "silent" },
    });
  });

  it("is not asked when no time is left", async () => {
    const one = await given(() => OPENROUTER);
    expect((await modelRefusalOf(givenModels({ openrouter: one.url }).ask(["openrouter"], { timeoutMs: 0 }))).code).toBe(
      "provider_timeout",
    );
    expect(one.calls()).toBe(0);
  });
});

describe("a route that failed often", () => {
  it("rests: it is tried after the others until its time is over, and an answer of its own ends that", async () => {
    let [now, works] = [1_000_000, false];
    const [one, two] = [await given(() => (works ? OPENROUTER : refusing(503))), await given(() => ANTHROPIC)];
    const { ask, log } = givenModels({ openrouter: one.url, anthropic: two.url }, { ticks: () => now });
    const routes = ["openrouter", "anthropic"] as const;
    for (let call = 0; call < 3; call += 1) await ask(routes);
    expect(one.calls()).toBe(3);
    expect(log.lines.filter(({ message }) => message === "model route rests")).toMatchObject([
      { fields: { provider: "openrouter", seconds: 30 } },
    ]);
    now += 29_999;
    expect((await ask(routes)).attempts).toEqual([]);
    expect(one.calls()).toBe(3);
    now += 1;
    expect((await ask(routes)).provider).toBe("anthropic"); // tried, failed, and rests again at once
    expect((await ask(routes)).attempts).toEqual([]);
    expect(one.calls()).toBe(4);
    now += 30_000;
    works = true;
    expect((await ask(routes)).provider).toBe("openrouter");
    works = false;
    await ask(routes);
    expect((await ask(routes)).attempts).toHaveLength(1);
  });

  it("with a wrong key rests at once, and is asked all the same when it is the only one", async () => {
    const one = await given((call) => (call === 1 ? refusing(401) : OPENROUTER));
    const { ask } = givenModels({ openrouter: one.url });
    await modelRefusalOf(ask(["openrouter"]));
    expect((await ask(["openrouter"])).text).toBe(WORDS.join(""));
  });
});
