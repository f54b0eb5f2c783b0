// A payment in quarantine is resolved once, whoever comes at the same moment: two admins, the webhook, a refund; and wherever the
// connection to the database breaks.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { applyToWallet } from "@pantheon/core/payments/reversal.ts";
import { givenAdminContainer } from "../support/admin-container.ts";
import { cuttingProxy } from "../support/cutting-proxy.ts";
import { balanceOf, givenTopUp, grantsOf, succeededOf, topUpRow } from "../support/given-top-up.ts";
import { givenQuarantined, resolve, shownOf } from "../support/given-quarantined.ts";
import { SECOND, actionsOf, atOnce, givenOpenConnections, adminWorld, refusalOf, statuses } from "../support/admin.ts";
import { givenCutContainer } from "../support/payment-container.ts";
import { eventOf, outcomeOf, postEvent, stripeId } from "../support/payment-event.ts";
import { watchServer } from "../support/server-watch.ts";
import type { Answer, TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld({}, { maxConnections: 24 });
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const ROUNDS = 12;
const post = async (event: object) => outcomeOf(await postEvent(world, event));

describe("a payment in quarantine is resolved once", () => {
  it("by two admins at once, of whom one grants and one dismisses, each several times", async () => {
    await givenOpenConnections(world);
    const server = await watchServer(world.databaseUrl);
    try {
      const before = (await server.figures()).deadlocks;
      for (let round = 0; round < ROUNDS; round += 1) {
        const user = `two-${round}`;
        const topUp = await givenQuarantined(world, { user });
        const answers = await atOnce(8, (index) =>
          resolve(world, topUp.id, { action: index % 2 === 0 ? "grant" : "dismiss" }, index % 2 === 0 ? {} : { user: SECOND }),
        );
        expect(statuses(answers)).toEqual({ 200: 1, 409: 7 });
        const isGranted = answers.find(({ status }) => status === 200)?.json.status === "succeeded";
        expect(await grantsOf(world, topUp.payment)).toEqual(isGranted ? ["300.00000000"] : []);
        expect((await actionsOf(world)).filter(({ target }) => target === topUp.id)).toHaveLength(1);
      }
      expect((await server.figures()).deadlocks - before).toBe(0);
    } finally {
      await server.end();
    }
  });

  it.each(["grant", "dismiss"])(
    "to %s under one key, twenty times at once, and answered alike; another request under it is refused",
    async (action) => {
      const [topUp, other] = [await givenQuarantined(world, { user: "keyed" }), await givenQuarantined(world, { user: "keyed" })];
      const key = `one-${action}`;
      const answers = await atOnce(20, () => resolve(world, topUp.id, { action }, { key }));
      expect([statuses(answers), new Set(answers.map(({ text }) => text)).size]).toEqual([{ 200: 20 }, 1]);
      expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") === null)).toHaveLength(1);
      expect((await actionsOf(world)).filter(({ target }) => target === topUp.id)).toHaveLength(1);
      expect(refusalOf(await resolve(world, other.id, { action }, { key }))).toBe("422 idempotency_key_reused");
      expect((await topUpRow(world, other.id)).status).toBe("quarantined");
    },
  );

  it("to two people at once: one of them gets it, and the row is theirs", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const topUp = await givenQuarantined(world, { user: "neither" });
      const answers = await atOnce(6, (index) =>
        resolve(world, topUp.id, { action: "grant", credits: 7, user_id: `heir-${round}-${index}` }),
      );
      expect(statuses(answers)).toEqual({ 200: 1, 409: 5 });
      const winner = answers.findIndex(({ status }) => status === 200);
      const balances = await atOnce(6, (index) => balanceOf(world, `heir-${round}-${index}`));
      expect(balances.map(Number)).toEqual(Array.from({ length: 6 }, (_none, index) => (index === winner ? 7 : 0)));
      expect((await topUpRow(world, topUp.id)).user_id).toBe(`heir-${round}-${winner}`);
    }
  });

  it.each(["grant", "dismiss"])(
    "%s beside its webhook, which comes again with the right figures and with the wrong ones",
    async (action) => {
      await givenOpenConnections(world);
      for (let round = 0; round < ROUNDS; round += 1) {
        const user = `beside-${action}-${round}`;
        const topUp = await givenQuarantined(world, { user });
        const events = (more: object) => atOnce(4, () => post(succeededOf(topUp, { ...more })));
        const [answer, fitting, wrong] = await Promise.all([
          resolve(world, topUp.id, { action, credits: action === "grant" ? 50 : null }),
          events({}),
          events({ amount_received: 900 }),
        ]);
        const outcomes = [...new Set([...fitting, ...wrong])].filter((outcome) => !/^200 (?:already_processed|quarantined)$/.test(outcome));
        expect(outcomes).toEqual([]);
        const end = answer.status === 200 ? answer : await resolve(world, topUp.id, { action, credits: action === "grant" ? 50 : null });
        expect(end.status).toBe(200); // told of again five times in between, an admin is asked to look again
        expect(await grantsOf(world, topUp.payment)).toEqual(action === "grant" ? ["50.00000000"] : []);
        expect((await topUpRow(world, topUp.id)).status).toBe(action === "grant" ? "succeeded" : "dismissed");
      }
    },
  );

  it("granted beside its refunds, which take their part whichever comes first", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const user = `refunded-${round}`;
      const topUp = await givenQuarantined(world, { user });
      const refunds = [300, 300].map((amount) =>
        eventOf("refund.created", { id: stripeId("re"), payment_intent: topUp.payment, amount, status: "succeeded" }),
      );
      const [answer, ...outcomes] = await Promise.all([
        resolve(world, topUp.id, { action: "grant" }),
        ...refunds.map((event) => post(event)),
      ]);
      expect([answer.status, ...outcomes]).toEqual([200, "200 ok", "200 ok"]);
      expect(await balanceOf(world, user)).toBe("100.00000000"); // 300 credits for 900 cents, of which 600 went back
    }
  });
});

