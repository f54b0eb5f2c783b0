// What recovery costs: answers that nobody pays for are counted where an admin looks, beside a ledger that closes without them.

import { afterAll, beforeAll, expect, test } from "vitest";
import { recordLostAnswer } from "@pantheon/core/turns/void.ts";
import { givenCredits, givenModelAsked, givenSession, runTurn } from "../support/given.ts";
import { debitsOf, lapse, turnsOf } from "../support/ledger.ts";
import { operate, adminWorld } from "../support/admin.ts";
import type { TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
let session: string;
beforeAll(async () => {
  world = await adminWorld();
  session = await givenSession(world);
  await givenCredits(world, "ada", "10");
});
afterAll(() => world.end());

const reconciliation = async () => (await operate(world, "GET reconciliation")).json;

test("there is none while nothing lapsed", async () => {
  expect((await runTurn(world, session)).status).toBe(201);
  expect(await reconciliation()).toMatchObject({
    broken_total: 0,
    lost_revenue: { answers: 0, provider_cost_usd: "0", lapsed_turns: 0 },
  });
});

test("an answer that came after its turn was given up is one, with what the provider asks for it", async () => {
  world.provider.behave(MODEL, "fake-slow-300");
  const late = await givenModelAsked(world, () => runTurn(world, session));
  await lapse(world);
  world.provider.behave(MODEL, null);
  expect((await runTurn(world, session)).status).toBe(201);
  expect((await late.answer).status).toBe(503);

  const given = (await turnsOf(world)).find(({ failure_code }) => failure_code === "lapsed");
  const lost = await world.deps.db.query.selectFrom("lost_answers").selectAll().execute();
  expect(lost).toMatchObject([{ turn_id: given?.id, attempt: 1, user_id: "ada", model_alias: "default" }]);
  expect(Number(lost[0]?.provider_cost_usd)).toBeGreaterThan(0);
  const { broken_total, lost_revenue } = await reconciliation();
  expect([broken_total, lost_revenue.answers, lost_revenue.lapsed_turns]).toEqual([0, 1, 1]);
  expect(Number(lost_revenue.provider_cost_usd)).toBe(Number(lost[0]?.provider_cost_usd));
});

test("an answer whose booking is found after all is none, and none counts twice", async () => {
  const before = (await reconciliation()).lost_revenue;
  const [settled] = await debitsOf(world);
  const booked = { turn: settled?.reference_id ?? "", attempt: 1, user: "ada", alias: "default", costUsd: "1" };
  await recordLostAnswer(world.deps, booked);
  await recordLostAnswer(world.deps, booked);
  expect((await reconciliation()).lost_revenue).toEqual(before);

  await recordLostAnswer(world.deps, { ...booked, attempt: 2 });
  await recordLostAnswer(world.deps, { ...booked, attempt: 2 });
  expect((await reconciliation()).lost_revenue.answers).toBe(before.answers + 1);
});
