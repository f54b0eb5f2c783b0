// What a user is told of the models: every alias that can be run, and a price that is the one that a turn is charged.

import { afterEach, expect, test } from "vitest";
import { amount, format } from "@pantheon/contract/money.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import { givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

let world: TestWorld;
afterEach(() => world.end());

const models = async (): Promise<Json> => (await world.call("GET", "/api/v1/models")).json;
const find = (list: Json, alias: string): Json => list.models.find((one: Json) => one.model_alias === alias);

/** Credits for so many tokens at the price of a million. */
function costOf(price: Json, tokens: number) {
  return amount(price.credits)
    .times(amount(String(tokens)))
    .div(amount("1000000"));
}

test("every alias with its limits, what it can do, and its prices in credits and dollars", async () => {
  world = await testWorld();
  const list = await models();
  expect([list.pricing_version, list.usd_per_credit]).toEqual(["2026-02-20", "0.03"]);
  expect(list.models.map((one: Json) => one.model_alias)).toEqual(Object.keys(MODELS).toSorted());
  expect(find(list, "claude-sonnet")).toEqual({
    model_alias: "claude-sonnet",
    context_window: 200_000,
    output_limit: 8_192,
    capabilities: {
      tools: true,
      images: true,
      reasoning_effort: true,
      sampling: ["temperature", "stop"],
      sampling_with_reasoning: ["stop"],
      temperature_max: 1,
      response_formats: [],
    },
    multiplier: "1.5",
    prices: {
      input_tokens_fresh: { credits: "52.5", usd: "1.575" }, // 1 000 000 × 0.35 × 1.5 ÷ 10 000
      input_tokens_cached: { credits: "15", usd: "0.45" },
      output_tokens: { credits: "150", usd: "4.5" },
    },
    example_turn: { input_tokens_fresh: 1_000, output_tokens: 500, credits: "0.1275", usd: "0.003825" },
  });
});

test("a changed price is told at once, and is what the next turn is charged; an alias without a model is not told", async () => {
  world = await testWorld({ models: modelsWith("fake-input-1000") });
  await givenPrice(world, "fake-input-1000", "3");
  await givenPrice(world, "no-model-behind-it", "3");
  const list = await models();
  expect(find(list, "no-model-behind-it")).toBeUndefined();
  const { prices } = find(list, "fake-input-1000");
  const { json } = await runTurn(world, await givenSession(world), { alias: "fake-input-1000" });
  const { input_tokens_fresh: fresh, output_tokens: output } = json.usage;
  expect(format(costOf(prices.input_tokens_fresh, fresh).plus(costOf(prices.output_tokens, output)))).toBe(json.credits_charged);
});

test("nobody is told without a token, and nothing is asked but the list", async () => {
  world = await testWorld();
  expect((await world.call("GET", "/api/v1/models", { user: null })).status).toBe(401);
  expect((await world.call("GET", "/api/v1/models?alias=default")).status).toBe(422);
  expect((await world.call("POST", "/api/v1/models", { body: {} })).status).toBe(405);
});