describe("a payment that is told of twice at once, fitting and not", () => {
  it("is granted or set aside, and never both", async () => {
    await givenOpenConnections(world);
    for (let round = 0; round < ROUNDS * 3; round += 1) {
      const topUp = await givenTopUp(world, { user: "both", attached: round % 2 === 0 });
      const outcomes = await atOnce(6, (index) => post(succeededOf(topUp, index % 2 === round % 2 ? {} : { amount_received: 900 })));
      const { status } = await topUpRow(world, topUp.id);
      expect(["succeeded", "quarantined"]).toContain(status);
      expect(outcomes.filter((outcome) => outcome === "200 ok")).toHaveLength(status === "succeeded" ? 1 : 0);
      expect(await grantsOf(world, topUp.payment)).toHaveLength(status === "succeeded" ? 1 : 0);
    }
  });

  it("beside another payment of the same top-up: one of the two is granted, and the other keeps a row of its own", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const topUp = await givenTopUp(world, { user: "twice", attached: false });
      const payments = [topUp.payment, stripeId("pi")];
      const outcomes = await Promise.all(payments.map((id) => post(succeededOf(topUp, { id }))));
      expect(outcomes.toSorted()).toEqual(["200 ok", "200 quarantined"]);
      const rows = await Promise.all(payments.map((id) => shownOf(world, id)));
      expect(new Set(rows.flat().map(({ status }) => status))).toEqual(new Set(["quarantined", "succeeded"]));
    }
  });
});

describe("a connection that breaks", () => {
  it.each([
    ["grant", "grant_aside"],
    ["dismiss", "dismiss_aside"],
  ])("before or after a %s was carried out: it is done once, and told with the same bytes", async (action, statement) => {
    const proxy = await cuttingProxy(world.databaseUrl);
    const container = givenAdminContainer(world, { databaseUrl: proxy.url });
    try {
      for (const key of ["keyed", undefined]) {
        const topUp = await givenQuarantined(world, { user: "cut" });
        const act = (): Promise<Answer> =>
          resolve(container, topUp.id, { action }, key === undefined ? {} : { key: `${action}-${topUp.id}` });
        proxy.cut("before", statement);
        expect([refusalOf(await act()), (await topUpRow(world, topUp.id)).status]).toEqual(["503 database_unavailable", "quarantined"]);
        proxy.cut("after", statement);
        const first = await act();
        expect([first.status, first.json.id]).toEqual([200, topUp.id]);
        if (key !== undefined) expect((await act()).text).toBe(first.text);
        expect(await grantsOf(world, topUp.payment)).toHaveLength(action === "grant" ? 1 : 0);
        expect((await actionsOf(world)).filter(({ target }) => target === topUp.id)).toHaveLength(1);
      }
    } finally {
      await container.close();
      await proxy.close();
    }
  });

  it("between the grant and what was refunded before it: the same key takes it back", async () => {
    const proxy = await cuttingProxy(world.databaseUrl);
    const container = givenAdminContainer(world, { databaseUrl: proxy.url });
    try {
      const topUp = await givenQuarantined(world, { user: "between" });
      await post(eventOf("refund.created", { id: stripeId("re"), payment_intent: topUp.payment, amount: 900, status: "succeeded" }));
      proxy.cut("before", "apply_reversals");
      expect((await resolve(container, topUp.id, { action: "grant" }, { key: "between" })).status).toBe(503);
      expect(await balanceOf(world, "between")).toBe("300.00000000");
      expect((await resolve(container, topUp.id, { action: "grant" }, { key: "between" })).status).toBe(200);
      expect(await balanceOf(world, "between")).toBe("0.00000000");
      await applyToWallet(world.deps.db, topUp.payment, null); // once more changes nothing
      expect(await balanceOf(world, "between")).toBe("0.00000000");
    } finally {
      await container.close();
      await proxy.close();
    }
  });

  it("while a full wallet's payment is set aside: it is set aside by the next copy", async () => {
    const container = await givenCutContainer(world);
    try {
      const full = { user_id: "brim", balance: "9999999999", seq: "1" };
      await world.deps.db.query.insertInto("credit_wallets").values(full).execute();
      const row = { user_id: "brim", seq: "1", kind: "grant", source: "promo", reference_id: "promo:brim" } as const;
      await world.deps.db.query
        .insertInto("credit_transactions")
        .values({ ...row, amount: full.balance, balance_after: full.balance })
        .execute();
      const topUp = await givenTopUp(world, { user: "brim" });
      container.proxy.cut("before", "quarantine_payment");
      const outcomes = [
        outcomeOf(await postEvent(container, succeededOf(topUp))),
        outcomeOf(await postEvent(container, succeededOf(topUp))),
      ];
      expect(outcomes).toEqual([expect.stringMatching(/^503 /), "200 quarantined"]);
    } finally {
      await container.close();
    }
  });
});
