// The scheduled jobs, against the local world.

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Stripe } from "@pantheon/core/payments/stripe.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { openDirectly } from "../support/direct-turn.ts";
import { givenNoRefusedWrite, givenRefusedWrite } from "../support/fault-trigger.ts";
import { givenSession } from "../support/given.ts";
import { lapse, turnsOf, walletOf } from "../support/ledger.ts";
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

test("a top-up that nobody paid for a day is canceled at Stripe and gives its place back; a young one stays", async () => {
  const start = async (user: string) =>
    (await world.call("POST", "/api/v1/users/me/wallet/top-up", { user, body: { amount_usd: "2" } })).json.id;
  const [old, young] = [await start("eve"), await start("eve")];
  await world.owner.query
    .updateTable("top_ups")
    .set({ created_at: new Date(Date.now() - 26 * 3_600_000) })
    .where("id", "=", old)
    .execute();
  expect(await runJob(world.deps, { job: "reconcile" })).toMatchObject({ closed: 1 });
  const rows = await world.deps.db.query
    .selectFrom("top_ups")
    .select(["id", "status", "slot"])
    .where("user_id", "=", "eve")
    .orderBy("id")
    .execute();
  expect(rows).toEqual([
    { id: old, status: "canceled", slot: null },
    { id: young, status: "pending", slot: 2 },
  ]);
  expect(world.stripe.intents().find(({ metadata }) => metadata["top_up_id"] === old)?.status).toBe("canceled");
});

test("a stage that connects as the owner of its tables is told of, and the application is not", async () => {
  const counted = world.log.counted("connected_as_owner");
  await runJob(world.deps, { job: "reconcile" });
  expect(world.log.counted("connected_as_owner")).toBe(counted);
  await runJob({ ...world.deps, db: world.owner, stripe: null }, { job: "reconcile" });
  expect(world.log.counted("connected_as_owner")).toBe(counted + 1);
});

test("lapsed turns of many users are voided, and running ones stay", async () => {
  for (const user of ["ben", "cleo", "dora"]) await openDirectly(world, { user, session: await givenSession(world, user) });
  await lapse(world, "ben");
  await lapse(world, "cleo");
  expect(await runJob(world.deps, { job: "sweep" })).toEqual({ voided: 2 });
  expect((await walletOf(world, "ben")).held).toBe("0.00000000");
  expect((await turnsOf(world, "dora"))[0]?.status).toBe("running");
  expect(await runJob(world.deps, { job: "sweep" })).toEqual({ voided: 0 });
});

test("a ledger that does not close is counted, by the name of what is broken", async () => {
  expect(await runJob(world.deps, { job: "verify" })).toMatchObject({ broken: 0 });
  await world.owner.query.updateTable("credit_wallets").set({ balance: "1" }).where("user_id", "=", "ben").execute();
  expect(await runJob(world.deps, { job: "verify" })).toMatchObject({ broken: 1 });
  expect(world.log.lines).toContainEqual({ level: "count", message: "invariant_broken", fields: { invariant: "balance", rows: 1 } });
  await world.owner.query.updateTable("credit_wallets").set({ balance: "0" }).where("user_id", "=", "ben").execute();
});

test("a sweep that cannot void one user's turns voids the others', and leaves that user to the next sweep", async () => {
  for (const user of ["eli", "fay"]) {
    await openDirectly(world, { user, session: await givenSession(world, user) });
    await lapse(world, user);
  }
  await givenRefusedWrite(world, { table: "turns", on: "update", when: "old.user_id = 'eli'" });
  expect(await runJob(world.deps, { job: "sweep" })).toEqual({ voided: 1 });
  expect([(await walletOf(world, "fay")).held, (await turnsOf(world, "eli"))[0]?.status]).toEqual(["0.00000000", "running"]);
  await expect(runJob(world.deps, { job: "sweep" })).rejects.toThrow("refused by the test");
  await givenNoRefusedWrite(world);
  expect(await runJob(world.deps, { job: "sweep" })).toEqual({ voided: 1 });
});

test("every function's health shows the last run of each job, done or failed, and the build that ran it", async () => {
  const runs = async () => (await world.call("GET", "/api/v1/health/users", { user: null })).json.maintenance;
  await runJob(world.deps, { job: "verify" });
  const run = { commit: world.config.commit, finished_at: expect.stringMatching(/^\d{4}-.*Z$/), outcome: "done" };
  expect(await runs()).toEqual([
    { ...run, job: "reconcile" },
    { ...run, job: "sweep" },
    { ...run, job: "verify" },
  ]);

  const away = { ...world.deps, config: { ...world.config, commit: "newer" }, stripe: failingStripe };
  await expect(runJob(away, { job: "reconcile" })).rejects.toThrow("Stripe is away");
  expect(await runs()).toContainEqual({ ...run, job: "reconcile", commit: "newer", outcome: "failed" });
});

/** A Stripe none of whose lists can be read. */
const failingStripe = new Proxy({} as Stripe, {
  get: () => () => {
    throw new Error("Stripe is away");
  },
});

test("an unknown job is refused, and without a key for Stripe there is nothing to reconcile", async () => {
  await expect(runJob(world.deps, { job: "everything" })).rejects.toThrow("Invalid type");
  expect(await runJob({ ...world.deps, stripe: null }, { job: "reconcile" })).toEqual({});
});
