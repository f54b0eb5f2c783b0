// The identity that checks a stage: an admin within bounds. The check is green with it, and whatever else an admin may change is refused.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/admin.ts";
import { givenCredits } from "../support/given.ts";
import { operationsOf } from "../support/openapi-document.ts";
import { readProjectFile } from "../support/project-files.ts";
import { idsOf, verifiableWorld, verify } from "../support/stage-verification.ts";
import { tracesOf } from "../support/traces.ts";
import type { TestWorld } from "../support/world.ts";

/** What the check changes. */
const ITS_OWN = [
  "PATCH /api/v1/admin/pricing/{model_alias}",
  "PATCH /api/v1/admin/settings/enforcement",
  "DELETE /api/v1/admin/settings/enforcement",
  "POST /api/v1/admin/wallets/{user_id}/grant",
  "POST /api/v1/admin/users/{user_id}/wallet/grant",
];

let world: TestWorld;
beforeAll(async () => {
  world = await verifiableWorld({ ADMIN_USER_IDS: "somebody-else", ADMIN_VERIFY_IDS: ROOT });
});
afterAll(() => world.end());

const as = { user: ROOT };

describe("who checks a stage", () => {
  it("finds it green: the check needs no more than it may", async () => {
    const evidence = await verify(world);
    expect([evidence.ok, idsOf(evidence, "red")]).toEqual([true, []]);
  });

  it("is refused whatever else an admin may change, and nothing happens", async () => {
    const operations = operationsOf(await readProjectFile("docs/openapi.json"));
    const changes = operations.filter(({ method, path }) => path.startsWith("/api/v1/admin/") && method !== "GET");
    const others = changes.filter(({ name }) => !ITS_OWN.includes(name));
    expect([changes.length - others.length, others.length > 9]).toEqual([ITS_OWN.length, true]);
    const before = await tracesOf(world);
    for (const { method, path } of others) {
      const answer = await world.call(method, path.replaceAll(/\{\w+\}/g, "default"), { ...as, body: {} });
      expect([path, answer.status, answer.json.detail]).toEqual([path, 403, "This account may check the stage, and nothing else."]);
    }
    expect(await tracesOf(world)).toEqual(before);
  });

  it("grants a little in a day: what is above waits for an admin, however it is cut", async () => {
    await givenCredits(world, "mallory", "1");
    const path = "/api/v1/admin/wallets/mallory/grant";
    const granted = await Promise.all(Array.from({ length: 8 }, () => world.call("POST", path, { ...as, body: { amount: 10 } })));
    expect(granted.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(4); // the check itself has granted some
    expect(granted.filter(({ status }) => ![200, 202].includes(status))).toEqual([]);
    expect((await world.call("POST", path, { ...as, body: { amount: 51 } })).status).toBe(202);
  });

  it("opens no other address by a path that looks like its own", async () => {
    for (const path of [
      "pricing/versions",
      "pricing/versions/2026-02-20/activate",
      "wallets/mallory/grant/",
      "wallets/mallory/deduct",
      "grants/x/confirm",
    ]) {
      expect((await world.call("POST", `/api/v1/admin/${path}`, { ...as, body: {} })).status).not.toBeLessThan(400);
    }
  });
});
