// stage:verify on a stage that is as it should be: everything is green, and everything is as it was afterwards.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXPECTED_MIGRATION_HEAD } from "@pantheon/core/db/migration-head.ts";
import { givenCredits, givenEnforcement } from "../support/given.ts";
import { actionsOf, ROOT } from "../support/admin.ts";
import { withFront, type Intercept } from "../support/stage-front.ts";
import { COMMIT, idsOf, rowOf, settingsOf, tokensOf, verifiableWorld, verify } from "../support/stage-verification.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const HEALTH = ["turns", "files", "holds", "users", "admin", "stripe-webhook"].map((name) => `health.${name}`);
const DRIFT = ["drift.commit", "drift.stage", "drift.revision", "database.role"];
const AUTH = ["auth.none", "auth.user", "auth.admin", "auth.forbidden"];
const TURN = ["turn", "turn.wallet", "turn.usage", "turn.debit", "turn.receipt", "summary.day", "turn.replay"];
const MONEY = ["wallet.before", "grant", "grant.replay", "grant.users", "grant.row", "session", ...TURN];
const PRICE = ["price.patch", "price.binds", "price.arithmetic", "price.back"];
const WALLET = ["wallet.admin", "top_up.start", "top_up.cancel"];
const HOLD = ["key.create", "hold", "hold.settle", "key.revoke"];
const FILE = ["file.session", "file.sent", "file.read", "file.turn", "file.deleted"];
const SWITCH = ["empty", "on", "refuses", "off", "allows", "low", "back"].map((name) => `enforcement.${name}`);
const JOBS = ["maintenance.sweep", "maintenance.reconcile", "maintenance.verify"];
const END = ["reconciliation", "sessions.user", "sessions.empty", "drift.answers"];
const ALL = [
  ...HEALTH,
  ...DRIFT,
  ...AUTH,
  ...MONEY,
  ...WALLET,
  ...HOLD,
  ...FILE,
  "price.read",
  ...PRICE,
  "enforcement.read",
  ...SWITCH,
  ...JOBS,
  ...END,
];

let world: TestWorld;
beforeAll(async () => {
  world = await verifiableWorld();
});
afterAll(() => world.end());

