// What the statements of the quarantine do when the rows have changed since somebody decided upon them: nothing.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dismissAside, grantAside, makeWallet } from "@pantheon/core/ledger/statements/resolve-payment.ts";
import { grantPayment } from "@pantheon/core/ledger/statements/grant-payment.ts";
import { quarantinePayment } from "@pantheon/core/ledger/statements/quarantine-payment.ts";
import { restorePayment } from "@pantheon/core/ledger/statements/restore-payment.ts";
import { newId } from "@pantheon/contract/id.ts";
import { NO_TOP_UP } from "@pantheon/core/payments/verdict.ts";
import { givenTopUp, type GivenTopUp } from "../support/given-top-up.ts";
import { givenQuarantined, resolve } from "../support/given-quarantined.ts";
import { adminWorld } from "../support/admin.ts";
import { stripeId } from "../support/payment-event.ts";
import { tracesOf } from "../support/traces.ts";
import type { TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
  await world.deps.db.run(makeWallet, { wallet: "ada" });
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const WRITER = { actor: "root", requestId: "r", key: null, requestHash: null, status: 200, body: "{}" };
const EVENT = { event: "evt_1", type: "payment_intent.succeeded" };
const FIGURES = { wallet: "ada", credits: "333.33", amountUsd: "10", livemode: false };

function aside(topUp: GivenTopUp, more: object) {
  const said = { receivedMinor: 900, receivedCurrency: "usd", reason: "r" };
  return { ...EVENT, ...FIGURES, ...said, topUp: topUp.id, payment: topUp.payment, ...more };
}

/** Runs it, and answers the rows or the constraint that refused it; fails if anything was written. */
async function refused(act: () => Promise<readonly unknown[]>): Promise<unknown> {
  const before = await tracesOf(world);
  const outcome = await act().catch((error: unknown) => (error instanceof Error && "constraint" in error ? error.constraint : error));
  expect(await tracesOf(world)).toEqual(before);
  return outcome;
}

function grant(topUp: GivenTopUp, more: object = {}): Promise<unknown> {
  const input = { ...EVENT, ...FIGURES, transaction: newId(), topUp: topUp.id, payment: topUp.payment, ...more };
  return refused(() => world.deps.db.run(grantPayment, input));
}

function restore(topUp: GivenTopUp, id: string): Promise<unknown> {
  const input = { ...FIGURES, transaction: newId(), topUp: id, payment: topUp.payment, reason: NO_TOP_UP };
  return refused(() => world.deps.db.run(restorePayment, input));
}

describe("a resolution", () => {
  it.each(["grant", "dismiss"])("to %s what was told of again since it was looked at does nothing", async (action) => {
    const topUp = await givenQuarantined(world);
    const input = { ...WRITER, topUp: topUp.id, note: "n", seen: "2026-01-01 00:00:00+00" };
    const granted = { ...input, transaction: newId(), wallet: "ada", credits: "1", amountUsd: "9", own: false, most: null };
    expect(
      await refused(() => (action === "grant" ? world.deps.db.run(grantAside, granted) : world.deps.db.run(dismissAside, input))),
    ).toEqual([]);
  });

  it("of what is in no quarantine does nothing", async () => {
    const topUp = await givenTopUp(world);
    const { seen } = await world.deps.db.query
      .selectFrom("top_ups")
      .select((column) => column.cast<string>("updated_at", "text").as("seen"))
      .where("id", "=", topUp.id)
      .executeTakeFirstOrThrow();
    const input = { ...WRITER, topUp: topUp.id, note: "n", seen };
    const granted = { ...input, transaction: newId(), wallet: "ada", credits: "1", amountUsd: "9", own: false, most: null };
    expect(await refused(() => world.deps.db.run(grantAside, granted))).toEqual([]);
    expect(await refused(() => world.deps.db.run(dismissAside, input))).toEqual([]);
  });
});

describe("setting aside", () => {
  it("a payment whose top-up has another one by now does nothing", async () => {
    const topUp = await givenTopUp(world);
    expect(await refused(() => world.deps.db.run(quarantinePayment, aside(topUp, { payment: stripeId("pi") })))).toEqual([]);
  });

  it("a payment that was dismissed meanwhile does nothing", async () => {
    const topUp = await givenQuarantined(world);
    await resolve(world, topUp.id, { action: "dismiss" });
    expect(await refused(() => world.deps.db.run(quarantinePayment, aside(topUp, {})))).toEqual([]);
  });
});

describe("a grant by an event", () => {
  it("of a payment that was set aside meanwhile is undone", async () => {
    expect(await grant(await givenQuarantined(world))).toBe("top_ups_quarantine");
  });

  it("of a payment that was dismissed meanwhile is undone", async () => {
    const topUp = await givenQuarantined(world);
    await resolve(world, topUp.id, { action: "dismiss" });
    expect(await grant(topUp)).toBe("top_ups_quarantine");
  });

  it("of a payment that another row stands for is undone", async () => {
    const topUp = await givenQuarantined(world);
    expect(await grant(topUp, { topUp: newId() })).toBe("top_ups_payment_intent");
  });

  it("to a top-up that has another payment by now is undone", async () => {
    expect(await grant(await givenTopUp(world), { payment: stripeId("pi") })).toBe("top_ups_paid");
  });
});

describe("a restoration", () => {
  it("of a payment that was set aside for another reason is undone", async () => {
    expect(await restore(await givenQuarantined(world), newId())).toBe("top_ups_payment_intent");
  });

  it("of a payment whose top-up is there after all is undone", async () => {
    const [topUp, other] = [await givenTopUp(world, { attached: false }), await givenTopUp(world)];
    expect(await restore(topUp, other.id)).toBe("top_ups_pkey");
  });
});
