// Enforcement as an admin switches it: the override wins over the stage's default in every container at once, outlives them all, and
// its absence gives the default back.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { givenAdminContainer } from "../support/admin-container.ts";
import { givenContainer } from "../support/container.ts";
import { givenSession, runTurn } from "../support/given.ts";
import {
  LAUNCH,
  actionsOf,
  atOnce,
  chainOf,
  givenOpenConnections,
  createVersion,
  operate,
  adminWorld,
  refusalOf,
  revisionOf,
} from "../support/admin.ts";
import { givenSecondProcess } from "../support/second-process.ts";
import { tracesOf } from "../support/traces.ts";
import type { TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld({ LOW_BALANCE_THRESHOLD: "2.50" });
});
afterEach(async () => {
  await operate(world, "DELETE settings/enforcement");
  await world.assertLedger();
});
afterAll(() => world.end());

const override = (enabled: boolean) => operate(world, "PATCH settings/enforcement", { body: { enabled } });
const giveBack = () => operate(world, "DELETE settings/enforcement");
const settings = async (place: Pick<TestWorld, "call"> = world) => (await operate(place, "GET settings")).json;

describe("the settings", () => {
  it("say what is in force, where that comes from, and at which revision", async () => {
    const { status, headers, json } = await operate(world, "GET settings");
    const revision = String(await revisionOf(world));
    expect([status, headers.get("etag"), headers.get("cache-control")]).toEqual([200, `"${revision}"`, "no-store"]);
    expect(json).toEqual({
      enforcement_enabled: false,
      enforcement_source: "config",
      low_balance_threshold: "2.5",
      pricing_version: LAUNCH,
      revision,
    });
  });

  it("show the version that is active, and the revision that its activation raised", async () => {
    await createVersion(world, "shown");
    const { revision } = await settings();
    await operate(world, "POST pricing/versions/shown/activate");
    expect(await settings()).toMatchObject({ pricing_version: "shown", revision: String(Number(revision) + 1) });
    await operate(world, `POST pricing/versions/${LAUNCH}/activate`);
  });
});

