// Prices: an admin changes a multiplier and nothing else, the very next turn costs it everywhere, and nothing before it moves.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MODELS } from "@pantheon/core/models/models.ts";
import { BAD_DECIMALS } from "../support/bad-decimals.ts";
import { givenCredits, givenModelAsked, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { debitsOf, eventsOf } from "../support/ledger.ts";
import { LAUNCH, operate, adminWorld, patchPrice, priceOf, refusalOf, revisionOf, type PricePatch } from "../support/admin.ts";
import { givenSecondProcess, type SecondProcess } from "../support/second-process.ts";
import { tracesOf } from "../support/traces.ts";
import type { Json, TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld({}, { models: modelsWith(MODEL) });
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const patch = (multiplier: unknown, options: PricePatch = {}) => patchPrice(world, multiplier, options);

describe("the list of prices", () => {
  it("names every alias of the active version once, by alias, with the revision in the body and the ETag", async () => {
    const { status, headers, json } = await operate(world, "GET pricing");
    expect([status, Object.keys(json)]).toEqual([200, ["pricing_version", "revision", "recent_days", "items", "warnings"]]);
    expect([json.pricing_version, json.revision]).toEqual([LAUNCH, String(await revisionOf(world))]);
    expect([headers.get("etag"), headers.get("cache-control")]).toEqual([`"${json.revision}"`, "no-store"]);
    expect(json.items.map(({ model_alias, multiplier, pricing_version }: Json) => ({ model_alias, multiplier, pricing_version }))).toEqual(
      Object.entries({
        "claude-haiku": "0.8",
        "claude-sonnet": "1.5",
        deepseek: "0.5",
        default: "1",
        "gemini-flash": "0.8",
        "gemini-pro": "1.2",
        "gpt-4o": "2",
        "gpt-4o-mini": "1",
      }).map(([model_alias, multiplier]) => ({ model_alias, multiplier, pricing_version: LAUNCH })),
    );
    expect(json.items.map((item: { model_alias: string }) => item.model_alias)).toEqual(Object.keys(MODELS).toSorted());
  });
});

describe("a patch", () => {
  it.each([
    [3, "3"],
    ["3.25", "3.25"],
    [0.0001, "0.0001"],
    ["0.0001", "0.0001"],
    [100, "100"],
    ["100.0000", "100"],
    [1e2, "100"],
    ["1.5000", "1.5"],
  ])("to %j is answered and read as %s, and moves nothing but that multiplier", async (multiplier, read) => {
    await patch("7", { alias: "gemini-pro" });
    const before = await everythingOfPricing();
    const { status, json } = await patch(multiplier, { alias: "gemini-pro" });
    expect([status, { ...json, warnings: [] }]).toEqual([
      200,
      { warnings: [], model_alias: "gemini-pro", multiplier: read, pricing_version: LAUNCH },
    ]);
    expect(await priceOf(world, "gemini-pro")).toBe(read);
    const after = await everythingOfPricing();
    const apart = ({ versions, prices }: typeof before) => [versions, prices.filter((price) => price.model_alias !== "gemini-pro")];
    expect([apart(after), after.revision]).toEqual([apart(before), before.revision + 1]);
  });
});

async function everythingOfPricing() {
  const { query } = world.deps.db;
  const versions = await query.selectFrom("pricing_versions").selectAll().orderBy("version").execute();
  const prices = await query.selectFrom("model_pricing").selectAll().orderBy("pricing_version").orderBy("model_alias").execute();
  return { versions, prices, revision: await revisionOf(world) };
}

describe("a turn", () => {
  let other: SecondProcess;
  let session: string;
  const user = "payer";
  beforeAll(async () => {
    other = await givenSecondProcess(world);
    session = await givenSession(world, user);
    await givenCredits(world, user, "100");
  });
  beforeEach(() => patch(1));
  afterAll(() => other.end());

  // A catalogue that lives for a while, or that only its own container's patches refresh, runs one of these at the old price.
  it("costs the price of the patch before it, in this process and in another one that knew the old price", async () => {
    await runTurn(world, session, { user });
    await other.turn({ session, user, message: "Warm up." });
    await patch(3);
    await other.turn({ session, user, message: "What is a wallet?" });
    await runTurn(world, session, { user });
    await patch("5.5");
    await runTurn(world, session, { user });
    await other.turn({ session, user, message: "What is a wallet?" });
    const multipliers = (await eventsOf(world, user)).map((event) => event.multiplier);
    expect(multipliers).toEqual(["1.0000", "1.0000", "3.0000", "3.0000", "5.5000", "5.5000"]);
  });

  it("that is done keeps its charge, its receipt and its usage; one that runs costs what it was opened at", async () => {
    const done = (await runTurn(world, session, { user })).json;
    world.provider.behave(MODEL, "fake-slow-300");
    const running = await givenModelAsked(world, () => runTurn(world, session, { user }));
    await patch(9);
    expect((await running.answer).json).toMatchObject({ status: "completed", multiplier: "1" });
    world.provider.behave(MODEL, null);

    const debit = (await debitsOf(world, user)).find((row) => row.reference_id === done.id);
    const receipt = await world.call("GET", `/api/v1/users/me/transactions/${debit?.id}/receipt`, { user });
    expect(receipt.json).toMatchObject({ matches: true, total: done.credits_charged, lines: [{ multiplier: "1", matches: true }] });
    const turns = await world.call("GET", `/api/v1/sessions/${session}/turns?limit=2`, { user });
    expect(turns.json.turns[1]).toEqual(done);
  });
});

describe("a patch is refused, and leaves no row, no audit and no revision, when", () => {
  it.each([...BAD_DECIMALS, ...["0.00001", "1.23456", "100.0001", "101", '"100.00001"', '"101"'].map((json) => ({ what: json, json }))])(
    "the multiplier is $what",
    async ({ json }) => {
      const before = await tracesOf(world);
      const raw = `{"pricing_version":"${LAUNCH}","multiplier":${json}}`;
      expect(refusalOf(await operate(world, "PATCH pricing/default", { raw }))).toBe("422 invalid_request at multiplier");
      expect(await tracesOf(world)).toEqual(before);
    },
  );

  const WHOLE = { multiplier: 2, pricing_version: LAUNCH };
  it.each<[what: string, expected: string, body: unknown, alias?: string]>([
    ["the multiplier is missing", "422 invalid_request at multiplier", { pricing_version: LAUNCH }],
    ["the version is missing", "422 invalid_request at pricing_version", { multiplier: 2 }],
    ["the version is null", "422 invalid_request at pricing_version", { ...WHOLE, pricing_version: null }],
    ["the version holds NUL", "422 invalid_request at pricing_version", { ...WHOLE, pricing_version: "a\u0000" }],
    ["there is a weight", "422 invalid_request at weight_fresh", { ...WHOLE, weight_fresh: "1" }],
    ["there is another alias", "422 invalid_request at model_alias", { ...WHOLE, model_alias: "gpt-4o" }],
    ["the body is a list", "422 invalid_request at ", [WHOLE]],
    ["the version is unknown", "404 not_found", { ...WHOLE, pricing_version: "2026-02-21" }],
    ["the alias is unknown", "404 not_found", WHOLE, "gpt-5"],
    ["the alias is of another case", "404 not_found", WHOLE, "Default"],
    ["the alias is no text that a database keeps", "404 not_found", WHOLE, "%00"],
    ["the alias is longer than any", "404 not_found", WHOLE, "a".repeat(65)],
    ["the alias is a property of every object", "404 not_found", WHOLE, "__proto__"],
  ])("%s", async (_what, expected, body, alias = "default") => {
    const before = await tracesOf(world);
    const answer = await operate(world, `PATCH pricing/${alias}`, { body });
    expect(refusalOf(answer)).toBe(expected);
    if (answer.status === 404) expect(answer.json.detail).toBe("Model alias not found for pricing version.");
    expect(await tracesOf(world)).toEqual(before);
  });
});
