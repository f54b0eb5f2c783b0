// Grants: exact to the eighth decimal, once under a key, signed by the admin for the user and for the audit, and never lost beside
// debits; and the wallet as an admin sees it.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { amount, format, sum } from "@pantheon/contract/money.ts";
import { givenModelAsked, givenSession, modelsWith, runTurn } from "../support/given.ts";
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

/** To whoever is named: they may be new. */
const grant = (user: string, value: unknown, { note, ...options }: CallOptions & { note?: unknown } = {}): Promise<Answer> =>
  operate(world, `POST wallets/${user}/grant`, { body: { amount: value, create: true, ...(note !== undefined && { note }) }, ...options });

const grantAtUsers = (user: string, value: unknown, options: CallOptions = {}): Promise<Answer> =>
  operate(world, `POST users/${user}/wallet/grant`, { body: { amount: value, create: true }, ...options });

const view = async (user: string) => (await operate(world, `GET wallets/${user}`)).json;
const ledgerOf = (user: string) =>
  world.deps.db.query.selectFrom("credit_transactions").selectAll().where("user_id", "=", user).orderBy("seq").execute();

describe("a grant", () => {
  it("makes the wallet of somebody who was never here, and they find it when they come", async () => {
    const { status, headers, json } = await grant("newcomer", "12.5", { note: "welcome" });
    const [row, ...more] = await ledgerOf("newcomer");
    expect([status, headers.get("cache-control"), json, more]).toEqual([
      200,
      "no-store",
      { user_id: "newcomer", new_balance: "12.5", transaction_id: row?.id },
      [],
    ]);
    expect(row).toMatchObject({ kind: "grant", source: "admin", reference_id: `admin:${row?.id}`, initiated_by: ROOT, note: "welcome" });
    await givenSession(world, "newcomer");
    expect((await world.call("GET", "/api/v1/users/me/wallet", { user: "newcomer" })).json.balance).toBe("12.5");
  });

  it.each(["wallets/{user}/grant", "users/{user}/wallet/grant"])(
    "at %s is 404 to somebody who was never here, unless it may make a wallet; to whoever is known it needs no word",
    async (path) => {
      const to = (user: string, body: object) =>
        operate(world, `POST ${path.replace("{user}", user)}`, { body: { amount: 1, ...body }, key: user });
      const before = await tracesOf(world);
      for (const refused of [await to("adaa", {}), await to("adaa", { create: false })]) expect(refusalOf(refused)).toBe("404 not_found");
      expect(await tracesOf(world)).toEqual(before);
      const name = path.startsWith("users") ? "a" : "b";
      expect((await to(`adaa-${name}`, { create: true })).json.new_balance).toBe("1");
      expect((await operate(world, `POST ${path.replace("{user}", `adaa-${name}`)}`, { body: { amount: 2 } })).json.new_balance).toBe("3");
      await world.deps.db.query
        .insertInto("users")
        .values({ id: `seen-${name}` })
        .execute(); // a person without a wallet
      expect((await to(`seen-${name}`, {})).json.new_balance).toBe("1");
      const beta = await to("11111111-1111-1111-1111-111111111111", {});
      expect(beta.status).toBe(200); // seeded: a wallet without a person
    },
  );

  it("at the second address is the same act with the answer of that address", async () => {
    await grant("twice", 1);
    const { status, json } = await grantAtUsers("twice", "0.50");
    expect([status, json]).toEqual([200, { user_id: "twice", credits_granted: "0.5", new_balance: "1.5" }]);
    const [, row] = await ledgerOf("twice");
    expect(row).toMatchObject({ kind: "grant", source: "admin", amount: "0.50000000", initiated_by: ROOT, note: null });
  });

  it.each([
    ["0.00000001", "0.00000001"],
    [0.00000001, "0.00000001"],
    [10_000, "10000"],
    ["10000.00000000", "10000"],
    ["9999.99999999", "9999.99999999"],
    [9999.99999999, "9999.99999999"],
    [1e3, "1000"],
    [0.1, "0.1"],
  ])("of %j is exact", async (value, expected) => {
    const user = `exact-${JSON.stringify(value).replaceAll(/\W/g, "_")}`;
    expect((await grant(user, value)).json.new_balance).toBe(expected);
    expect((await grantAtUsers(user, value)).json).toMatchObject({
      credits_granted: expected,
      new_balance: format(amount(expected).times("2")),
    });
  });

  it("of 0.1, ten times, is 1", async () => {
    const balances: string[] = [];
    for (let time = 0; time < 10; time += 1) balances.push((await grant("tenth", time % 2 === 0 ? 0.1 : "0.1")).json.new_balance);
    expect(balances).toEqual(["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"]);
  });

  it("is seen by the user and by the admin with who gave it and why", async () => {
    await grant("seer", 3, { user: SECOND, note: "  für dich 😀 " });
    await grant("seer", 4, { note: "" });
    const told = [
      { kind: "grant", amount: "4", balance_after: "7", initiated_by: ROOT, note: null },
      { kind: "grant", amount: "3", balance_after: "3", initiated_by: SECOND, note: "für dich 😀" },
    ];
    const own = (await world.call("GET", "/api/v1/users/me/transactions", { user: "seer" })).json.transactions;
    expect(own).toMatchObject(told);
    expect((await view("seer")).recent_transactions).toEqual(own);
  });

  it("to oneself is allowed, and audited like any other", async () => {
    const { json } = await grant(ROOT, "5");
    const action = (await actionsOf(world)).at(-1);
    expect(action).toMatchObject({
      admin_id: ROOT,
      target: ROOT,
      before: { balance: "0" },
      after: { balance: "5", amount: "5", transaction_id: json.transaction_id },
    });
  });

  it("reaches users whose id is odd but theirs", async () => {
    for (const user of ["a/b", "x y", "ünï 😀", "%", "user|1;v=2", "w".repeat(64), "😀".repeat(64)]) {
      expect((await grant(encodeURIComponent(user), 1)).json).toMatchObject({ user_id: user, new_balance: "1" });
      expect((await walletOf(world, user)).balance).toBe("1.00000000");
    }
  });
});

