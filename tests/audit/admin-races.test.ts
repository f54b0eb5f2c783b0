// Admins at once, and admins while everything runs: no change is lost or told wrongly, and every turn is priced by one version.

import * as v from "valibot";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { amount, roundHalfUp, format } from "@pantheon/contract/money.ts";
import { sql } from "kysely";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { eventsOf } from "../support/ledger.ts";
import {
  LAUNCH,
  SECOND,
  actionsOf,
  atOnce,
  beside,
  chainOf,
  createVersion,
  givenOpenConnections,
  operate,
  adminWorld,
  patchPrice,
  priceOf,
  refusalOf,
  revisionOf,
  statuses,
  type PricePatch,
} from "../support/admin.ts";
import { say } from "../support/say.ts";
import { givenSecondProcess } from "../support/second-process.ts";
import { tracesOf } from "../support/traces.ts";
import type { TestWorld } from "../support/world.ts";

const PARALLEL = 50;

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
beforeEach(() => givenOpenConnections(world));
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const match = (revision: number | string) => ({ headers: { "If-Match": `"${revision}"` } });
const activate = (version: string, user = "root") => operate(world, `POST pricing/versions/${version}/activate`, { user });
const active = () => world.deps.db.query.selectFrom("pricing_versions").select("version").where("is_active", "=", true).execute();
const patch = (multiplier: unknown, options: PricePatch = {}) => patchPrice(world, multiplier, options);

describe("If-Match", () => {
  it("lets the patch through at that revision, and refuses it with 412 at any other", async () => {
    const seen = await revisionOf(world);
    expect((await patch(2, match(seen))).status).toBe(200);
    const before = await tracesOf(world);
    for (const stale of [seen, seen - 1, seen + 2, 0, "999999999999999999"]) {
      const refused = await patch(8, match(stale));
      expect([refusalOf(refused), refused.json.revision]).toEqual(["412 precondition_failed", String(seen + 1)]);
    }
    expect(await tracesOf(world)).toEqual(before);
    expect((await patch(8, match(seen + 1))).status).toBe(200);
  });

  it("is stale as soon as a setting or a version has changed too", async () => {
    const seen = await revisionOf(world);
    await operate(world, "PATCH settings/enforcement", { body: { enabled: false } });
    expect((await patch(2, match(seen))).status).toBe(412);
    await operate(world, "DELETE settings/enforcement");
  });

  it("asks for nothing as *, and says 404 of an unknown price before it says 412", async () => {
    expect((await patch(2, { headers: { "If-Match": "*" } })).status).toBe(200);
    expect(refusalOf(await patch(2, { ...match(1), alias: "nobody" }))).toBe("404 not_found");
  });

  it.each(["12", '""', '"x"', 'W/"12"', '"1", "2"', "'1'", '"-1"', '"1.5"', '"1e3"', '"1234567890123456789"', '"', "**"])(
    "that is malformed (%s) is refused with its name",
    async (header) => {
      const before = await tracesOf(world);
      expect(refusalOf(await patch(2, { headers: { "If-Match": header } }))).toBe("422 invalid_request at If-Match");
      expect(await tracesOf(world)).toEqual(before);
    },
  );
});

