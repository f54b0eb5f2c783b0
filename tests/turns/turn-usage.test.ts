// What a provider reports of a call is billed as far as it is credible, and what is received without being billed is known.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MODELS } from "@pantheon/core/models/models.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { givenContainer } from "../support/container.ts";
import { givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { debitsOf, eventsOf, turnsOf } from "../support/ledger.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const NAMES = ["fake-input-206570", "fake-usage-huge", "fake-drip-200", "fake-silent"];

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ models: modelsWith(...NAMES) });
  for (const name of NAMES) await givenPrice(world, name, "1");
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

/** Runs a turn on the model of this name as a user of the same name: one event, one debit of the same figure. */
async function chargedTurn(name: string) {
  const answer: Answer = await runTurn(world, await givenSession(world, name, { model_alias: name }), { user: name });
  expect(answer.status).toBe(201);
  const [[turn], [event], debits] = await Promise.all([turnsOf(world, name), eventsOf(world, name), debitsOf(world, name)]);
  expect(debits).toMatchObject([{ amount: `-${event?.credits_charged}`, reference_id: answer.json.id }]);
  return { answer, turn, event };
}

// Two thirds of a true prompt were given away while a figure above the window was taken for a wrong one and cut to the hold.
test("a prompt above the window that history is cut to, but one that a provider may take, is billed as it came and counted", async () => {
  const { answer, turn, event } = await chargedTurn("fake-input-206570");
  expect(event).toMatchObject({ input_tokens_fresh: "206570", usage_source: "reported" });
  const oe = amount("206570")
    .times(amount("0.35"))
    .plus(amount(event?.output_tokens ?? "0"));
  expect(answer.json.credits_charged).toBe(format(oe.div(amount("10000"))));
  expect(turn?.over_hold).toBe(true);
  expect([linesOf("usage_above_window"), linesOf("impossible_usage").includes(answer.json.id)]).toEqual([[answer.json.id], false]);
});

test("a figure that no provider can reach is clamped to what one can, marked as estimated and counted", async () => {
  const { answer, event } = await chargedTurn("fake-usage-huge");
  const credible = MODELS["default"]?.credible;
  expect(event).toMatchObject({
    input_tokens_fresh: String(credible?.input),
    output_tokens: String(credible?.output),
    usage_source: "estimated",
  });
  expect(linesOf("impossible_usage")).toContain(answer.json.id);
  expect(linesOf("over_hold")).toContain(answer.json.id);
});

// The provider asks for what it sent, and the user pays nothing: nobody knew.
test("a call that timed out after text had come is lost revenue, with what the provider asks for it; a silent one is none", async () => {
  const hasty = givenContainer(world);
  const session = await givenSession(world, "hurried", { model_alias: "fake-drip-200" });
  expect((await hasty.turn(session, { user: "hurried", timeLeftMs: 4_500 })).status).toBe(504);
  const [turn] = await turnsOf(world, "hurried");
  const lost = () =>
    world.deps.db.query
      .selectFrom("lost_answers")
      .selectAll()
      .where("turn_id", "=", turn?.id ?? "")
      .execute();
  expect(await lost()).toMatchObject([{ attempt: 1, user_id: "hurried", model_alias: "fake-drip-200" }]);
  expect(Number((await lost())[0]?.provider_cost_usd)).toBeGreaterThan(0);
  expect(hasty.log.lines.find(({ message }) => message === "lost_revenue")?.fields).toMatchObject({ turn_id: turn?.id });

  const silent = await givenSession(world, "unheard", { model_alias: "fake-silent" });
  expect((await hasty.turn(silent, { user: "unheard", timeLeftMs: 3_800 })).status).toBe(504);
  expect(await world.deps.db.query.selectFrom("lost_answers").selectAll().where("user_id", "=", "unheard").execute()).toEqual([]);
  await hasty.close();
});

/** The turns of which this was counted. */
function linesOf(metric: string): unknown[] {
  return world.log.lines.filter((line) => line.level === "count" && line.message === metric).map((line) => line.fields["turn_id"]);
}
