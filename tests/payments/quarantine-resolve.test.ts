// A payment in quarantine leaves it by an admin's resolution alone, once: granted under the payment's own reference, so that nothing
// grants it again and its refunds find it, or dismissed for good. Both are audited, keyed, and never half done.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { balanceOf, eventRow, givenTopUp, grantsOf, intentOf, succeededOf, topUpRow } from "../support/given-top-up.ts";
import { givenQuarantined, ownIds, resolve, shownOf } from "../support/given-quarantined.ts";
import { ROOT, SECOND, actionsOf, operate, adminWorld, refusalOf } from "../support/admin.ts";
import { eventOf, outcomeOf, postEvent, stripeId } from "../support/payment-event.ts";
import { tracesOf } from "../support/traces.ts";
import type { TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const send = async (event: object) => outcomeOf(await postEvent(world, event));

function refundOf(payment: string, amount: number, currency = "usd") {
  return eventOf("refund.created", { id: stripeId("re"), payment_intent: payment, amount, currency, status: "succeeded" });
}

describe("a grant of what was set aside", () => {
  it("is the payment's own: the same event later grants nothing, and a refund takes it back", async () => {
    const topUp = await givenQuarantined(world, { user: "gia" }, { metadata: { user_id: "eve", top_up_id: newId() } });
    const [aside] = await shownOf(world, topUp.payment);
    const { status, json } = await resolve(world, aside.id, { action: "grant" });
    const [row] = await shownOf(world, topUp.payment);
    expect([status, json]).toEqual([
      200,
      {
        id: aside.id,
        status: "succeeded",
        user_id: row.user_id,
        payment_intent: topUp.payment,
        credits_granted: "333.33",
        transaction_id: expect.any(String),
        new_balance: "333.33",
      },
    ]);
    expect([await send(succeededOf(topUp)), await send(succeededOf(topUp, { amount_received: 900 }))]).toEqual(
      Array(2).fill("200 already_processed"),
    );
    expect(await grantsOf(world, topUp.payment)).toEqual(["333.33000000"]);
    expect(await send(refundOf(topUp.payment, 1_000))).toBe("200 ok");
    expect(await balanceOf(world, row.user_id)).toBe("0.00000000");
  });

  it("is of what was received, at today's price, when that is not what the top-up asked", async () => {
    const topUp = await givenQuarantined(world, { user: "gus" });
    expect((await resolve(world, topUp.id, { action: "grant" })).json).toMatchObject({ user_id: "gus", credits_granted: "300" });
    expect(await shownOf(world, topUp.payment)).toMatchObject([{ amount_usd: "9", credits_to_grant: "300", received_minor: "900" }]);
    expect(await send(refundOf(topUp.payment, 450))).toBe("200 ok");
    expect(await balanceOf(world, "gus")).toBe("150.00000000");
  });

  it("goes to whom and for what the admin says, and the row is then theirs alone", async () => {
    const topUp = await givenQuarantined(world, { user: "first" }, { metadata: { user_id: "other", top_up_id: newId() } });
    const { json } = await resolve(world, topUp.id, { action: "grant", user_id: "true-one", credits: "12.5" });
    expect(json).toMatchObject({ user_id: "true-one", credits_granted: "12.5", new_balance: "12.5" });
    expect([await ownIds(world, "first"), await ownIds(world, "other"), await ownIds(world, "true-one")]).toEqual([[], [], [topUp.id]]);
    expect(await balanceOf(world, "true-one")).toBe("12.50000000");
  });

  it("that goes to another leaves its key to the person who used it, and shows nobody a client secret", async () => {
    const started = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "kay", key: "mine", body: { amount_usd: "10" } });
    const row = await topUpRow(world, started.json.id);
    const topUp = { id: row.id, user: "kay", payment: row.payment_intent ?? "", minor: 1_000 };
    expect(await send(succeededOf(topUp, { currency: "eur" }))).toBe("200 quarantined");
    expect((await resolve(world, topUp.id, { action: "grant", user_id: "lou", credits: 5 })).status).toBe(200);
    expect(await topUpRow(world, topUp.id)).toMatchObject({ user_id: "lou", idempotency_key: null, response_body: null });
    const again = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "kay", key: "mine", body: { amount_usd: "10" } });
    expect([again.status, again.json.id === topUp.id]).toEqual([200, false]);
  });

  it("takes back at once what was refunded before it, in the currency's own figures", async () => {
    const topUp = await givenQuarantined(world, { user: "yen" }, { currency: "jpy", amount_received: 2_000 });
    expect(await send(refundOf(topUp.payment, 500, "jpy"))).toBe("200 ok");
    expect(refusalOf(await resolve(world, topUp.id, { action: "grant" }))).toBe("422 invalid_request at credits");
    expect((await resolve(world, topUp.id, { action: "grant", credits: 400 })).json.new_balance).toBe("400");
    expect(await balanceOf(world, "yen")).toBe("300.00000000"); // 500 of 2000 yen
  });

  it("into a wallet that cannot hold it is refused, and the payment stays where it is", async () => {
    await givenFullWallet("rich");
    const topUp = await givenTopUp(world, { user: "rich" });
    expect([await send(succeededOf(topUp)), await send(succeededOf(topUp))]).toEqual(["200 quarantined", "200 quarantined"]);
    expect(await shownOf(world, topUp.payment)).toMatchObject([
      { id: topUp.id, quarantine_reason: "the wallet cannot hold these credits" },
    ]);
    expect(refusalOf(await resolve(world, topUp.id, { action: "grant" }))).toBe("422 invalid_request");
    expect((await resolve(world, topUp.id, { action: "grant", user_id: "poor" })).json.new_balance).toBe("333.33");
  });
});