describe("a good stage", () => {
  it("is green in every row, each with the request that showed it, and again on the next run", async () => {
    const before = await settingsOf(world);
    for (const balance of ["0 → 1", "0.97945058"]) {
      const evidence = await verify(world);
      expect(idsOf(evidence, "green")).toEqual(ALL);
      expect(evidence).toMatchObject({ ok: true, stage: "local", expected_commit: COMMIT, url: world.apiUrl });
      expect(rowOf(evidence, "grant").seen).toContain(balance);
      expect(rowOf(evidence, "turn").request_id).toMatch(/^verify-[0-9a-f-]{36}$/);
    }
    expect(await settingsOf(world)).toEqual(before);
  });

  it("keeps of each run one grant of 1 credit with its note, by the admin, and no token in the evidence", async () => {
    const evidence = await verify(world);
    const { json } = await world.call("GET", "/api/v1/users/me/transactions?limit=5", { user: "vera" });
    expect(json.transactions[4]).toMatchObject({ kind: "grant", amount: "1", initiated_by: ROOT, note: `stage:verify ${evidence.run}` });
    const text = JSON.stringify(evidence);
    for (const token of Object.values(await tokensOf(world))) expect(text).not.toContain(token);
    expect(text).not.toMatch(/eyJ|pan_|Bearer|stand-in model/);
  });

  it("has a price changed and put back by If-Match, by 0.0001 and in the users' favour", async () => {
    const last = (await actionsOf(world, "pricing.patch")).length;
    await verify(world);
    const actions = (await actionsOf(world, "pricing.patch")).slice(last);
    expect(actions.map(({ before, after }) => [before?.["multiplier"], after?.["multiplier"]])).toEqual([
      ["1", "0.9999"],
      ["0.9999", "1"],
    ]);
  });

  it.each([
    ["an override that is on", true],
    ["an override that is off", false],
    ["no override", null],
  ])("has %s again afterwards", async (_what, override) => {
    await givenEnforcement(world, override);
    expect((await verify(world)).ok).toBe(true);
    expect((await settingsOf(world)).override).toBe(override);
    await givenEnforcement(world, null);
  });

  it("is told by its functions alone when any commit will do", async () => {
    const evidence = await verify(world, { expected: { commit: null, migrationHead: EXPECTED_MIGRATION_HEAD } });
    expect([evidence.ok, evidence.expected_commit]).toEqual([true, "any"]);
  });

  it("may be expected by a commit shortened to seven digits, and no less", async () => {
    const seven = await verify(world, { expected: { commit: COMMIT.slice(0, 7), migrationHead: EXPECTED_MIGRATION_HEAD } });
    const six = await verify(world, { expected: { commit: COMMIT.slice(0, 6), migrationHead: EXPECTED_MIGRATION_HEAD } });
    expect([seven.ok, six.ok]).toEqual([true, false]);
  });

  it("leaves enforcement to the configuration again where it was on by that", async () => {
    const enforced = await testWorld({ environment: { ADMIN_USER_IDS: ROOT, COMMIT_SHA: COMMIT, CREDIT_ENFORCEMENT_ENABLED: "true" } });
    try {
      const evidence = await verify(enforced, { skipMaintenance: "said so" });
      expect([evidence.ok, rowOf(evidence, "enforcement.back").seen]).toEqual([true, "on by config (200)"]);
    } finally {
      await enforced.end();
    }
  });

  it("is asked at the functions' own addresses too: their health, and what an admin does", async () => {
    const asked: string[] = [];
    const intercept: Intercept = (request, next) => {
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      return next(request);
    };
    const evidence = await withFront(world, { intercept }, (url) => verify(world, { adminUrl: url, turnsUrl: url }));
    expect(idsOf(evidence, "green")).toEqual([...HEALTH, "health.turns-stream", "health.admin-stream", ...ALL.slice(HEALTH.length)]);
    expect(asked).toContain("GET /api/v1/health/turns");
    expect(asked).toContain("PATCH /api/v1/admin/settings/enforcement");
    expect(asked.filter((line) => !/ \/api\/v1\/(?:health|admin)\//.test(line))).toEqual([]);
  });
});

describe("someone without credits", () => {
  it("may be the admin, whose wallet then goes a little below zero", async () => {
    const evidence = await verify(world, { tokens: await tokensOf(world, { empty: false }) });
    expect(idsOf(evidence, "green")).toEqual(ALL.map((id) => (id === "sessions.empty" ? "sessions.admin" : id)));
    expect(rowOf(evidence, "enforcement.empty").what).toContain("the admin");
    expect((await world.call("GET", "/api/v1/users/me/wallet", { user: ROOT })).json.balance).toMatch(/^-0\.00\d+$/);
  });

  it("must be found: else the switch is not touched, and the row says what to do", async () => {
    await givenCredits(world, ROOT, "5");
    const before = (await actionsOf(world, "settings.enforcement")).length;
    const evidence = await verify(world, { tokens: await tokensOf(world, { empty: false }) });
    expect(idsOf(evidence, "red", "not run")).toEqual(SWITCH.filter((id) => id !== "enforcement.back"));
    expect(rowOf(evidence, "enforcement.empty").seen).toMatch(/^available 4\.99\d+: give --empty-token/);
    expect(rowOf(evidence, "enforcement.back").seen).toBe("nothing was changed");
    expect(await actionsOf(world, "settings.enforcement")).toHaveLength(before);
  });
});

describe("a stage that takes no payments", () => {
  it("says so, which is not red, and has nothing to cancel", async () => {
    const refusal = { code: "not_configured", detail: "payment not configured" };
    const closed: Intercept = (request, next) =>
      request.url.endsWith("/me/wallet/top-up")
        ? Response.json(refusal, { status: 503, headers: { "Pantheon-Version": COMMIT } })
        : next(request);
    const evidence = await withFront(world, { intercept: closed }, (url) => verify(world, { url }));
    expect([evidence.ok, rowOf(evidence, "top_up.start").seen]).toEqual([true, "503 not_configured: payment not configured"]);
    expect(rowOf(evidence, "top_up.cancel")).toMatchObject({ outcome: "skipped", seen: "the stage takes no payments" });
  });
});

describe("what a rule skips", () => {
  it("is not red: no jobs are looked at, and on production no price and no switch is changed", async () => {
    const production = await verifiableWorld({}, "production");
    try {
      const evidence = await verify(production, { skipMaintenance: "said so" });
      expect(idsOf(evidence, "skipped")).toEqual([...PRICE, ...SWITCH, ...JOBS]);
      expect([evidence.ok, evidence.stage, idsOf(evidence, "red", "not run")]).toEqual([true, "production", []]);
      expect(rowOf(evidence, "price.patch")).toMatchObject({
        ok: null,
        seen: "the stage is production: not changed without --change-settings",
      });
      expect((await actionsOf(production)).map(({ action }) => action)).toEqual(["wallet.grant", "api_key.create", "api_key.revoke"]);

      const changing = await verify(production, { changeSettings: true });
      expect(idsOf(changing, "green")).toEqual(ALL);
    } finally {
      await production.end();
    }
  });
});
