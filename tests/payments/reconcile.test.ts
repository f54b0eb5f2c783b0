// Whatever the webhooks lost, the reconciliation books: every payment, refund and dispute that Stripe has and the ledger has not, once, by
// the same path; and `--check` only says what that is.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { reconcile, type Reconciled } from "@pantheon/core/payments/reconcile.ts";
import { balanceOf, grantsOf, topUpRow } from "../support/given-top-up.ts";
import { atOnce } from "../support/admin.ts";
import { givenCutContainer } from "../support/payment-container.ts";
import { PROJECT } from "../support/project-files.ts";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
  world.stripe.delivery.drop = true; // from the first to the last test no webhook arrives by itself
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

/** Starts a top-up and pays it. Answers its payment. */
async function givenPaid(user: string, amount = "10", card = "pm_card_visa"): Promise<string> {
  const { status, json } = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user, body: { amount_usd: amount } });
  expect(status).toBe(200);
  const payment = (await topUpRow(world, json.id)).payment_intent ?? "";
  world.stripe.pay(payment, card);
  return payment;
}

function run(write: boolean, deps = world.deps): Promise<Reconciled> {
  if (deps.stripe === null) throw new Error("the world has no Stripe");
  return reconcile({ ...deps, stripe: deps.stripe }, new Date(Date.now() - 3_600_000), { write });
}

type Ended = { code: number; out: string; err: string };

