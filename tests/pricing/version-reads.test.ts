// Pricing versions are found, looked at, and activated when their day has come: not a millisecond before, and not when somebody changed
// a price since they were looked at. What a price earns is said wherever one is read or changed.

import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PatchedPrice, PriceList, PricingVersion, PricingVersionList, PricingVersionRead } from "@pantheon/contract/prices.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import { activateVersion } from "@pantheon/core/pricing/prices.ts";
import { activateVersion as ACTIVATE } from "@pantheon/core/pricing/statements/pricing-version.ts";
import type { Economy } from "@pantheon/core/pricing/versions.ts";
import { LAUNCH, ROOT, actionsOf, adminWorld, createVersion, operate, patchPrice, refusalOf } from "../support/admin.ts";
import { tracesOf } from "../support/traces.ts";
import { exactly } from "../support/shapes.ts";
import { listedCalls, seedCall, seedEvents, seedLedger } from "../support/seed-usage.ts";
import type { Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
afterEach(async () => {
  await operate(world, `POST pricing/versions/${LAUNCH}/activate`);
});
afterAll(() => world.end());

const activate = (version: string, headers: Record<string, string> = {}) =>
  operate(world, `POST pricing/versions/${version}/activate`, { headers });
const read = (version: string) => operate(world, `GET pricing/versions/${version}`);
/** What prices are judged by at a time of one's own. */
const economyAt = (time: string): Economy => {
  const { db, config } = world.deps;
  return { db, models: MODELS, usdPerCredit: config.usdPerCredit, clock: () => Date.parse(time) };
};
const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();
const codesOf = (json: Json) => json.warnings.map(({ code, alias }: Json) => `${code} ${alias}`);

describe("the list of versions", () => {
  it("has each with its state, newest first, by pages", async () => {
    await createVersion(world, "old");
    await createVersion(world, "far", { effective_date: "9999-12-31" });
    const { status, json } = await operate(world, "GET pricing/versions");
    expect(status).toBe(200);
    const { versions, total } = exactly(PricingVersionList, json);
    expect(versions.map(({ version, state, is_active }) => `${version} ${state} ${is_active}`)).toEqual([
      "far upcoming false",
      "old ready false",
      `${LAUNCH} active true`,
    ]);
    expect(total).toBe(3);
    const first = (await operate(world, "GET pricing/versions?limit=2")).json;
    const rest = (await operate(world, `GET pricing/versions?limit=2&cursor=${first.next_cursor}`)).json;
    expect([...first.versions, ...rest.versions]).toEqual(versions);
    expect(rest.next_cursor).toBe(null);
  });
});

describe("a version", () => {
  it("is read whole before it is activated: prices, what they would earn, and the revision as ETag", async () => {
    await createVersion(world, "looked-at");
    await patchPrice(world, "0.05", { alias: "deepseek", version: "looked-at" });
    const { status, json, headers } = await read("looked-at");
    const version = exactly(PricingVersionRead, json);
    expect([status, headers.get("etag")]).toEqual([200, `"${version.revision}"`]);
    expect(version).toMatchObject({ version: "looked-at", state: "ready", is_active: false });
    expect(version.items.map(({ model_alias: alias }) => alias)).toEqual(Object.keys(MODELS).toSorted());
    expect(version.items.find(({ model_alias: alias }) => alias === "deepseek")).toMatchObject({
      multiplier: "0.05",
      break_even_multiplier: "0.2667",
    });
    expect(codesOf(version)).toContain("below_list_cost deepseek");
  });

  it.each(["never-made", "%00", "a".repeat(65), "__proto__"])("of the name %s is 404", async (name) => {
    const answer = await read(name);
    expect([refusalOf(answer), answer.json.detail]).toEqual(["404 not_found", "Pricing version not found."]);
  });

  it("is activated with the revision that was looked at, and with no other", async () => {
    await createVersion(world, "guarded");
    const etag = (await read("guarded")).headers.get("etag") ?? "";
    await patchPrice(world, "2.5", { alias: "gpt-4o", version: "guarded" });
    const before = await tracesOf(world);
    const stale = await activate("guarded", { "If-Match": etag });
    expect([refusalOf(stale), `"${stale.json.revision}"`]).toEqual([
      "412 precondition_failed",
      (await read("guarded")).headers.get("etag"),
    ]);
    expect(await tracesOf(world)).toEqual(before);
    expect((await activate("guarded", { "If-Match": `"${stale.json.revision}"` })).status).toBe(200);
  });
});

describe("an effective date", () => {
  const by = { actor: ROOT, requestId: "r", key: null };

  it("that has not come refuses the activation up to its last millisecond, and leaves no trace; from its first on it does not", async () => {
    await createVersion(world, "new-year", { effective_date: "2999-01-01" });
    const before = await tracesOf(world);
    const refused = activateVersion(economyAt("2998-12-31T23:59:59.999Z"), by, "new-year", null);
    await expect(refused).rejects.toMatchObject({ code: "not_effective_yet", members: { effective_date: "2999-01-01" } });
    const answer = await activate("new-year");
    expect([refusalOf(answer), answer.json.effective_date]).toEqual(["409 not_effective_yet", "2999-01-01"]);
    expect(await tracesOf(world)).toEqual(before);
    expect((await operate(world, "GET pricing")).json.pricing_version).toBe(LAUNCH);
    await activateVersion(economyAt("2999-01-01T00:00:00.000Z"), by, "new-year", null);
    expect((await operate(world, "GET pricing")).json.pricing_version).toBe("new-year");
  });

  it("is looked at by the statement itself too", async () => {
    await createVersion(world, "by-statement", { effective_date: "2999-01-01" });
    const { revision } = (await read("by-statement")).json;
    const given = {
      actor: ROOT,
      requestId: "r",
      key: null,
      requestHash: null,
      status: 200,
      body: "",
      version: "by-statement",
      ifRevision: revision,
    };
    expect(await world.deps.db.run(ACTIVATE, { ...given, today: "2998-12-31" })).toEqual([]);
    expect((await read("by-statement")).json.state).toBe("upcoming");
    expect(await world.deps.db.run(ACTIVATE, { ...given, today: "2999-01-01" })).toEqual([{ version: "by-statement" }]);
  });
});

describe("warnings", () => {
  it("come with a patch, a new version and an activation, and are replayed with them", async () => {
    const patch = await patchPrice(world, "1.5", { alias: "claude-sonnet", key: "warned" });
    expect(codesOf(exactly(PatchedPrice, patch.json))).toEqual(["below_list_cost claude-sonnet"]);
    const again = await patchPrice(world, "1.5", { alias: "claude-sonnet", key: "warned" });
    expect([again.text, again.headers.get("idempotency-replayed")]).toEqual([patch.text, "true"]);
    const below = ["claude-haiku", "claude-sonnet", "gemini-flash", "gemini-pro", "gpt-4o"].map((alias) => `below_list_cost ${alias}`);
    const made = await createVersion(world, "warned");
    expect(codesOf(exactly(PricingVersion, made.json))).toEqual(below);
    expect(codesOf((await activate("warned")).json)).toEqual(below);
    expect(codesOf(exactly(PriceList, (await operate(world, "GET pricing")).json))).toEqual(below);
    expect((await patchPrice(world, "5", { alias: "claude-sonnet", version: "warned" })).json.warnings).toEqual([]);
  });

  it("tell of recent use, of 30 days and not of the one before", async () => {
    const spent = (ago: number, cost: string) =>
      seedCall({ turn: `${ago}`, user_id: "ada", at: day(ago) }, { output: 10_000, provider_cost_usd: cost });
    await seedEvents(world.deps.db.query, listedCalls([spent(29, "0.01"), spent(30, "100")]));
    await seedLedger(world.deps.db.query);
    const { json } = await operate(world, "GET pricing");
    expect(json.recent_days).toEqual({ from: day(29).slice(0, 10), to: day(0).slice(0, 10) });
    const of = (alias: string) => json.items.find((item: Json) => item.model_alias === alias).recent_use;
    expect(of("gpt-4o")).toBe(null);
    expect(of("default")).toMatchObject({ call_count: 1, revenue_usd: "0.03", provider_cost_usd: "0.01", margin_usd: "0.02" });
    const patch = (multiplier: string) => patchPrice(world, multiplier, { alias: "default" });
    expect(codesOf((await patch("0.3333")).json)).toEqual(["loses_on_recent_use default"]);
    expect(codesOf((await patch("0.3334")).json)).toEqual([]);
    await patch("1");
  });

  it("do not keep a price from being changed when recent use cannot be read", async () => {
    const locker = new Client({ connectionString: world.ownerUrl });
    await locker.connect();
    await locker.query("begin");
    await locker.query("lock table usage_daily");
    const { status, json } = await patchPrice(world, "1", { alias: "default" });
    await locker.end();
    expect(status).toBe(200);
    expect(codesOf(json)).toEqual(["recent_use_unknown default"]);
    expect((await actionsOf(world, "pricing.patch")).at(-1)).toMatchObject({ target: `${LAUNCH}/default` });
  }, 60_000);
});
