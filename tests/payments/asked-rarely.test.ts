// Reading an unpaid top-up over and over costs Stripe one question every few seconds, and whoever paid still sees their credits.

import { afterAll, beforeAll, expect, it } from "vitest";
import { createDeps } from "@pantheon/functions/whole.ts";
import { usersApp } from "@pantheon/functions/users/app.ts";
import { quietLog } from "../support/quiet-log.ts";
import { topUpRow } from "../support/given-top-up.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const START = "/api/v1/users/me/wallet/top-up";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.end());

it("a hundred reads within three seconds are one call to Stripe, and the next one after them finds the payment", async () => {
  let now = Date.now();
  const deps = createDeps({ config: { ...world.config, stage: "dev" }, log: quietLog(), clock: () => now, maxConnections: 4 });
  const app = usersApp(deps);
  const headers = { Authorization: `Bearer ${await world.issuer.token({ user: "ada" })}` };
  const { json: started } = await world.call("POST", START, { user: "ada", body: { amount_usd: "10" } });
  const read = async (): Promise<string> => {
    const { status }: { status: string } = JSON.parse(await (await app.request(`${START}s/${started.id}`, { headers })).text());
    return status;
  };
  try {
    const before = world.stripe.calls();
    const seen = new Set(await Promise.all(Array.from({ length: 50 }, read)));
    for (let again = 0; again < 50; again += 1) seen.add(await read());
    expect([seen, world.stripe.calls() - before]).toEqual([new Set(["pending"]), 1]);

    world.stripe.delivery.drop = true;
    const { payment_intent: payment } = await topUpRow(world, started.id);
    world.stripe.pay(payment ?? "", "pm_card_visa");
    now += 2_999;
    expect(await read()).toBe("pending");
    now += 1;
    expect([await read(), world.stripe.calls() - before]).toEqual(["succeeded", 2]);
  } finally {
    world.stripe.delivery.drop = false;
    await deps.db.close();
  }
});
