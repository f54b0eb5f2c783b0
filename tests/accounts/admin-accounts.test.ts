// Suspension: the next turn is refused before anything is spent, what runs settles, what can be read is read, and it can be undone.

import { afterAll, beforeAll, expect, test } from "vitest";
import { givenContainer } from "../support/container.ts";
import { givenCredits, givenModelAsked, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { debitsOf, pictureOf, walletOf } from "../support/ledger.ts";
import { actionsOf, atOnce, chainOf, givenOpenConnections, operate, adminWorld, refusalOf } from "../support/admin.ts";
import { givenSecondProcess } from "../support/second-process.ts";
import { tracesOf } from "../support/traces.ts";
import type { TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld({}, { models: modelsWith(MODEL) });
});
afterAll(() => world.end());

const suspend = (user: string) => operate(world, `POST users/${user}/suspend`);
const reactivate = (user: string) => operate(world, `POST users/${user}/reactivate`);
const suspendedAt = async (user: string) =>
  (await world.deps.db.query.selectFrom("users").select("suspended_at").where("id", "=", user).executeTakeFirstOrThrow()).suspended_at;

test("the next turn of a suspended user is 403 in every container, asks no model and writes nothing, until they are reactivated", async () => {
  const session = await givenSession(world);
  await givenCredits(world, "ada", "10");
  const second = givenContainer(world);
  const other = await givenSecondProcess(world);
  const everywhere = async () => {
    const there = await other.turn({ session, user: "ada", message: "Hello?" });
    return [refusalOf(await runTurn(world, session)), refusalOf(await second.turn(session)), there.ok || there.code];
  };
  try {
    expect(await everywhere()).toEqual(["201 ", "201 ", true]);
    expect((await suspend("ada")).json).toEqual({ user_id: "ada", suspended: true });
    const [calls, picture] = [world.provider.calls(), await pictureOf(world)];
    expect(await everywhere()).toEqual(["403 account_suspended", "403 account_suspended", "account_suspended"]);
    expect(refusalOf(await runTurn(world, session, { key: "later" }))).toBe("403 account_suspended");
    expect([world.provider.calls(), await pictureOf(world)]).toEqual([calls, picture]);
    expect((await reactivate("ada")).json).toEqual({ user_id: "ada", suspended: false });
    expect(await everywhere()).toEqual(["201 ", "201 ", true]);
    expect((await runTurn(world, session, { key: "later" })).status).toBe(201);
  } finally {
    await Promise.all([second.close(), other.end()]);
  }
});

test("a turn that runs when its user is suspended settles: it is answered, stored and paid", async () => {
  const user = "runner";
  const session = await givenSession(world, user);
  await givenCredits(world, user, "10");
  world.provider.behave(MODEL, "fake-slow-300");
  const running = await givenModelAsked(world, () => runTurn(world, session, { user }));
  expect((await suspend(user)).status).toBe(200);
  const { status, json } = await running.answer;
  world.provider.behave(MODEL, null);
  expect([status, json.status]).toEqual([201, "completed"]);
  expect((await debitsOf(world, user)).map(({ reference_id: id }) => id)).toEqual([json.id]);
  expect((await walletOf(world, user)).held).toBe("0.00000000");
});

test("a suspended user reads everything that was theirs, and repeats are still answered from what is stored", async () => {
  const user = "reader";
  const session = await givenSession(world, user);
  const turn = await runTurn(world, session, { user, key: "done-before" });
  const { transactions } = (await world.call("GET", "/api/v1/users/me/transactions", { user })).json;
  await suspend(user);
  const receipt = `users/me/transactions/${transactions[0].id}/receipt`;
  const lists = ["auth/me", "users/me/wallet", "users/me/usage", "users/me/transactions", "sessions", `sessions/${session}`];
  for (const path of [...lists, `sessions/${session}/turns`, `sessions/${session}/messages`, receipt]) {
    expect([path, (await world.call("GET", `/api/v1/${path}`, { user })).status]).toEqual([path, 200]);
  }
  expect((await operate(world, `GET wallets/${user}`)).status).toBe(200);
  expect((await operate(world, `POST wallets/${user}/grant`, { body: { amount: 1 } })).status).toBe(200);
  expect(turn.status).toBe(201);
});

test("suspending twice keeps the first time, and reactivating twice changes nothing; each is audited with what was there", async () => {
  await givenSession(world, "twice");
  await operate(world, "POST users/twice/suspend", { body: { reason: " A card that was not theirs " } });
  const first = await suspendedAt("twice");
  expect(first).toEqual(expect.any(Date));
  await operate(world, "POST users/twice/suspend", { body: { reason: "Chargebacks" } });
  await suspend("twice"); // says nothing of a reason, so it stays
  expect(await suspendedAt("twice")).toEqual(first);
  for (let time = 0; time < 2; time += 1) {
    await reactivate("twice");
    expect(await suspendedAt("twice")).toBeNull();
  }
  const rows = await world.deps.db.query
    .selectFrom("admin_actions")
    .selectAll()
    .where("target", "=", "twice")
    .orderBy("created_at")
    .execute();
  const free = { suspended: false, reason: null };
  const held = { suspended: true, reason: "A card that was not theirs" };
  const again = { suspended: true, reason: "Chargebacks" };
  expect(rows.map(({ action, before, after }) => ({ action, before, after }))).toEqual([
    { action: "user.suspend", before: free, after: held },
    { action: "user.suspend", before: held, after: again },
    { action: "user.suspend", before: again, after: again },
    { action: "user.reactivate", before: again, after: free },
    { action: "user.reactivate", before: free, after: free },
  ]);
});