describe("a grant under a key", () => {
  it("sent 200 times at once is one row, and every answer has its bytes", async () => {
    await givenOpenConnections(world);
    const answers = await atOnce(200, () => grant("many", "7.25", { key: "once", note: "n" }));
    expect(statuses(answers)).toEqual({ 200: 200 });
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") !== "true")).toHaveLength(1);
    expect(await ledgerOf("many")).toHaveLength(1);
    expect((await actionsOf(world)).filter(({ target }) => target === "many")).toHaveLength(1);
    expect((await walletOf(world, "many")).balance).toBe("7.25000000");
  });

  it("is one act at both addresses: the second answers what the first one did, byte for byte", async () => {
    const first = await grant("both", "2", { key: "either" });
    const again = await grantAtUsers("both", "2", { key: "either" });
    expect([again.status, again.text, again.headers.get("idempotency-replayed")]).toEqual([200, first.text, "true"]);
    await givenOpenConnections(world);
    const raced = await atOnce(30, (index) => (index % 2 === 0 ? grant : grantAtUsers)("raced", "2", { key: "both-at-once" }));
    expect([statuses(raced), new Set(raced.map(({ text }) => text)).size]).toEqual([{ 200: 30 }, 1]);
    expect([await ledgerOf("both"), await ledgerOf("raced")].map((rows) => rows.length)).toEqual([1, 1]);
  });

  it("is another admin's own grant, and each one's own without a key", async () => {
    for (const user of [ROOT, SECOND]) await grant("apart", 1, { key: "shared-name", user });
    for (let time = 0; time < 2; time += 1) await grant("apart", 1);
    expect((await ledgerOf("apart")).map(({ initiated_by: by }) => by)).toEqual([ROOT, SECOND, ROOT, ROOT]);
  });

  it("refuses another user, amount, note or act under it, and grants nothing", async () => {
    await grant("keyed", "1", { key: "taken" });
    const before = await tracesOf(world);
    const others = await Promise.all([
      grant("somebody-else", "1", { key: "taken" }),
      grant("keyed", "1.1", { key: "taken" }),
      grant("keyed", "1", { key: "taken", note: "more" }),
      grantAtUsers("keyed", "2", { key: "taken" }),
      operate(world, "POST users/keyed/suspend", { key: "taken" }),
    ]);
    expect(others.map(refusalOf)).toEqual(others.map(() => "422 idempotency_key_reused"));
    expect(await tracesOf(world)).toEqual(before);
  });
});

describe("grants beside debits", () => {
  it("of one wallet, 100 beside 200, lose nothing: its balance is their exact sum", async () => {
    const user = "busy";
    const sessions = await Promise.all(Array.from({ length: 10 }, () => givenSession(world, user)));
    const turns = sessions.map(async (session) => {
      for (let turn = 0; turn < 20; turn += 1) expect((await runTurn(world, session, { user })).status).toBe(201);
    });
    const granting = atOnce(4, async (index) => {
      for (let time = 0; time < 25; time += 1) expect((await grant(user, `0.${index + 1}0000001`)).status).toBe(200);
    });
    await Promise.all([...turns, granting]);
    const rows = await ledgerOf(user);
    const kinds = (kind: string) => rows.filter((row) => row.kind === kind).map((row) => amount(row.amount));
    expect([kinds("debit").length, kinds("grant").length]).toEqual([200, 100]);
    expect(format(sum(kinds("grant")))).toBe("25.000001");
    const { balance, held, seq } = await walletOf(world, user);
    expect([amount(balance).toFixed(8), held, seq]).toEqual([sum(rows.map((row) => amount(row.amount))).toFixed(8), "0.00000000", "300"]);
  });
});

describe("the wallet as an admin sees it", () => {
  it("is balance, held, what is left, and the ten newest transactions, newest first", async () => {
    for (let time = 1; time <= 12; time += 1) await grant("viewed", String(time));
    const session = await givenSession(world, "viewed");
    world.provider.behave(MODEL, "fake-slow-300");
    const running = await givenModelAsked(world, () => runTurn(world, session, { user: "viewed" }));
    const { recent_transactions: recent, ...wallet } = await view("viewed");
    const { held } = await walletOf(world, "viewed");
    expect(amount(held).gt(amount("0"))).toBe(true);
    const figures = { balance: "78", held: format(amount(held)), available: format(amount("78").minus(held)) };
    expect(wallet).toEqual({ user_id: "viewed", ...figures });
    expect(recent.map((row: { amount: string }) => row.amount)).toEqual(["12", "11", "10", "9", "8", "7", "6", "5", "4", "3"]);
    await running.answer;
    world.provider.behave(MODEL, null);
    const after = await view("viewed");
    expect([after.held, after.recent_transactions.length, after.recent_transactions[0].kind]).toEqual(["0", 10, "debit"]);
  });

  it.each(["nobody", "viewed%20", "Viewed", "%00", "a%0Ab", "w".repeat(65), "%E0%A4%A"])("is 404 when there is none: %s", async (user) => {
    const before = await tracesOf(world);
    const answer = await operate(world, `GET wallets/${user}`);
    expect([refusalOf(answer), answer.json.detail]).toEqual(["404 not_found", "Wallet not found."]);
    expect(await tracesOf(world)).toEqual(before);
  });
});
