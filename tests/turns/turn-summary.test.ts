// What no longer fits the window is summarised by a cheap model: once for several turns, at the house's cost, and kept with the settle or
// not at all. What goes wrong with it is turn-summary-faults.test.ts.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { givenContainer } from "../support/container.ts";
import { givenSession } from "../support/given.ts";
import { debitsOf, eventsOf, lapse, turnsOf } from "../support/ledger.ts";
import { streamed } from "../support/streamed-turn.ts";
import { LEFT_FOR_ANSWER, message, MOST_PROMPT, octetsOf, QUESTION, summarisingWorld, type Summarising } from "../support/summarising.ts";
import type { Json } from "../support/world.ts";

let place: Summarising;
beforeAll(async () => {
  place = await summarisingWorld();
});
beforeEach(() => place.begin());
afterEach(() => place.world.assertLedger());
afterAll(() => place.end());

describe("a session that no longer fits", () => {
  test("is shown as a summary of its older turns and its newest ones word for word, within the window and the hold", async () => {
    const answers = await place.untilSummary();
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(answers.map(({ json }) => json.summary_triggered)).toEqual(answers.map((_, index) => index === answers.length - 1));
    expect(answers.at(-1)?.json).toMatchObject({ prune_triggered: true, summary_used_fallback: false });
    const row = await place.stored();
    const [question, summary, ...rest] = place.lastAsked().messages;
    expect([question, summary]).toEqual([
      { role: "user", content: QUESTION },
      { role: "assistant", content: "Key facts: summary 1." },
    ]);
    expect(row).toMatchObject({ text: "Key facts: summary 1.", model_alias: "summarist", turn_id: answers.at(-1)?.json.id });
    const said = rest.filter(({ role }) => role === "user").map(({ content }) => Number(content.split(":")[0]));
    expect(said).toEqual(Array.from({ length: said.length }, (_, index) => (row?.through_place ?? 0) + 1 + index));
    expect(said.at(-1)).toBe(answers.length);
    expect(octetsOf(place.lastAsked())).toBeLessThanOrEqual(MOST_PROMPT);
    expect((await turnsOf(place.world, place.user)).every(({ over_hold }) => !over_hold)).toBe(true);
  });

  test("has everything that was said in what the summary is made of, once", async () => {
    await place.untilSummary();
    const [order] = place.summaries();
    const { memory, turns } = JSON.parse(order?.messages.at(-1)?.content ?? "{}");
    expect(memory).toBeNull();
    const row = await place.stored();
    expect(turns.map(({ user: said }: Json) => Number(said.split(":")[0]))).toEqual(
      Array.from({ length: row?.through_place ?? 0 }, (_, index) => index + 1),
    );
    expect(order?.messages[0]).toMatchObject({ role: "system", content: expect.stringContaining("Open questions") });
  });

  test("is summarised again only when it has grown, from the summary before and the turns since", async () => {
    const first = await place.untilSummary();
    const before = await place.stored();
    const calls = place.summaries().length;
    const next = await place.turn(first.length + 1);
    expect(next.json).toMatchObject({ summary_triggered: false, prune_triggered: false });
    let count = first.length + 1;
    while (place.summaries().length === calls) await place.turn((count += 1));
    expect(count - first.length).toBeGreaterThan(2);
    const after = await place.stored();
    expect(after?.through_place).toBeGreaterThan(before?.through_place ?? Infinity);
    const { memory, turns } = JSON.parse(place.summaries().at(-1)?.messages.at(-1)?.content ?? "{}");
    expect(memory).toBe(before?.text);
    const said = turns.map(({ user: words }: Json) => Number(words.split(":")[0]));
    expect([said[0], said.at(-1)]).toEqual([(before?.through_place ?? 0) + 1, after?.through_place]);
    expect(place.lastAsked().messages[1]?.content).toBe(after?.text);
  });

  test("costs its owner nothing for the summary, and the house what the provider asks, in one statement with the turn", async () => {
    const answers = await place.untilSummary();
    const last = answers.at(-1)?.json;
    const own = (await eventsOf(place.world, place.user)).filter(({ turn_id }) => turn_id === last.id);
    expect(own.toSorted((a, b) => a.call_index - b.call_index)).toMatchObject([
      { call_index: 0, status: "internal", model_alias: "summarist", credits_charged: "0.00000000", provider_cost_usd: "0.00100000" },
      { call_index: 1, status: "success", model_alias: "small" },
    ]);
    expect(last.usage).toMatchObject({ input_tokens_fresh: Math.floor(octetsOf(place.lastAsked()) / 4), output_tokens: 20 });
    expect(last.provider_model).toBe("m");
    const debits = await debitsOf(place.world, place.user);
    expect(debits).toHaveLength(answers.length);
    expect(debits.at(-1)?.amount).toBe(`-${own.find(({ call_index }) => call_index === 1)?.credits_charged}`);
    expect((await place.world.call("GET", "/api/v1/users/me/usage", { user: place.user })).json.total).toBe(answers.length);
  });

  test("takes one round trip to the database more, and one to a model, and none once it is summarised", async () => {
    let statements = 0;
    const counted = givenContainer(place.world, {
      config: place.container.deps.config,
      onStatement: () => (statements += 1),
    });
    await counted.deps.catalog.current();
    const took: [boolean, number, number][] = [];
    for (let index = 1; took.filter(([isSummarised]) => isSummarised).length < 2; index += 1) {
      [statements, place.asked] = [0, []];
      const { json } = await place.turn(index, { from: counted });
      took.push([json.summary_triggered, statements, place.asked.length]);
    }
    expect(took).toEqual(took.map(([isSummarised]) => (isSummarised ? [true, 3, 2] : [false, 2, 1])));
    await counted.close();
  });

  test("streams with its summary, and says in the end that there was one", async () => {
    const answers = await place.untilSummary();
    await place.forget();
    const { rest } = await streamed(place.world, place.container.deps, place.session, {
      user: place.user,
      message: message(answers.length + 1),
      more: { max_output_tokens: LEFT_FOR_ANSWER },
    });
    expect((await rest()).at(-1)).toMatchObject({ type: "done", summary_triggered: true, summary_used_fallback: false });
    expect(await place.stored()).toBeDefined();
  });
});

