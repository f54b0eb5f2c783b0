// Deductions: what was granted by mistake is taken back, exact to the eighth decimal, once under a key, signed for the user and for the
// audit; never more than is available unless that is said, and never a credit that a running turn holds.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { amount, format } from "@pantheon/contract/money.ts";
import { BAD_DECIMALS } from "../support/bad-decimals.ts";
import { givenCredits, givenModelAsked, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { walletOf } from "../support/ledger.ts";
import { ROOT, SECOND, actionsOf, atOnce, givenOpenConnections, operate, adminWorld, refusalOf, statuses } from "../support/admin.ts";
import { tracesOf } from "../support/traces.ts";
import type { Answer, CallOptions, TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld({}, { models: modelsWith(MODEL) });
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

type Deduction = CallOptions & { readonly note?: unknown; readonly below?: boolean };

const deduct = (user: string, value: unknown, { note = "a typo", below, ...options }: Deduction = {}): Promise<Answer> =>
  operate(world, `POST wallets/${user}/deduct`, {
    body: { amount: value, note, ...(below !== undefined && { allow_negative: below }) },
    ...options,
  });

const ledgerOf = (user: string) =>
  world.deps.db.query.selectFrom("credit_transactions").selectAll().where("user_id", "=", user).orderBy("seq").execute();
const balanceOf = async (user: string) => format(amount((await walletOf(world, user)).balance));

describe("a deduction", () => {
  it("takes a grant back, and is told to the wallet's owner and the audit with who did it and why", async () => {
    await operate(world, "POST wallets/typo/grant", { body: { amount: 1000, create: true } });
    const { status, headers, json } = await deduct("typo", "900.5", { note: "  1000 was meant to be 99.5 ", user: SECOND });
    const [, row] = await ledgerOf("typo");
    expect([status, headers.get("cache-control"), json]).toEqual([
      200,
      "no-store",
      { user_id: "typo", new_balance: "99.5", transaction_id: row?.id },
    ]);
    expect(row).toMatchObject({ kind: "debit", source: "admin", reference_id: `admin:${row?.id}`, amount: "-900.50000000" });
    const own = (await world.call("GET", "/api/v1/users/me/transactions", { user: "typo" })).json.transactions;
    expect(own[0]).toMatchObject({ kind: "debit", amount: "-900.5", initiated_by: SECOND, note: "1000 was meant to be 99.5" });
    expect((await operate(world, "GET wallets/typo")).json.recent_transactions).toEqual(own);
    expect((await actionsOf(world)).at(-1)).toMatchObject({
      admin_id: SECOND,
      action: "wallet.deduct",
      target: "typo",
      before: { balance: "1000" },
      after: { balance: "99.5", amount: "900.5", transaction_id: row?.id },
    });
  });

  it("may take all there is, to the eighth decimal, and not one more of them", async () => {
    await givenCredits(world, "last", "0.00000003");
    expect((await deduct("last", "0.00000001")).json.new_balance).toBe("0.00000002");
    const before = await tracesOf(world);
    const refused = await deduct("last", "0.00000003", { key: "stays-free" });
    expect([refusalOf(refused), refused.json.detail]).toEqual([
      "409 conflict",
      "Credits available: 0.00000002. To take more, send `allow_negative`: true.",
    ]);
    expect(await tracesOf(world)).toEqual(before);
    expect((await deduct("last", "0.00000002", { key: "stays-free" })).json.new_balance).toBe("0");
    expect(refusalOf(await deduct("last", "0.00000001", { below: false }))).toBe("409 conflict");
  });

  it("goes below zero when it is allowed to", async () => {
    await givenCredits(world, "below", "1");
    expect((await deduct("below", 3, { below: true })).json.new_balance).toBe("-2");
    expect(refusalOf(await deduct("below", "0.00000001"))).toBe("409 conflict");
    expect((await deduct("below", "0.5", { below: true })).json.new_balance).toBe("-2.5");
  });

  it("leaves what a running turn holds, unless it may go below", async () => {
    const session = await givenSession(world, "holder");
    await givenCredits(world, "holder", "10");
    world.provider.behave(MODEL, "fake-slow-300");
    const running = await givenModelAsked(world, () => runTurn(world, session, { user: "holder" }));
    const { held } = await walletOf(world, "holder");
    const free = amount("10").minus(held);
    const refused = await deduct("holder", free.plus("0.00000001").toFixed());
    const taken = await deduct("holder", free.toFixed());
    await running.answer;
    world.provider.behave(MODEL, null);
    expect(amount(held).gt("0")).toBe(true);
    expect([refusalOf(refused), taken.json.new_balance]).toEqual(["409 conflict", format(amount(held))]);
    expect(await balanceOf("holder")).not.toMatch(/^-/);
  });

  it("of somebody without a wallet is 404 and makes none, whatever it allows", async () => {
    await world.deps.db.query.insertInto("users").values({ id: "walletless" }).execute();
    const before = await tracesOf(world);
    for (const user of ["nobody", "walletless", "%00", "w".repeat(65)]) {
      const answer = await deduct(user, 1, { below: true, key: "k" });
      expect([user, refusalOf(answer), answer.json.detail]).toEqual([user, "404 not_found", "Wallet not found."]);
    }
    expect(await tracesOf(world)).toEqual(before);
  });

  it("has a receipt without calls", async () => {
    await givenCredits(world, "receipted", "2");
    const { json } = await deduct("receipted", 1);
    const receipt = await world.call("GET", `/api/v1/users/me/transactions/${json.transaction_id}/receipt`, { user: "receipted" });
    expect([receipt.status, receipt.json]).toMatchObject([200, { turn_id: null, lines: [], payment: null, amount: "-1" }]);
  });

  const OUT_OF_RANGE = ["10000.00000001", "1e5", "0.000000001"].map((json) => ({ what: json, json }));

  it.each([...BAD_DECIMALS, ...OUT_OF_RANGE])("is refused, and leaves no trace, when the amount is $what", async ({ json }) => {
    const before = await tracesOf(world);
    const raw = `{"amount":${json},"note":"n","allow_negative":true}`;
    expect(refusalOf(await operate(world, "POST wallets/typo/deduct", { raw, key: "free" }))).toBe("422 invalid_request at amount");
    expect(await tracesOf(world)).toEqual(before);
  });

  it.each([
    ["no note", '{"amount":1}', "note"],
    ["an empty note", '{"amount":1,"note":"  "}', "note"],
    ["no note but null", '{"amount":1,"note":null}', "note"],
    ["a note of 257 characters", JSON.stringify({ amount: 1, note: "😀".repeat(257) }), "note"],
    ["a leave that is no boolean", '{"amount":1,"note":"n","allow_negative":"true"}', "allow_negative"],
    ["a word of the grant's", '{"amount":1,"note":"n","create":true}', "create"],
  ])("is refused with %s", async (_what, raw, path) => {
    const before = await tracesOf(world);
    expect(refusalOf(await operate(world, "POST wallets/typo/deduct", { raw }))).toBe(`422 invalid_request at ${path}`);
    expect(await tracesOf(world)).toEqual(before);
  });

  it("that no wallet could hold is 422", async () => {
    const balance = "-9999999999.5";
    const { query } = world.deps.db;
    await query.insertInto("credit_wallets").values({ user_id: "deep", balance, seq: "1" }).execute();
    const row = { user_id: "deep", seq: "1", kind: "refund", source: "promo", amount: balance, balance_after: balance } as const;
    await query
      .insertInto("credit_transactions")
      .values({ ...row, reference_id: "deep" })
      .execute();
    expect(refusalOf(await deduct("deep", "0.5", { below: true }))).toBe("422 invalid_request");
  });
});

describe("deductions at once", () => {
  it("200 times under one key are one row, and every answer has its bytes, also when nothing is left for a second", async () => {
    await givenCredits(world, "once", "7.25");
    await givenOpenConnections(world);
    const answers = await atOnce(200, () => deduct("once", "7.25", { key: "one" }));
    expect([statuses(answers), new Set(answers.map(({ text }) => text)).size]).toEqual([{ 200: 200 }, 1]);
    expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") !== "true")).toHaveLength(1);
    expect([(await ledgerOf("once")).length, await balanceOf("once")]).toEqual([2, "0"]);
    expect((await actionsOf(world)).filter(({ target }) => target === "once")).toHaveLength(1);
  });

  it("200 of one credit take the hundred that are there, and no more", async () => {
    await givenCredits(world, "many", "100");
    await givenOpenConnections(world);
    const answers = await atOnce(200, () => deduct("many", 1));
    expect([statuses(answers), await balanceOf("many")]).toEqual([{ 200: 100, 409: 100 }, "0"]);
    expect((await ledgerOf("many")).map(({ balance_after: after }) => Number(after)).slice(1)).toEqual(
      Array.from({ length: 100 }, (_none, index) => 99 - index),
    );
  });

  it("beside grants and turns of the same wallet lose nothing", async () => {
    await givenCredits(world, "busy", "5");
    const sessions = await Promise.all(Array.from({ length: 4 }, () => givenSession(world, "busy")));
    const turns = sessions.map(async (session) => {
      for (let turn = 0; turn < 5; turn += 1) expect((await runTurn(world, session, { user: "busy" })).status).toBe(201);
    });
    const moves = atOnce(50, (index) =>
      index % 2 === 0 ? operate(world, "POST wallets/busy/grant", { body: { amount: "0.3" } }) : deduct("busy", "0.1", { below: true }),
    );
    expect(statuses(await moves)).toEqual({ 200: 50 });
    await Promise.all(turns);
    const rows = (await ledgerOf("busy")).filter(({ source }) => source === "admin");
    expect(format(rows.reduce((sum, row) => sum.plus(row.amount), amount("0")))).toBe("5");
  });

  it("refuses another amount, note, user or leave under a used key, and the key of a grant", async () => {
    for (const user of ["keyed", "other"]) await givenCredits(world, user, "10");
    await deduct("keyed", "1", { key: "taken" });
    await operate(world, "POST wallets/keyed/grant", { body: { amount: "1", note: "a typo" }, key: "granted" });
    const before = await tracesOf(world);
    const others = await Promise.all([
      deduct("other", "1", { key: "taken" }),
      deduct("keyed", "1.1", { key: "taken" }),
      deduct("keyed", "1", { key: "taken", note: "more" }),
      deduct("keyed", "1", { key: "taken", below: true }),
      deduct("keyed", "1", { key: "granted" }),
    ]);
    expect(others.map(refusalOf)).toEqual(others.map(() => "422 idempotency_key_reused"));
    expect(await tracesOf(world)).toEqual(before);
    await deduct("keyed", "1", { key: "taken", user: SECOND }); // another admin's own key
    expect((await ledgerOf("keyed")).map(({ initiated_by: by }) => by)).toEqual(["operator", ROOT, ROOT, SECOND]);
  });
});