describe("two admins at once", () => {
  it("with one If-Match: exactly one of 50 wins, the others are told 412", async () => {
    const revision = await revisionOf(world);
    const before = (await actionsOf(world)).length;
    const answers = await atOnce(PARALLEL, (index) =>
      patch(`1.${index + 10}`, { user: index % 2 === 0 ? "root" : SECOND, headers: { "If-Match": `"${revision}"` } }),
    );
    expect(statuses(answers)).toEqual({ 200: 1, 412: PARALLEL - 1 });
    const winner = answers.find(({ status }) => status === 200);
    expect(await priceOf(world, "default")).toBe(winner?.json.multiplier);
    const [action, ...more] = (await actionsOf(world)).slice(before);
    expect([more, action?.after]).toEqual([[], { multiplier: winner?.json.multiplier }]);
    expect(await revisionOf(world)).toBe(revision + 1);
  });

  it("without one: all 50 are applied, and the audit tells them as a chain without a gap", async () => {
    const begin = await priceOf(world, "default");
    const seen = (await actionsOf(world)).length;
    const revision = await revisionOf(world);
    const answers = await atOnce(PARALLEL, (index) => patch(`2.${index + 10}`, { user: index % 2 === 0 ? "root" : SECOND }));
    expect(statuses(answers)).toEqual({ 200: PARALLEL });
    const actions = (await actionsOf(world)).slice(seen);
    expect([actions.length, actions.at(-1)?.after]).toEqual([PARALLEL, { multiplier: await priceOf(world, "default") }]);
    expect(chainOf(actions, "multiplier", begin)).toBe("whole");
    expect(await revisionOf(world)).toBe(revision + PARALLEL);
  });
});

describe("a copy of the active prices", () => {
  const Items = v.array(v.object({ model_alias: v.string(), multiplier: v.string() }));

  it("that races patches is of one moment: exactly what every patch before it in the audit left, and none after it", async () => {
    const prices = new Map(Object.entries(await pricesIn(LAUNCH)));
    const seen = (await actionsOf(world)).length;
    const made: string[] = [];
    await beside(sixtyTimesThreePatches(), async (copy) => {
      const answer = await createVersion(world, `copy-${copy}`);
      expect([201, 409]).toContain(answer.status); // 409 with Retry-After: prices moved on at each of its tries
      if (answer.status === 201) made.push(`copy-${copy}`);
      else expect(answer.headers.get("retry-after")).toBe("1");
    });
    say(`copies of prices: ${made.length} made beside 180 patches`);
    expect(made.length).toBeGreaterThan(3);

    const told: string[] = [];
    for (const { action, target, after } of (await actionsOf(world)).slice(seen)) {
      if (action === "pricing.patch") prices.set(target.replace(`${LAUNCH}/`, ""), String(after?.["multiplier"]));
      if (action !== "pricing.create_version") continue;
      told.push(target);
      const items = v.parse(Items, after?.["items"]).map(({ model_alias, multiplier }) => [model_alias, multiplier]);
      expect(Object.fromEntries(items)).toEqual(Object.fromEntries(prices));
      expect(await pricesIn(target)).toEqual(Object.fromEntries(prices));
    }
    expect(told).toEqual(made);
  });
});

async function sixtyTimesThreePatches(): Promise<void> {
  for (let step = 1; step <= 60; step += 1) {
    await atOnce(3, (index) => patch(`3.${step + 100}`, { alias: ["default", "deepseek", "gpt-4o"][index] ?? "" }));
  }
}

/** The stored prices of a version, as the API writes them. */
async function pricesIn(version: string): Promise<Record<string, string>> {
  const rows = await world.deps.db.query.selectFrom("model_pricing").selectAll().where("pricing_version", "=", version).execute();
  return Object.fromEntries(rows.map((row) => [row.model_alias, format(amount(row.multiplier))]));
}