/** `npm run reconcile`, as a process of its own. */
function command(args: readonly string[], changed: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const script = join(PROJECT, "packages/ops/src/reconcile.ts");
  const { stripe, auth } = world.config;
  const env = {
    PATH: "/usr/bin:/bin",
    DATABASE_URL: world.databaseUrl,
    AUTH_ISSUER: auth.issuer,
    STRIPE_API_URL: stripe.apiUrl,
    STRIPE_SECRET_KEY: stripe.secretKey ?? "",
    ...changed,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env, timeout: 30_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

describe("payments whose webhooks were all lost", () => {
  it("are all granted by one run, and a second one finds nothing", async () => {
    const payments = (await atOnce(12, (index) => givenPaid(`late-${index % 4}`, `${index + 1}`))).toSorted();
    await givenPaid("late-0", "9", "pm_card_chargeDeclined"); // never paid, so nothing is missing
    const found = await run(true);
    expect([found.late.toSorted(), found.quarantined, found.failed]).toEqual([payments, 0, []]);
    expect((await atOnce(12, (index) => grantsOf(world, payments[index] ?? ""))).map((grants) => grants.length)).toEqual(Array(12).fill(1));
    expect(await balanceOf(world, "late-3")).toBe("800.00000000"); // 4 + 8 + 12 dollars: 133.33 + 266.67 + 400
    const again = await run(true);
    expect([again.payments, again.late, again.unknown]).toEqual([found.payments, [], []]);
    expect(world.log.counted("payment_late")).toBe(12);
  });

  it("are granted once by several runs at once, beside the webhooks that come after all and their users who look", async () => {
    const payments = await atOnce(6, (index) => givenPaid(`raced-${index}`));
    const events = world.stripe
      .events()
      .filter(({ type, data }) => type === "payment_intent.succeeded" && payments.includes(data.object.id));
    await Promise.all([...events.map(({ id }) => world.stripe.deliver(id)), run(true), run(true), run(true)]);
    for (const [index, payment] of payments.entries()) {
      expect(await grantsOf(world, payment)).toEqual(["333.33000000"]);
      expect(await balanceOf(world, `raced-${index}`)).toBe("333.33000000");
    }
    expect((await run(false)).late).toEqual([]);
  });

  it("are set aside once when they do not fit, and are no longer missing then", async () => {
    const payment = await givenPaid("misfit");
    const told = sql<string>`replace(response_body, '"amount_usd":"10"', '"amount_usd":"11"')`;
    const changed = { amount_usd: "11.00", response_body: told };
    await world.owner.query.updateTable("top_ups").set(changed).where("payment_intent", "=", payment).execute();
    const found = await run(true);
    expect([found.late, found.quarantined]).toEqual([[payment], 1]);
    expect([(await run(true)).late, await grantsOf(world, payment)]).toEqual([[], []]);
  });
});

describe("refunds and disputes whose webhooks were all lost", () => {
  it("are booked by one run: refunded in part, refunded and failed, disputed, won, lost, an inquiry", async () => {
    const acts: Readonly<Record<string, (payment: string) => unknown>> = {
      refunded: (payment) => world.stripe.refund(payment, 300),
      failed: (payment) => world.stripe.moveRefund(world.stripe.refund(payment, 300).id, "failed"),
      disputed: (payment) => world.stripe.dispute(payment),
      opened: (payment) => world.stripe.dispute(payment, { withdraw: false }),
      won: (payment) => world.stripe.moveDispute(world.stripe.dispute(payment).id, "win"),
      lost: (payment) => world.stripe.moveDispute(world.stripe.dispute(payment).id, "lose"),
      reinstated: (payment) => world.stripe.moveDispute(world.stripe.dispute(payment).id, "reinstate"),
      inquiry: (payment) => world.stripe.moveDispute(world.stripe.dispute(payment, { inquiry: true }).id, "close_inquiry"),
    };
    const expected = {
      refunded: "233.33",
      failed: "333.33",
      disputed: "0",
      opened: "333.33",
      won: "333.33",
      lost: "0",
      reinstated: "333.33",
      inquiry: "333.33",
    };
    for (const [user, act] of Object.entries(acts)) act(await givenPaid(user));
    const found = await run(true);
    expect([found.late.length, found.unknown.length, found.failed]).toEqual([8, 8, []]);
    const balances = Object.fromEntries(
      await Promise.all(
        Object.keys(acts).map(async (user) => [user, (await world.call("GET", "/api/v1/users/me/wallet", { user })).json.balance] as const),
      ),
    );
    expect(balances).toEqual(expected);
    expect((await run(true)).unknown).toEqual([]);
  });

  it("that were kept but not applied when a run broke off are found by --check, and applied by the next run", async () => {
    const payment = await givenPaid("broken-off");
    await run(true);
    world.stripe.refund(payment, 300);
    const container = await givenCutContainer(world, { maxConnections: 1 });
    try {
      const before = (await run(false)).reversals;
      container.proxy.cut("before", "apply_reversals", before); // each one of this run: whichever comes first, this one is not applied
      await run(true, container.deps).catch(() => null);
      expect([container.proxy.cuts() > 0, await balanceOf(world, "broken-off")]).toEqual([true, "333.33000000"]);
    } finally {
      await container.close();
    }
    expect((await run(false)).unknown).toHaveLength(1);
    await run(true);
    expect([await balanceOf(world, "broken-off"), (await run(false)).unknown]).toEqual(["233.33000000", []]);
  });
});

describe("npm run reconcile", () => {
  it("with --check says what is missing, writes nothing and ends with 1; without it books that; then --check ends with 0", async () => {
    const payment = await givenPaid("by-command");
    await run(true);
    const { id } = world.stripe.refund(payment, 300);
    const late = await givenPaid("by-command");
    const before = await tracesOf(world);
    const checked = await command(["--check"]);
    expect([checked.code, checked.err]).toEqual([1, ""]);
    for (const missing of [late, id]) expect(checked.out).toContain(missing);
    expect(await tracesOf(world)).toEqual(before);

    const booked = await command([]);
    expect([booked.code, booked.err]).toEqual([0, ""]);
    expect(await balanceOf(world, "by-command")).toBe("566.66000000"); // twice 333.33, less 100.00

    const after = await tracesOf(world);
    const clean = await command(["--check"]);
    expect([clean.code, clean.out.includes(late), await tracesOf(world)]).toEqual([0, false, after]);
  });

  it.each([["--days 0"], ["--days x"], ["--days 1000"], ["--nothing"], ["--check=maybe"], ["now"]])(
    "refuses what it does not understand with one line: %s",
    async (args) => {
      const ended = await command(args.split(" "));
      expect([ended.code, ended.out, ended.err.trim().split("\n").length]).toEqual([1, "", 1]);
      expect(ended.err).not.toMatch(/sk_test|postgres:/);
    },
  );

  it("says so in one line when Stripe refuses, and when the database is away", async () => {
    world.stripe.failNext({ status: 401, to: "GET /v1/payment_intents" });
    const away = { DATABASE_URL: "postgres://user:canary@127.0.0.1:1/none" };
    await givenPaid("away"); // so that the database is asked
    for (const ended of [await command(["--check"]), await command(["--check"], away)]) {
      expect([ended.code, ended.out, ended.err.trim().split("\n").length]).toEqual([1, "", 1]);
      expect(ended.err).not.toMatch(/sk_test|postgres:|canary|\bat /);
    }
  });
});
