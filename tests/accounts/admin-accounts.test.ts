// Suspension: the next turn is refused before anything is spent, what runs settles, what can be read is read, and it can be undone.

import { afterAll, beforeAll, expect, test } from "vitest";
import { givenContainer } from "../support/container.ts";
import { givenCredits, givenModelAsked, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { debitsOf, pictureOf, walletOf } from "../support/ledger.ts";
import { actionsOf, atOnce, chainOf, givenOpenConnections, operate, operatorWorld, refusalOf } from "../support/operator.ts";
import { givenSecondProcess } from "../support/second-process.ts";
import { tracesOf } from "../support/traces.ts";
import type { TestWorld } from "../support/world.ts";

const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
beforeAll(async () => {
  world = await operatorWorld({}, { models: modelsWith(MODEL) });
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
  await suspend("twice");
  const first = await suspendedAt("twice");
  expect(first).toEqual(expect.any(Date));
  await suspend("twice");
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
  expect(rows.map(({ action, before, after }) => ({ action, before, after }))).toEqual([
    { action: "user.suspend", before: { suspended: false }, after: { suspended: true } },
    { action: "user.suspend", before: { suspended: true }, after: { suspended: true } },
    { action: "user.reactivate", before: { suspended: true }, after: { suspended: false } },
    { action: "user.reactivate", before: { suspended: false }, after: { suspended: false } },
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