describe("an override", () => {
  it("is answered with its source, is shown, and is gone when it is deleted", async () => {
    for (const enabled of [true, false, true]) {
      expect(await override(enabled)).toMatchObject({ status: 200, json: { enforcement_enabled: enabled, source: "override" } });
      expect(await settings()).toMatchObject({ enforcement_enabled: enabled, enforcement_source: "override" });
    }
    expect(await giveBack()).toMatchObject({ status: 200, json: { enforcement_enabled: false, source: "config" } });
    expect(await settings()).toMatchObject({ enforcement_enabled: false, enforcement_source: "config" });
  });

  it("beats a stage that enforces too, and its deletion gives that back", async () => {
    const strict = givenAdminContainer(world, { enforcementDefault: true });
    try {
      expect(await settings(strict)).toMatchObject({ enforcement_enabled: true, enforcement_source: "config" });
      const off = await operate(strict, "PATCH settings/enforcement", { body: { enabled: false } });
      expect(off.json).toEqual({ enforcement_enabled: false, source: "override" });
      expect(await settings(strict)).toMatchObject({ enforcement_enabled: false, enforcement_source: "override" });
      expect((await operate(strict, "DELETE settings/enforcement")).json).toEqual({ enforcement_enabled: true, source: "config" });
    } finally {
      await strict.close();
    }
  });

  it("raises the revision when it changes something, and only then; each request is audited", async () => {
    const begin = await revisionOf(world);
    const seen = (await actionsOf(world)).length;
    const revisions: number[] = [];
    for (const act of [() => override(true), () => override(true), () => override(false), giveBack, giveBack]) {
      await act();
      revisions.push((await revisionOf(world)) - begin);
    }
    expect(revisions).toEqual([1, 1, 2, 3, 3]);
    const actions = (await actionsOf(world)).slice(seen);
    expect(actions.map(({ after }) => after?.["override"])).toEqual([true, true, false, null, null]);
    expect(chainOf(actions, "override", null)).toBe("whole");
  });

  it("by 120 requests at once is told by the audit as a chain without a gap, whose end is in force", async () => {
    const seen = (await actionsOf(world)).length;
    await givenOpenConnections(world);
    const answers = await atOnce(120, (index) => (index % 3 === 2 ? giveBack() : override(index % 3 === 0)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const actions = (await actionsOf(world)).slice(seen);
    expect([actions.length, chainOf(actions, "override", null)]).toEqual([120, "whole"]);
    const end = actions.at(-1)?.after?.["override"];
    expect(await settings()).toMatchObject({
      enforcement_enabled: end ?? false,
      enforcement_source: end === null ? "config" : "override",
    });
  });
});

describe("a turn of an empty wallet", () => {
  // A container that keeps the setting for a while, or reads it once, runs or refuses one of these wrongly.
  it("meets each switch at once: here, in another container of another default, in another process, and in one that comes up later", async () => {
    const session = await givenSession(world);
    const strict = givenContainer(world, { config: { enforcementDefault: true } });
    const other = await givenSecondProcess(world);
    const seen = async () => {
      const late = givenContainer(world);
      try {
        const there = await other.turn({ session, user: "ada", message: "Hello?" });
        const elsewhere = there.ok ? 201 : there.code;
        return [(await runTurn(world, session)).status, (await strict.turn(session)).status, elsewhere, (await late.turn(session)).status];
      } finally {
        await late.close();
      }
    };
    try {
      expect(await seen()).toEqual([201, 402, 201, 201]);
      await override(true);
      expect(await seen()).toEqual([402, 402, "insufficient_credits", 402]);
      await override(false);
      expect(await seen()).toEqual([201, 201, 201, 201]);
      await giveBack();
      expect(await seen()).toEqual([201, 402, 201, 201]);
    } finally {
      await Promise.all([other.end(), strict.close()]);
    }
  });

  it("is refused after a restart as before it, and what an admin reads is the same", async () => {
    await override(true);
    const before = await settings();
    const [admin, turns] = [givenAdminContainer(world), givenContainer(world)];
    try {
      expect(await settings(admin)).toEqual(before);
      expect((await turns.turn(await givenSession(world))).status).toBe(402);
    } finally {
      await Promise.all([admin.close(), turns.close()]);
    }
  });
});

describe("a switch is refused, and leaves no trace, when", () => {
  it.each<[raw: string, expected: string]>([
    ["{}", "422 invalid_request at enabled"],
    ["[]", "422 invalid_request at "],
    ["true", "422 invalid_request at "],
    ["null", "422 invalid_request at "],
    ["", "400 malformed_request"],
    ["{", "400 malformed_request"],
    ...['"true"', "1", "0", "null", '""', "[true]", "{}"].map((json): [string, string] => [
      `{"enabled":${json}}`,
      "422 invalid_request at enabled",
    ]),
    ['{"enabled":true,"source":"config"}', "422 invalid_request at source"],
    ['{"enforcement_enabled":true}', "422 invalid_request at enforcement_enabled enabled"],
  ])("the body is %s", async (raw, expected) => {
    const before = await tracesOf(world);
    const answer = await operate(world, "PATCH settings/enforcement", { raw });
    expect(refusalOf(answer).split(" ").toSorted()).toEqual(expected.split(" ").toSorted());
    expect(await tracesOf(world)).toEqual(before);
  });

  it.each(["GET settings?x=1", "PATCH settings/enforcement?enabled=true", "DELETE settings/enforcement?enabled=true"])(
    "there is a query: %s",
    async (target) => {
      const before = await tracesOf(world);
      const body = target.startsWith("PATCH") ? { body: { enabled: true } } : {};
      expect((await operate(world, target, body)).status).toBe(422);
      expect(await tracesOf(world)).toEqual(before);
    },
  );
});
