// A database that was restored to an earlier moment has lost the top-ups that were begun after it, and their payments with them. The
// reconciliation books those by what they say themselves, when it is told to; no webhook does.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDeps } from "@pantheon/functions/whole.ts";
import { newId } from "@pantheon/contract/id.ts";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { reconcile, type Reconciled } from "@pantheon/core/payments/reconcile.ts";
import { balanceOf, givenTopUp, grantsOf, succeededOf, topUpRow } from "../support/given-top-up.ts";
import { atOnce } from "../support/admin.ts";
import { givenPaymentContainer, type PaymentContainer } from "../support/payment-container.ts";
import { outcomeOf, postEvent } from "../support/payment-event.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { PROJECT } from "../support/project-files.ts";
import { quietLog } from "../support/quiet-log.ts";
import { sdkFor } from "../support/stripe.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let copy: TestDatabase;
let restored: PaymentContainer;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.end());

/** The database as it was before anything was paid, with containers that have come up on it. */
beforeEach(async () => {
  copy = await freshDatabase();
  restored = givenPaymentContainer(world, { config: { databaseUrl: copy.url } });
});
afterEach(async () => {
  const counts = await checkInvariants(restored.deps.db);
  await restored.close();
  await copy.drop();
  const broken = counts.filter((invariant) => invariant.broken !== 0);
  if (broken.length > 0) throw new Error(`the restored books do not close: ${broken.map(({ name }) => name).join(", ")}`);
});

type Paid = { readonly id: string; readonly payment: string; readonly user: string };

/** A top-up of the world that is lost, paid there. */
async function givenPaid(user: string, amount = "10"): Promise<Paid> {
  const { json } = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user, body: { amount_usd: amount } });
  const payment = (await topUpRow(world, json.id)).payment_intent ?? "";
  world.stripe.pay(payment, "pm_card_visa");
  return { id: json.id, payment, user };
}

function run(write: boolean, restore: boolean): Promise<Reconciled> {
  const { db, log, config, stripe } = restored.deps;
  if (stripe === null) throw new Error("the world has no Stripe");
  return reconcile({ db, log, config, stripe }, new Date(Date.now() - 3_600_000), { write, restore });
}

/** Stripe's word of this payment, at the restored database. */
async function told({ payment }: Paid): Promise<string> {
  const event = world.stripe.events().find(({ type, data }) => type === "payment_intent.succeeded" && data.object.id === payment);
  return outcomeOf(await postEvent(restored, event ?? {}));
}

