// Whatever goes wrong with a summary, its turn goes on as if there were no summaries, and says so; and what it cost is kept.

import type { RequestListener } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { givenContainer, providedBy } from "../support/container.ts";
import { serving } from "../support/given-answer.ts";
import { givenSession } from "../support/given.ts";
import { debitsOf, eventsOf, walletOf } from "../support/ledger.ts";
import { streamed } from "../support/streamed-turn.ts";
import {
  bodyOf,
  event,
  LEFT_FOR_ANSWER,
  message,
  MOST_PROMPT,
  octetsOf,
  QUESTION,
  summarisingWorld,
  usageOf,
  type Reply,
  type Summarising,
} from "../support/summarising.ts";
import type { Json } from "../support/world.ts";

let place: Summarising;
beforeAll(async () => {
  place = await summarisingWorld();
});
beforeEach(() => place.begin());
afterEach(() => place.world.assertLedger());
afterAll(() => place.end());

describe("a summary that fails fails nothing else", () => {
  test.each<[Reply, boolean]>([
    ["fails", false],
    ["empty", true],
    ["cut", true],
  ])("when the model's answer is: %s", async (reply, isBilled) => {
    place.summaryIs = reply;
    const before = place.container.log.lines.length;
    const answers = await place.untilSummary();
    expect(answers.at(-1)).toMatchObject({
      status: 201,
      json: { prune_triggered: true, summary_triggered: true, summary_used_fallback: true, status: "completed" },
    });
    expect(await place.stored()).toBeUndefined();
    const internal = (await eventsOf(place.world, place.user)).filter(({ status }) => status === "internal");
    expect(internal.map(({ provider_cost_usd }) => provider_cost_usd)).toEqual(isBilled ? ["0.00100000"] : []);
    expect(place.lastAsked().messages[0]?.content).not.toBe(QUESTION);
    expect(octetsOf(place.lastAsked())).toBeLessThanOrEqual(MOST_PROMPT);
    const lines = place.container.log.lines.slice(before).filter(({ fields }) => fields?.["summary_used_fallback"] === true);
    const turn = answers.at(-1)?.json.id;
    expect(lines).toMatchObject([
      { level: "warn", message: "history trimmed without a summary", fields: { turn_id: turn } },
      { fields: { turn_id: turn, outcome: "completed" } },
    ]);
  });

  test("when it is too long: it is cut to its room", async () => {
    place.summaryIs = "long";
    const answers = await place.untilSummary();
    expect(answers.at(-1)?.json.summary_used_fallback).toBe(false);
    expect(octetsOf(place.lastAsked())).toBeLessThanOrEqual(MOST_PROMPT);
    const next = await place.turn(answers.length + 1);
    expect(next).toMatchObject({ status: 201, json: { summary_triggered: false } });
    expect(place.lastAsked().messages[0]?.content).toBe(QUESTION);
  });

  test("when its model says nothing: the turn has the rest of its own time", async () => {
    place.summaryIs = "silent";
    const answers = [await place.turn(1)];
    while (answers.at(-1)?.json.prune_triggered === false) answers.push(await place.turn(answers.length + 1, { timeLeftMs: 9_000 }));
    expect(answers.at(-1)).toMatchObject({ status: 201, json: { summary_used_fallback: true } });
  }, 60_000);

  test("when too little time is left to ask for one: it is not asked for", async () => {
    const answers = [await place.turn(1)];
    while (answers.at(-1)?.json.prune_triggered === false) answers.push(await place.turn(answers.length + 1, { timeLeftMs: 5_500 }));
    expect(answers.at(-1)).toMatchObject({ status: 201, json: { summary_used_fallback: true } });
    expect(place.summaries()).toEqual([]);
  });

  test("when its alias is unknown, and not at all where there are to be none", async () => {
    for (const [summaryAlias, isFallback] of [
      ["nobody", true],
      [null, false],
    ] as const) {
      const deps = { ...place.container.deps, summaryAlias };
      place.session = await givenSession(place.world, place.user, { model_alias: "small" });
      let last: Json;
      for (let index = 1; last?.prune_triggered !== true; index += 1) {
        const { rest } = await streamed(place.world, deps, place.session, {
          user: place.user,
          message: message(index),
          more: { max_output_tokens: LEFT_FOR_ANSWER },
        });
        last = (await rest()).at(-1);
      }
      expect(last).toMatchObject({ type: "done", summary_used_fallback: isFallback, summary_triggered: isFallback });
    }
    expect(place.summaries()).toEqual([]);
  });

  test("that is there is not shown where there are to be none", async () => {
    const answers = await place.untilSummary();
    const deps = { ...place.container.deps, summaryAlias: null };
    const more = { user: place.user, message: message(answers.length + 1), more: { max_output_tokens: LEFT_FOR_ANSWER } };
    await (await streamed(place.world, deps, place.session, more)).rest();
    expect(place.lastAsked().messages[0]?.content).not.toBe(QUESTION);
  });

  test("when the turn gets no answer: the turn is free, what the summary cost is kept, and its key runs again", async () => {
    const answers = await place.untilSummary();
    await place.forget();
    place.answerIs = "fails";
    const index = answers.length + 1;
    expect((await place.turn(index, { key: "k" })).status).toBe(502);
    expect(await place.stored()).toBeUndefined();
    const lost = await place.world.deps.db.query.selectFrom("lost_answers").selectAll().where("user_id", "=", place.user).execute();
    expect(lost).toMatchObject([{ provider_cost_usd: "0.00100000" }]);
    expect((await walletOf(place.world, place.user)).held).toBe("0.00000000");
    place.answerIs = "whole";
    expect(await place.turn(index, { key: "k" })).toMatchObject({ status: 201, json: { summary_triggered: true } });
    expect(await debitsOf(place.world, place.user)).toHaveLength(index);
  });
});

test("a provider that finds even that too long is asked with less, and in the end with the message alone", async () => {
  const answers = await place.untilSummary();
  const index = answers.length + 1;
  const texts: number[] = [];
  const refuseLong = async (...[request, response]: Parameters<RequestListener>): Promise<void> => {
    const body = await bodyOf(request);
    texts.push(body.messages.length);
    if (body.messages.length === 1) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(event({ choices: [{ index: 0, delta: { content: "Short." }, finish_reason: "stop" }] }));
      response.end(`${event({ choices: [], usage: usageOf(body) })}data: [DONE]\n\n`);
      return;
    }
    response.writeHead(400, { "content-type": "application/json" });
    response.end('{"error":{"message":"This model\'s maximum context length is 10 tokens","code":"context_length_exceeded"}}');
  };
  const narrow = await serving((request, response) => void refuseLong(request, response));
  const far = givenContainer(place.world, { config: providedBy(place.world.config, narrow.url) });
  expect(await place.turn(index, { from: far })).toMatchObject({
    status: 201,
    json: { assistant_output: "Short.", prune_triggered: true },
  });
  expect([texts.at(-1), texts.at(-2)]).not.toContain(2);
  expect(texts.length).toBeLessThan(6);
  await far.close();
  await narrow.close();
});
