// Pricing versions: a new one is a copy or given in full and binds nobody until it is made active; being active is all that ever
// changes of it, and what was charged under another version stays.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MODELS } from "@pantheon/core/models/models.ts";
import { givenSession, runTurn } from "../support/given.ts";
import { LAUNCH, actionsOf, createVersion, operate, adminWorld, patchPrice, priceOf, refusalOf, revisionOf } from "../support/admin.ts";
import { tracesOf } from "../support/traces.ts";
import type { Json, TestWorld } from "../support/world.ts";

const ALIASES = Object.keys(MODELS).toSorted();

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
afterEach(async () => {
  await activate(LAUNCH);
  await world.assertLedger();
});
afterAll(() => world.end());

const activate = (version: string) => operate(world, `POST pricing/versions/${version}/activate`);
const versionRow = (version: string) =>
  world.deps.db.query.selectFrom("pricing_versions").selectAll().where("version", "=", version).executeTakeFirstOrThrow();
/** The prices of a list, without what they earn. */
const pricesIn = ({ items, pricing_version }: Json, version = pricing_version): Json[] =>
  items.map(({ model_alias, multiplier }: Json) => ({ model_alias, multiplier, pricing_version: version }));
const inFull = (multiplier: unknown) => ALIASES.map((model_alias) => ({ model_alias, multiplier }));

describe("a new version", () => {
  it("copies the active one's prices and weights, and changes nothing else", async () => {
    const active = (await operate(world, "GET pricing")).json;
    const { status, json } = await createVersion(world, "copied", { label: " Copied ", effective_date: "2028-02-29" });
    const items = pricesIn(active, "copied");
    const said = { version: "copied", label: "Copied", effective_date: "2028-02-29", is_active: false };
    expect([status, json]).toEqual([201, { ...said, items, tool_credits: {}, warnings: active.warnings }]);
    const now = (await operate(world, "GET pricing")).json;
    expect([now.items, now.pricing_version]).toEqual([active.items, LAUNCH]);
    const { created_at: _then, ...launch } = await versionRow(LAUNCH);
    const { created_at: _now, ...copied } = await versionRow("copied");
    expect(copied).toEqual({ ...launch, ...said });
  });

  it("has the weights of the version that is active, and not the first one's", async () => {
    const { query } = world.deps.db;
    const weights = { weight_fresh: "0.7000", weight_cached: "0.3000", weight_output: "3.0000", oe_per_credit: "5000.0000" };
    await query
      .insertInto("pricing_versions")
      .values({ version: "heavy", label: "Heavy", effective_date: "2025-01-01", ...weights })
      .execute();
    const prices = ALIASES.map((model_alias) => ({ pricing_version: "heavy", model_alias, multiplier: "2" }));
    await query.insertInto("model_pricing").values(prices).execute();
    await activate("heavy");
    await createVersion(world, "of-heavy");
    await createVersion(world, "of-heavy-in-full", { items: inFull(3) });
    for (const version of ["of-heavy", "of-heavy-in-full"]) expect(await versionRow(version)).toMatchObject(weights);
  });

  it("takes what a tool costs, keeps it in copies, and shows it", async () => {
    const made = await createVersion(world, "tools", { tool_credits: { search: "0.0500" } });
    expect([made.status, made.json.tool_credits]).toEqual([201, { search: "0.05" }]);
    expect((await activate("tools")).status).toBe(200);
    expect((await createVersion(world, "tools-copied")).json.tool_credits).toEqual({ search: "0.05" });
    expect((await createVersion(world, "tools-free", { tool_credits: {} })).json.tool_credits).toEqual({});
    expect((await operate(world, "GET pricing/versions/tools-copied")).json.tool_credits).toEqual({ search: "0.05" });
    for (const tool_credits of [{ search: 0 }, { search: "0.000000001" }, { search: "10001" }, { drill: 1 }]) {
      expect((await createVersion(world, "tools-bad", { tool_credits })).status).toBe(422);
    }
    expect((await activate(LAUNCH)).status).toBe(200);
  });

  it("takes prices in full, as numbers and texts, in any order", async () => {
    const given = ALIASES.map((model_alias, index) => ({ model_alias, multiplier: index % 2 === 0 ? index + 0.5 : `${index}.2500` }));
    const { status, json } = await createVersion(world, "in-full", { items: given.toReversed() });
    const items = ALIASES.map((model_alias, index) => ({
      model_alias,
      multiplier: index % 2 === 0 ? `${index}.5` : `${index}.25`,
      pricing_version: "in-full",
    }));
    expect([status, json.items]).toEqual([201, items]);
    expect((await activate("in-full")).status).toBe(200);
    expect(pricesIn((await operate(world, "GET pricing")).json)).toEqual(items);
  });

  it("raises the revision, so that an If-Match from before it is stale", async () => {
    const revision = await revisionOf(world);
    await createVersion(world, "raising");
    expect(await revisionOf(world)).toBeGreaterThan(revision);
    expect((await patchPrice(world, 1, { headers: { "If-Match": `"${revision}"` } })).status).toBe(412);
  });
});