describe("payments begun after the moment that a database was restored to", () => {
  it("are booked under their own ids by one run that restores, marked, once, and their refunds are taken", async () => {
    const paid = [await givenPaid("ann"), await givenPaid("ann", "25.50"), await givenPaid("ben", "1")];
    world.stripe.refund(paid[2]?.payment ?? "", 50);
    const found = await run(true, true);
    const payments = paid.map(({ payment }) => payment);
    expect(payments.filter((payment) => !found.restored.includes(payment))).toEqual([]);
    expect([found.quarantined, found.failed]).toEqual([0, []]);
    expect([await balanceOf(restored, "ann"), await balanceOf(restored, "ben")]).toEqual(["1183.33000000", "16.66000000"]);
    for (const { id, user, payment } of paid) {
      const row = { user_id: user, payment_intent: payment, status: "succeeded", resolution: "restore", resolved_by: null };
      expect(await topUpRow(restored, id)).toMatchObject(row);
      expect(await told({ id, user, payment })).toBe("200 already_processed");
    }
    const own = await restored.call("GET", `/api/v1/users/me/wallet/top-ups/${paid[0]?.id ?? ""}`, { user: "ann" });
    expect([own.status, own.json.status]).toEqual([200, "succeeded"]);
    const again = await run(true, true);
    expect([again.late, again.restored, again.unknown]).toEqual([[], [], []]);
  });

  it("are set aside by their webhooks and by a plain run, never booked; a later run that restores takes exactly them out", async () => {
    const [first, second] = [await givenPaid("cat"), await givenPaid("cat", "20")];
    const misfit = await givenTopUp(restored, { user: "cat" });
    expect(outcomeOf(await postEvent(restored, succeededOf(misfit, { amount_received: 1 })))).toBe("200 quarantined");
    expect(await told(first)).toBe("200 quarantined");
    const plain = await run(true, false);
    expect([plain.restored, plain.quarantined > 0, await balanceOf(restored, "cat")]).toEqual([[], true, "0"]);
    expect((await run(false, true)).late).toEqual(expect.arrayContaining([first.payment, second.payment]));
    expect(await balanceOf(restored, "cat")).toBe("0"); // it only looked
    await run(true, true);
    expect(await balanceOf(restored, "cat")).toBe("1000.00000000");
    for (const { id, payment } of [first, second]) {
      expect(await topUpRow(restored, id)).toMatchObject({ payment_intent: payment, resolution: "restore" });
      expect(await restored.deps.db.query.selectFrom("top_ups").select("id").where("payment_intent", "=", payment).execute()).toHaveLength(
        1,
      );
    }
    expect((await topUpRow(restored, misfit.id)).status).toBe("quarantined");
  });

  it("are booked once by several runs at once, beside their webhooks", async () => {
    const paid = await atOnce(5, (index) => givenPaid(`race-${index}`));
    await Promise.all([run(true, true), run(true, true), run(true, false), ...paid.map(told), ...paid.map(told)]);
    await run(true, true);
    for (const { payment, user } of paid) {
      expect([await grantsOf(restored, payment), await balanceOf(restored, user)]).toEqual([["333.33000000"], "333.33000000"]);
    }
  });

  it("stay set aside when what they say does not fit what was received", async () => {
    const metadata = { user_id: "dee", top_up_id: newId(), credits: "333.33", usd_per_credit: "0.03" };
    const { user_id: user, top_up_id: topUp, credits } = metadata;
    const wrong: { amount?: number; currency?: string; metadata: Record<string, string> }[] = [
      { metadata: { ...metadata, credits: "333.34" } },
      { metadata: { ...metadata, credits: "1e3" } },
      { metadata: { ...metadata, usd_per_credit: "0" } },
      { metadata: { ...metadata, usd_per_credit: "0.0003" } },
      { metadata: { top_up_id: topUp, credits } },
      { metadata: { user_id: user, top_up_id: topUp } },
      { amount: 999, metadata },
      { currency: "eur", metadata },
    ];
    const sdk = sdkFor(world.stripe, world.config.stripe.secretKey ?? "");
    const payments = await Promise.all(
      wrong.map(async (more) => (await sdk.paymentIntents.create({ amount: 1_000, currency: "usd", ...more })).id),
    );
    for (const payment of payments) world.stripe.pay(payment, "pm_card_visa");
    const found = await run(true, true);
    expect(payments.filter((payment) => found.restored.includes(payment))).toEqual([]);
    expect([found.quarantined, await balanceOf(restored, "dee")]).toEqual([wrong.length, "0"]);
  });

  it("are booked at the price that they were begun with", async () => {
    const paid = await givenPaid("eli");
    const deps = createDeps({
      config: { ...restored.config, usdPerCredit: restored.config.usdPerCredit.times("2") },
      log: quietLog(),
      clock: Date.now,
      maxConnections: 1,
    });
    try {
      const { db, log, config, stripe } = deps;
      if (stripe === null) throw new Error("the world has no Stripe");
      const found = await reconcile({ db, log, config, stripe }, new Date(Date.now() - 3_600_000), { write: true, restore: true });
      expect(found.restored).toContain(paid.payment);
      expect(await balanceOf(restored, "eli")).toBe("333.33000000");
    } finally {
      await deps.db.close();
    }
  });

  it("are said by the command, which books nothing with --check", async () => {
    const { payment } = await givenPaid("fay");
    const checked = await command(["--restore", "--check"]);
    expect([checked.code, checked.out, await balanceOf(restored, "fay")]).toEqual([1, expect.stringContaining(payment), "0"]);
    const done = await command(["--restore"]);
    expect([done.code, done.err, done.out]).toEqual([0, "", expect.stringMatching(/restored +[1-9]\d* of them/)]);
    expect(await balanceOf(restored, "fay")).toBe("333.33000000");
  });
});

function command(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const { stripe, auth } = world.config;
  const env = {
    PATH: "/usr/bin:/bin",
    DATABASE_URL: copy.url,
    AUTH_ISSUER: auth.issuer,
    STRIPE_API_URL: stripe.apiUrl,
    STRIPE_SECRET_KEY: stripe.secretKey ?? "",
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(PROJECT, "packages/ops/src/reconcile.ts"), ...args], { env, timeout: 30_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}