/** The end of a stream that stands in for this turn. */
const replacing = async (id: string, words: string) =>
  (
    await (
      await streamed(place.world, place.container.deps, place.session, {
        user: place.user,
        message: words,
        more: { max_output_tokens: LEFT_FOR_ANSWER, replaces: id },
      })
    ).rest()
  ).at(-1);

describe("a turn that is answered anew", () => {
  test("after it was summarised is told nothing of what came later, and makes no summary", async () => {
    const answers = await place.untilSummary();
    const before = await place.stored();
    const calls = place.summaries().length;
    expect(await replacing(answers[1]?.json.id, "2: otherwise")).toMatchObject({ type: "done", summary_triggered: false });
    const sent = place.lastAsked().messages.map(({ content }) => content.slice(0, 2));
    expect(sent).toEqual(["1:", "An", "2:"]);
    expect([await place.stored(), place.summaries().length]).toEqual([before, calls]);
  });

  test("counts beside the summary, which does not know it, until the next summary has it", async () => {
    const answers = await place.untilSummary();
    const replaced = await replacing(answers[1]?.json.id, "2: otherwise");
    const next = await place.turn(answers.length + 2);
    expect(next.json.summary_triggered).toBe(false);
    const [question, , ...rest] = place.lastAsked().messages;
    expect(question?.content).toBe(QUESTION);
    expect(rest[0]?.content).toBe("2: otherwise");
    const calls = place.summaries().length;
    for (let index = answers.length + 3; place.summaries().length === calls; index += 1) await place.turn(index);
    const { turns } = JSON.parse(place.summaries().at(-1)?.messages.at(-1)?.content ?? "{}");
    expect(turns[0]?.user).toBe("2: otherwise");
    expect(turns.filter(({ user: words }: Json) => words.startsWith("2:"))).toHaveLength(1);
    expect((await place.stored())?.seen_index).toBeGreaterThan(replaced.turn_index);
    await place.turn(90);
    expect(place.lastAsked().messages.map(({ content }) => content)).not.toContain("2: otherwise");
  });
});

describe("a summary is the session's memory once, and never older than it was", () => {
  test("a settle whose reply is lost writes it once, with the turn", async () => {
    const answers = await place.untilSummary();
    await place.forget();
    place.proxy.cut("after", "settle_turn");
    const answer = await place.turn(answers.length + 1);
    expect(answer).toMatchObject({ status: 201, json: { summary_triggered: true } });
    expect(await place.stored()).toMatchObject({ turn_id: answer.json.id });
    expect((await eventsOf(place.world, place.user)).filter(({ turn_id }) => turn_id === answer.json.id)).toHaveLength(2);
  });

  test("a turn that was given up meanwhile writes none", async () => {
    const answers = await place.untilSummary();
    await place.forget();
    place.proxy.holdBack("settle_turn", async () => {
      await lapse(place.world, place.user);
      await place.world.owner.query
        .updateTable("turns")
        .set({ attempt: 7 })
        .where("user_id", "=", place.user)
        .where("status", "=", "running")
        .execute();
    });
    expect((await place.turn(answers.length + 1)).status).toBe(503);
    expect(await place.stored()).toBeUndefined();
  });

  test("one that stands for less than the one that is there does not replace it", async () => {
    const answers = await place.untilSummary();
    const before = await place.stored();
    // As if a newer one had been written while this turn, which saw none, was asking.
    await place.forget();
    place.proxy.holdBack("settle_turn", async () => {
      if (before)
        await place.world.deps.db.query
          .insertInto("session_summaries")
          .values({ ...before, text: "newer", through_place: 90, seen_index: 90 })
          .execute();
    });
    expect((await place.turn(answers.length + 1)).status).toBe(201);
    expect(await place.stored()).toMatchObject({ text: "newer", through_place: 90 });
    await place.forget();
  });

  test("goes with its session, and says nothing to another one", async () => {
    await place.untilSummary();
    const other = await givenSession(place.world, place.user, { model_alias: "small" });
    await place.container.turn(other, { user: place.user, message: "Hello.", maxOutputTokens: LEFT_FOR_ANSWER });
    expect(place.lastAsked().messages).toEqual([{ role: "user", content: "Hello." }]);
  });
});