describe("a new version is refused, and leaves no trace, when", () => {
  const whole = { version: "refused", label: "Refused", effective_date: "2027-01-01" };
  const without = (name: keyof typeof whole) => Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name));

  it.each<[what: string, expected: string, body: unknown]>([
    ["there is one of that name", "409 conflict", { ...whole, version: LAUNCH }],
    ["there is one of that name, and it is given in full", "409 conflict", { ...whole, version: LAUNCH, items: inFull(1) }],
    ["an alias is missing", "422 invalid_request at items", { ...whole, items: inFull(1).slice(1) }],
    ["an alias is there twice", "422 invalid_request at items", { ...whole, items: [...inFull(1), ...inFull(1).slice(1, 2)] }],
    [
      "one alias stands for another",
      "422 invalid_request at items",
      { ...whole, items: [...inFull(1).slice(1), ...inFull(2).slice(1, 2)] },
    ],
    [
      "an alias is unknown",
      "422 invalid_request at items.0.model_alias",
      { ...whole, items: [{ model_alias: "gpt-5", multiplier: 1 }, ...inFull(1)] },
    ],
    ["there are no items in the list", "422 invalid_request at items", { ...whole, items: [] }],
    ["items are null", "422 invalid_request at items", { ...whole, items: null }],
    [
      "a multiplier is 0",
      "422 invalid_request at items.0.multiplier",
      { ...whole, items: inFull(0).slice(0, 1).concat(inFull(1).slice(1)) },
    ],
    [
      "a multiplier has five decimals",
      "422 invalid_request at items.0.multiplier",
      { ...whole, items: inFull("0.00001").slice(0, 1).concat(inFull(1).slice(1)) },
    ],
    [
      "an item has a weight",
      "422 invalid_request at items.0.weight",
      { ...whole, items: [{ ...inFull(1)[0], weight: 1 }, ...inFull(1).slice(1)] },
    ],
    ["it names its weights", "422 invalid_request at weight_fresh", { ...whole, weight_fresh: "0.1" }],
    ["it would be active at once", "422 invalid_request at is_active", { ...whole, is_active: true }],
    ["the name is missing", "422 invalid_request at version", without("version")],
    ["the label is missing", "422 invalid_request at label", without("label")],
    ["the date is missing", "422 invalid_request at effective_date", without("effective_date")],
    ...["", " ", "-a", ".a", "a/b", "a b", "a\n", "ä", "a".repeat(65), 7, null].map((version): [string, string, unknown] => [
      `the name is ${JSON.stringify(version)}`,
      "422 invalid_request at version",
      { ...whole, version },
    ]),
    ...["", "  ", "x".repeat(65), "a\u0000b", 7, null].map((label): [string, string, unknown] => [
      `the label is ${JSON.stringify(label)}`,
      "422 invalid_request at label",
      { ...whole, label },
    ]),
    ...["2027-02-29", "2027-02-30", "2027-13-01", "2027-00-10", "2027-01-00", "0000-01-01", "20270101", "2027-1-1", "2027-01-01T00:00:00Z"]
      .concat(["2027-01-01 ", "01.01.2027", "infinity", "now", "today", "epoch", "", "+12027-01-01"])
      .map((date): [string, string, unknown] => [
        `the date is "${date}"`,
        "422 invalid_request at effective_date",
        { ...whole, effective_date: date },
      ]),
    ["the date is a number", "422 invalid_request at effective_date", { ...whole, effective_date: 20270101 }],
  ])("%s", async (_what, expected, body) => {
    const before = await tracesOf(world);
    expect(refusalOf(await operate(world, "POST pricing/versions", { body }))).toBe(expected);
    expect(await tracesOf(world)).toEqual(before);
  });
});