describe("activation", () => {
  it("is one switch: every turn that runs beside it has the weights and the multiplier of exactly one version", async () => {
    await patch(1);
    await sql`insert into pricing_versions (version, label, effective_date, weight_fresh, weight_cached, weight_output, oe_per_credit)
              values ('heavy', 'Other weights', '2025-01-01', 0.7, 0.3, 3, 5000)`.execute(world.deps.db.query);
    await sql`insert into model_pricing select 'heavy', model_alias, 7.5 from model_pricing where pricing_version = ${LAUNCH}`.execute(
      world.deps.db.query,
    );
    const users = ["a", "b", "c", "d"];
    const sessions = await Promise.all(users.map((user) => givenSession(world, user)));
    await Promise.all(users.map((user) => givenCredits(world, user, "1000")));
    const other = await givenSecondProcess(world);
    try {
      const turns = users.map(async (user, index) => {
        const session = sessions[index] ?? "";
        for (let turn = 0; turn < 15; turn += 1) {
          const ran =
            index === 0
              ? (await other.turn({ session, user, message: "Hello?" })).ok
              : (await runTurn(world, session, { user })).status === 201;
          expect(ran).toBe(true);
        }
      });
      const switches = await beside(Promise.all(turns), async (time) => {
        expect((await activate(time % 2 === 0 ? "heavy" : LAUNCH)).status).toBe(200);
      });
      await activate(LAUNCH);

      const events = (await Promise.all(users.map((user) => eventsOf(world, user)))).flat();
      const kinds = new Map<string, number>();
      for (const event of events) {
        const kind = [
          event.pricing_version,
          event.weight_fresh,
          event.weight_cached,
          event.weight_output,
          event.oe_per_credit,
          event.multiplier,
        ].join(" ");
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        const fresh = amount(event.weight_fresh).times(event.input_tokens_fresh);
        const cached = amount(event.weight_cached).times(event.input_tokens_cached);
        const oe = fresh.plus(cached).plus(amount(event.weight_output).times(event.output_tokens));
        const charge = roundHalfUp(oe.times(event.multiplier).div(event.oe_per_credit), 8);
        expect(amount(event.credits_charged).eq(charge)).toBe(true);
      }
      say(`turns beside ${switches} switches of version: ${[...kinds].map(([kind, count]) => `${count} of ${kind}`).join(", ")}`);
      expect([...kinds.keys()].toSorted()).toEqual([
        `${LAUNCH} 0.3500 0.1000 1.0000 10000.0000 1.0000`,
        "heavy 0.7000 0.3000 3.0000 5000.0000 7.5000",
      ]);
      expect(events).toHaveLength(60);
    } finally {
      await other.end();
    }
  });

  it("of two versions by two admins at once leaves exactly one active, and both in the audit", async () => {
    for (const version of ["left", "right"]) await createVersion(world, version);
    const seen = (await actionsOf(world, "pricing.activate")).length;
    for (let round = 0; round < 15; round += 1) {
      const answers = await Promise.all([activate("left"), activate("right", SECOND)]);
      expect(answers.map(({ status, json }) => [status, json.version, json.is_active])).toEqual([
        [200, "left", true],
        [200, "right", true],
      ]);
      const actions = (await actionsOf(world, "pricing.activate")).slice(seen + 2 * round);
      expect(actions.map(({ admin_id, target }) => `${admin_id} ${target}`).toSorted()).toEqual(["root left", "second right"]);
      expect(await active()).toEqual([{ version: actions.at(-1)?.target }]);
    }
  });

  it.each([16, 60])(
    "of %i versions at once, some the same, is done one by one, and the audit tells it as a chain without a gap",
    async (times) => {
      const versions = ["one", "two", "three", "four"].map((name) => `${name}-of-${times}`);
      for (const version of versions) await createVersion(world, version);
      const seen = (await actionsOf(world, "pricing.activate")).length;
      const [{ version: begin } = { version: "" }] = await active();
      const answers = await atOnce(times, (index) => activate(versions[index % 4] ?? ""));
      const { 200: done = 0, ...others } = statuses(answers);
      const late = answers.filter(({ status, headers }) => status === 409 && headers.get("retry-after") === "1").length;
      say(`${times} switches of version at once: ${done} done, ${late} told to try again`);
      expect(others).toEqual(late === 0 ? {} : { 409: late });
      if (times < 20) expect(done).toBe(times); // each try can be passed by only so many others
      const actions = (await actionsOf(world, "pricing.activate")).slice(seen);
      expect([actions.length, chainOf(actions, "active", begin)]).toEqual([done, "whole"]);
      expect(await active()).toEqual([{ version: actions.at(-1)?.target }]);
    },
  );
});
