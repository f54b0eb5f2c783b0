// What the door tells beside answers: models, a key, credits and one call, as programs made for OpenAI's API and OpenRouter's read them.

import { afterAll, beforeAll, expect, it } from "vitest";
import { givenCredits } from "../support/given.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";
import { chat } from "./given.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
  await givenCredits(world, "ada", "10");
});
afterAll(() => world.end());

const get = (path: string, user: string | null = "ada") => world.call("GET", path, { user });

it("lists every model with what both kinds of program look for, at the payer's price", async () => {
  const { status, json } = await get("/v1/models");
  expect([status, json.object]).toEqual([200, "list"]);
  for (const model of json.data) {
    expect(model).toMatchObject({ object: "model", created: expect.any(Number), owned_by: "pantheon", context_length: expect.any(Number) });
    for (const price of ["prompt", "completion"]) expect(model.pricing[price]).toMatch(/^\d+(?:\.\d+)?$/);
  }
  const own = await get("/api/v1/models");
  const [first] = own.json.models;
  const listed = json.data.find(({ id }: Json) => id === first.model_alias);
  expect(Number(listed.pricing.completion) * 1_000_000).toBeCloseTo(Number(first.prices.output_tokens.usd), 6);
});

it("tells of one model by its alias or a provider's name, and of no other", async () => {
  for (const name of ["claude-sonnet", "anthropic/claude-sonnet-4.5", "claude-sonnet-4-5", "anthropic%2Fclaude-sonnet-4.5"]) {
    expect((await get(`/v1/models/${name}`)).json).toMatchObject({ id: "claude-sonnet", object: "model" });
  }
  for (const name of ["constructor", "__proto__", "nobody/nothing"]) {
    const { status, json } = await get(`/v1/models/${name}`);
    expect([status, json.error.code]).toEqual([404, "model_not_found"]);
  }
});

it("tells what was used and what is left, in USD", async () => {
  const { json } = await chat(world);
  const { data: credits } = (await get("/v1/credits")).json;
  expect(credits.total_usage).toBeCloseTo(json.usage.cost, 10);
  const wallet = await get("/api/v1/users/me/wallet");
  const usdPerCredit = json.usage.cost / Number(json.usage.pantheon.credits);
  expect(credits.total_credits - credits.total_usage).toBeCloseTo(Number(wallet.json.balance) * usdPerCredit, 8);
  const { data: key } = (await get("/v1/key")).json;
  expect(key).toMatchObject({ limit: null, usage: credits.total_usage, usage_daily: credits.total_usage, is_free_tier: false });
});

it("tells of one call by the id of its answer, to its own caller alone", async () => {
  const { json } = await chat(world);
  const { data } = (await get(`/v1/generation?id=${json.id}`)).json;
  expect(data).toMatchObject({ id: json.id, model: "default", total_cost: json.usage.cost, tokens_prompt: json.usage.prompt_tokens });
  const others = [
    [json.id, "bob"],
    ["chatcmpl-1", "ada"],
    ["%00", "ada"],
  ] as const;
  for (const [id, user] of others) expect((await get(`/v1/generation?id=${id}`, user)).status).toBe(404);
});

it("opens to nobody without a token", async () => {
  for (const path of ["/v1/models", "/v1/models/default", "/v1/key", "/v1/credits", "/v1/generation?id=1"]) {
    const { status, json } = await get(path, null);
    expect([status, json.error.code, json.error.type]).toEqual([401, "invalid_api_key", "authentication_error"]);
  }
});

it("tells whoever is lost so in the same shape", async () => {
  expect((await get("/v1/nothing")).json).toMatchObject({ error: { code: "not_found" } });
  const wrong = await world.call("GET", "/v1/chat/completions");
  expect([wrong.status, wrong.headers.get("allow"), wrong.json.error.code]).toEqual([405, "POST", "method_not_allowed"]);
});