describe("activation", () => {
  it("makes it the one that is listed and that the next turn costs; what was charged before stays", async () => {
    await createVersion(world, "dear", { items: inFull("4.5") });
    const session = await givenSession(world);
    const old = (await runTurn(world, session)).json;
    const { status, json } = await activate("dear");
    const said = { version: "dear", label: "Version dear", effective_date: "2025-03-20", is_active: true };
    expect([status, { ...json, warnings: [] }]).toEqual([200, { ...said, warnings: [] }]);
    expect((await operate(world, "GET settings")).json.pricing_version).toBe("dear");
    const now = (await runTurn(world, session)).json;
    await activate(LAUNCH);
    const back = (await runTurn(world, session)).json;
    expect([old, now, back].map(({ multiplier, pricing_version }) => [multiplier, pricing_version])).toEqual([
      ["1", LAUNCH],
      ["4.5", "dear"],
      ["1", LAUNCH],
    ]);
    const { transactions } = (await world.call("GET", "/api/v1/users/me/transactions")).json;
    for (const { id, reference_id } of transactions) {
      const receipt = (await world.call("GET", `/api/v1/users/me/transactions/${id}/receipt`)).json;
      const turn = [old, now, back].find((candidate) => candidate.id === reference_id);
      expect([receipt.matches, receipt.total, receipt.lines[0].pricing_version]).toEqual([
        true,
        turn.credits_charged,
        turn.pricing_version,
      ]);
    }
  });

  it("brings the patches that a version got while it was not active, and no other's", async () => {
    await createVersion(world, "waiting");
    const launch = await priceOf(world, "deepseek");
    expect((await patchPrice(world, "9.75", { alias: "deepseek", version: "waiting" })).status).toBe(200);
    expect(await priceOf(world, "deepseek")).toBe(launch);
    await activate("waiting");
    expect(await priceOf(world, "deepseek")).toBe("9.75");
  });

  it("of the active one is no change, and audited all the same", async () => {
    const before = await versionRow(LAUNCH);
    const seen = (await actionsOf(world)).length;
    expect((await activate(LAUNCH)).status).toBe(200);
    expect(await versionRow(LAUNCH)).toEqual(before);
    expect((await actionsOf(world)).slice(seen)).toMatchObject([
      { action: "pricing.activate", target: LAUNCH, before: { active: LAUNCH }, after: { active: LAUNCH } },
    ]);
  });

  it.each(["never-made", "%00", "a%00b", "%20", "a".repeat(65), "__proto__", "%E0%A4%A", LAUNCH.toUpperCase() + "x"])(
    "of %s is 404, and leaves no trace",
    async (version) => {
      const before = await tracesOf(world);
      const answer = await activate(version);
      expect([refusalOf(answer), answer.json.detail]).toEqual(["404 not_found", "Pricing version not found."]);
      expect(await tracesOf(world)).toEqual(before);
    },
  );
});