test("120 suspensions and reactivations at once are told by the audit as a chain without a gap, whose end is in force", async () => {
  await givenSession(world, "torn");
  await givenOpenConnections(world);
  const answers = await atOnce(120, (index) => (index % 3 === 0 ? reactivate : suspend)("torn"));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  const actions = (await actionsOf(world)).filter(({ target }) => target === "torn");
  expect([actions.length, chainOf(actions, "suspended", false)]).toEqual([120, "whole"]);
  expect((await suspendedAt("torn")) !== null).toBe(actions.at(-1)?.after?.["suspended"]);
});

test("a suspended user is told so, and why, until they are reactivated; an empty reason is none", async () => {
  const user = "told";
  await givenSession(world, user);
  const told = async () => {
    const views = await Promise.all(["auth/me", "users/me/wallet"].map((path) => world.call("GET", `/api/v1/${path}`, { user })));
    return views.map(({ json }) => [json.suspended, json.suspension_reason]);
  };
  const why = (reason: unknown) => operate(world, `POST users/${user}/suspend`, { body: { reason } });
  expect(await told()).toEqual([
    [false, null],
    [false, null],
  ]);
  expect((await why("")).json).toEqual({ user_id: user, suspended: true });
  expect(await told()).toEqual([
    [true, null],
    [true, null],
  ]);
  await why("☃".repeat(256));
  expect((await told())[1]).toEqual([true, "☃".repeat(256)]);
  expect(refusalOf(await why("x".repeat(257)))).toBe("422 invalid_request at reason");
  expect(refusalOf(await why(7))).toBe("422 invalid_request at reason");
  await reactivate(user);
  expect(await told()).toEqual([
    [false, null],
    [false, null],
  ]);
  await suspend(user);
  expect((await told())[0]).toEqual([true, null]);
});

test("a suspended user starts no top-up and Stripe is not asked; what they had started is still answered under its key", async () => {
  const user = "payer";
  await givenSession(world, user);
  const start = (key: string, amount = "10") =>
    world.call("POST", "/api/v1/users/me/wallet/top-up", { user, key, body: { amount_usd: amount } });
  const first = await start("before");
  await suspend(user);
  const picture = await pictureOf(world);
  for (const answer of [
    await start("after"),
    await world.call("POST", "/api/v1/users/me/wallet/top-up", { user, body: { amount_usd: 5 } }),
  ]) {
    expect(refusalOf(answer)).toBe("403 account_suspended");
  }
  expect(await pictureOf(world)).toEqual(picture);
  expect((await world.deps.db.query.selectFrom("top_ups").select("id").where("user_id", "=", user).execute()).length).toBe(1);
  const again = await start("before");
  expect([again.status, again.text, again.headers.get("idempotency-replayed")]).toEqual([200, first.text, "true"]);
  expect(refusalOf(await start("before", "11"))).toBe("403 account_suspended");
  await reactivate(user);
  expect((await start("after")).status).toBe(200);
});

test("a key stands for the suspension with its reason, and for none without a body or with an empty one", async () => {
  await givenSession(world, "keyed");
  const ask = (key: string, options: object) => operate(world, "POST users/keyed/suspend", { key, ...options });
  const body = { reason: "First" };
  expect((await ask("one", { body })).status).toBe(200);
  expect((await ask("one", { body })).headers.get("idempotency-replayed")).toBe("true");
  expect(refusalOf(await ask("one", { body: { reason: "Other" } }))).toBe("422 idempotency_key_reused");
  expect((await ask("two", {})).status).toBe(200);
  expect((await ask("two", { body: {} })).headers.get("idempotency-replayed")).toBe("true");
  expect(refusalOf(await ask("three", { body: { reason: "x", more: 1 } }))).toBe("422 invalid_request at more");
});

test.each(["never-here", "Ada", "ada%20", "%00", "a%0Ab", "u".repeat(65), "%E0%A4%A", "__proto__"])(
  "a user who was never here (%s) is 404, and nothing is written",
  async (user) => {
    const before = await tracesOf(world);
    for (const answer of [await suspend(user), await reactivate(user)]) {
      expect([refusalOf(answer), answer.json.detail]).toEqual(["404 not_found", "User not found."]);
    }
    expect(await tracesOf(world)).toEqual(before);
  },
);
