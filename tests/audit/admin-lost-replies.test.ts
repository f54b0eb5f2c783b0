// An admin's write whose reply from the database is lost: the tables say whether it happened, never the error. Under a key it is
// answered as it was done, a grant is so even without one, and what never arrived is done when it is sent again.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { givenAdminContainer, type AdminContainer } from "../support/admin-container.ts";
import { cuttingProxy, type CuttingProxy } from "../support/cutting-proxy.ts";
import { givenSession } from "../support/given.ts";
import { WRITES, actionsOf, operate, adminWorld, refusalOf } from "../support/admin.ts";
import { tracesOf } from "../support/traces.ts";
import type { TestWorld } from "../support/world.ts";

const STATEMENTS: Readonly<Record<string, string>> = {
  "pricing.patch": "patch_price",
  "pricing.create_version": "create_pricing_version",
  "pricing.activate": "activate_pricing_version",
  "settings.enforcement": "set_enforcement",
  "wallet.grant": "admin_grant",
  "wallet.deduct": "admin_deduct",
  "user.suspend": "set_suspension",
  "user.reactivate": "set_suspension",
};

let world: TestWorld;
let proxy: CuttingProxy;
let container: AdminContainer;
beforeAll(async () => {
  world = await adminWorld();
  await givenSession(world, "ada");
  proxy = await cuttingProxy(world.databaseUrl);
  container = givenAdminContainer(world, { databaseUrl: proxy.url });
});
afterAll(async () => {
  await container.close();
  await proxy.close();
  await world.end();
});

describe.each(WRITES)("$target", ({ action, target, body, status }) => {
  const statement = STATEMENTS[action] ?? "";
  const key = `key-of-${target.replaceAll(/\W/g, "-")}`;
  const send = (options: { key?: string } = {}) => operate(container, target, { ...options, ...(body !== undefined && { body }) });

  it("that never reached the database is 503 and leaves nothing, not even its key", async () => {
    const before = await tracesOf(world);
    const cuts = proxy.cuts();
    proxy.cut("before", statement);
    expect(refusalOf(await send({ key }))).toBe("503 database_unavailable");
    expect([proxy.cuts() - cuts, await tracesOf(world)]).toEqual([1, before]);
  });

  it("that was done and whose reply was lost is answered as it was done, is there once, and is replayed with the same bytes", async () => {
    const seen = (await actionsOf(world)).length;
    const cuts = proxy.cuts();
    proxy.cut("after", statement);
    const first = await send({ key });
    const again = await send({ key });
    expect([first.status, again.status, again.text, proxy.cuts() - cuts]).toEqual([status, status, first.text, 1]);
    expect((await actionsOf(world)).slice(seen).map((row) => row.action)).toEqual([action]);
  });
});

it.each(["POST wallets/eve/grant", "POST users/eve/wallet/grant"])(
  "a grant without a key (%s) whose reply was lost is answered with what was granted",
  async (target) => {
    await operate(world, target, { body: { amount: 1, create: true } });
    const seen = (await actionsOf(world)).length;
    proxy.cut("after", "admin_grant");
    const { status, json } = await operate(container, target, { body: { amount: 2 } });
    expect([status, json.new_balance]).toEqual([200, (await operate(world, "GET wallets/eve")).json.balance]);
    expect((await actionsOf(world)).slice(seen)).toMatchObject([
      { action: "wallet.grant", after: { amount: "2", balance: json.new_balance } },
    ]);
  },
);