describe("a dismissal", () => {
  it("closes the row for good: no event, fitting or not, changes anything afterwards", async () => {
    const topUp = await givenQuarantined(world, { user: "dan" });
    const { status, json } = await resolve(world, topUp.id, { action: "dismiss", note: "refunded at Stripe" });
    expect([status, json]).toEqual([
      200,
      {
        id: topUp.id,
        status: "dismissed",
        user_id: "dan",
        payment_intent: topUp.payment,
        credits_granted: null,
        transaction_id: null,
        new_balance: null,
      },
    ]);
    const row = await topUpRow(world, topUp.id);
    const events = [succeededOf(topUp), succeededOf(topUp, { amount_received: 900 }), refundOf(topUp.payment, 900)];
    for (const type of ["processing", "payment_failed", "canceled"]) events.push(eventOf(`payment_intent.${type}`, intentOf(topUp)));
    expect([await send(events[0] ?? {}), await send(events[1] ?? {})]).toEqual(Array(2).fill("200 already_processed"));
    for (const event of events) expect(await send(event)).toMatch(/^200 /);
    expect([await topUpRow(world, topUp.id), await grantsOf(world, topUp.payment), await balanceOf(world, "dan")]).toEqual([row, [], "0"]);
    expect(refusalOf(await resolve(world, topUp.id, { action: "grant" }))).toBe("409 conflict");
  });

  it("is shown to admins with who, when and why, and to its user as a state", async () => {
    const topUp = await givenQuarantined(world, { user: "dot" });
    await resolve(world, topUp.id, { action: "dismiss", note: "  a test of ours " }, { user: SECOND });
    const [shown] = (await operate(world, "GET top-ups?status=dismissed&limit=1")).json.top_ups;
    expect(shown).toMatchObject({ id: topUp.id, resolution: "dismiss", resolved_by: SECOND, resolution_note: "a test of ours" });
    expect([shown.quarantine_reason, shown.resolved_at]).toEqual([expect.stringMatching(/amount/), expect.stringMatching(/Z$/)]);
    const own = await world.call("GET", `/api/v1/users/me/wallet/top-ups/${topUp.id}`, { user: "dot" });
    expect([own.json.status, JSON.stringify(own.json)]).toEqual(["dismissed", expect.not.stringMatching(/a test of ours|amount was/)]);
  });
});

describe("a payment that is repaired", () => {
  it("stays in quarantine, but is shown for the person, the amount and the credits that it fits", async () => {
    const topUp = await givenTopUp(world, { user: "rita", attached: false });
    const event = succeededOf(topUp, { metadata: { user_id: "wrong", top_up_id: newId() } });
    expect([await send(event), await ownIds(world, "wrong")]).toEqual(["200 quarantined", [expect.any(String)]]);
    const repaired = succeededOf(topUp);
    expect([await send(repaired), await send(repaired), await grantsOf(world, topUp.payment)]).toEqual([
      "200 quarantined",
      "200 quarantined",
      [],
    ]);
    expect((await eventRow(world, repaired.id))?.outcome).toBe("quarantined");
    const [aside] = await shownOf(world, topUp.payment);
    expect(aside).toMatchObject({
      user_id: "rita",
      amount_usd: "10",
      credits_to_grant: "333.33",
      quarantine_reason: expect.stringMatching(/now it does/),
    });
    expect([await ownIds(world, "wrong"), (await ownIds(world, "rita")).includes(aside.id)]).toEqual([[], true]);
    expect((await resolve(world, aside.id, { action: "grant" })).json).toMatchObject({ user_id: "rita", credits_granted: "333.33" });
  });
});

