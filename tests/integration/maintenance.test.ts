// The scheduled jobs, against the local world.

import { afterAll, beforeAll, expect, test } from "vitest";
import { runJob } from "../../functions/maintenance/jobs.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.end());

test("a payment whose webhook never came is granted by the scheduled reconciliation, once", async () => {
  world.stripe.delivery.drop = true;
  const { json: started } = await world.call("POST", "/api/v1/users/me/wallet/top-up", { body: { amount_usd: "10.00" } });
  const intent = world.stripe.intents().find(({ metadata }) => metadata["top_up_id"] === started.id);
  world.stripe.pay(intent?.id ?? "", "pm_card_visa");
  await world.stripe.settled();
  expect((await world.call("GET", "/api/v1/users/me/wallet")).json.balance).toBe("0");

  expect(await runJob(world.deps, { job: "reconcile" })).toMatchObject({ payments: 1, late: 1 });
  expect((await world.call("GET", "/api/v1/users/me/wallet")).json.balance).toBe("333.33");
  expect(world.log.counted("payment_late")).toBe(1);
  expect(await runJob(world.deps, { job: "reconcile" })).toMatchObject({ payments: 1, late: 0 });
});

test("an unknown job is refused, and without a key for Stripe there is nothing to reconcile", async () => {
  await expect(runJob(world.deps, { job: "everything" })).rejects.toThrow("Invalid type");
  expect(await runJob({ ...world.deps, stripe: null }, { job: "reconcile" })).toEqual({});
});