describe("what is shown of a payment", () => {
  it.each([
    { what: "euros", currency: "eur", received: 1_000 },
    { what: "dollars, none of which came", currency: "usd", received: 0 },
    { what: "yen", currency: "jpy", received: 1_000 },
    { what: "dinar, a lot of them", currency: "kwd", received: 999_999_999_999 },
    { what: "what is no letters", currency: "x\u0000", received: 5, said: null },
    { what: "nothing that was said", currency: null, received: null },
  ])("in $what is what was said, and no dollars are made up", async ({ currency, received, said = currency }) => {
    const shown = { received_minor: received?.toString() ?? null, received_currency: said };
    const told = { currency, amount_received: received };
    const topUp = await givenQuarantined(world, { user: "seen" }, told);
    expect(await shownOf(world, topUp.payment)).toMatchObject([{ ...shown, amount_usd: "10", credits_to_grant: "333.33" }]);
    const lost = await givenQuarantined(world, { attached: false }, { ...told, metadata: { top_up_id: newId() } });
    const [aside] = await shownOf(world, lost.payment);
    expect(aside).toMatchObject({ ...shown, user_id: "", amount_usd: "0", credits_to_grant: "0" });
    expect(refusalOf(await resolve(world, aside.id, { action: "grant" }))).toBe("422 invalid_request at user_id credits");
  });
});

describe("a resolution", () => {
  it("is audited with what was there and what is there now", async () => {
    const [granted, dismissed] = [await givenQuarantined(world, { user: "aud" }), await givenQuarantined(world, { user: "aud" })];
    const { json } = await resolve(world, granted.id, { action: "grant", note: "her bank's fee" });
    await resolve(world, dismissed.id, { action: "dismiss", note: "ours" }, { user: SECOND });
    const aside = {
      status: "quarantined",
      user_id: "aud",
      reason: "another amount was received",
      received_minor: 900,
      received_currency: "usd",
    };
    const rows = (await actionsOf(world, "top_up.grant", "top_up.dismiss")).slice(-2);
    expect(rows).toMatchObject([
      {
        admin_id: ROOT,
        target: granted.id,
        before: { ...aside, balance: "0" },
        after: { status: "succeeded", user_id: "aud", balance: "300" },
      },
      { admin_id: SECOND, target: dismissed.id, before: aside, after: { status: "dismissed", user_id: "aud", note: "ours" } },
    ]);
    expect(rows[0]?.after).toMatchObject({
      note: "her bank's fee",
      credits: "300",
      transaction_id: json.transaction_id,
      payment_intent: granted.payment,
    });
    const { json: wallet } = await operate(world, "GET wallets/aud");
    expect(wallet.recent_transactions).toMatchObject([{ kind: "grant", initiated_by: ROOT, reference_id: granted.payment, note: null }]);
  });

  it("is refused without an action, a note or a fitting member, for what is not in quarantine, and leaves no trace", async () => {
    const topUp = await givenQuarantined(world, { user: "ref" });
    const waiting = await givenTopUp(world, { user: "ref" });
    const before = await tracesOf(world);
    const refused: [string, Record<string, unknown>, string][] = [
      [topUp.id, { note: undefined, action: "grant" }, "422 invalid_request at note"],
      [topUp.id, { note: " ", action: "grant" }, "422 invalid_request at note"],
      [topUp.id, { note: "x".repeat(257), action: "grant" }, "422 invalid_request at note"],
      [topUp.id, {}, "422 invalid_request at action"],
      [topUp.id, { action: "refund" }, "422 invalid_request at action"],
      [topUp.id, { action: "grant", credits: 0 }, "422 invalid_request at credits"],
      [topUp.id, { action: "grant", credits: "1.005" }, "422 invalid_request at credits"],
      [topUp.id, { action: "grant", credits: "1000000.01" }, "422 invalid_request at credits"],
      [topUp.id, { action: "grant", user_id: "" }, "422 invalid_request at user_id"],
      [topUp.id, { action: "grant", user_id: "a\u0000" }, "422 invalid_request at user_id"],
      [topUp.id, { action: "dismiss", credits: 1, user_id: "ada" }, "422 invalid_request at credits user_id"],
      [topUp.id, { action: "grant", amount: 1 }, "422 invalid_request at amount"],
      [waiting.id, { action: "grant" }, "409 conflict"],
      [waiting.id, { action: "dismiss" }, "409 conflict"],
      [newId(), { action: "grant" }, "404 not_found"],
      ["none", { action: "dismiss" }, "404 not_found"],
    ];
    for (const [id, body, refusal] of refused) expect(refusalOf(await resolve(world, id, body))).toBe(refusal);
    expect(refusalOf(await resolve(world, topUp.id, { action: "grant" }, { user: "ref" }))).toBe("403 forbidden");
    expect(await tracesOf(world)).toEqual(before);
  });
});

/** A wallet within a credit of the most that its column holds, with its row in the ledger. */
async function givenFullWallet(user: string): Promise<void> {
  const full = "9999999999";
  await world.deps.db.query.insertInto("credit_wallets").values({ user_id: user, balance: full, seq: "1" }).execute();
  await world.deps.db.query
    .insertInto("credit_transactions")
    .values({ user_id: user, seq: "1", kind: "grant", source: "promo", amount: full, balance_after: full, reference_id: `promo:${user}` })
    .execute();
}
