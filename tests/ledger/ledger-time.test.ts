// The time of a ledger row is taken under its wallet's lock: whatever waited for the lock is dated after the row that it waited for.

import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { handleEvent } from "@pantheon/core/payments/events.ts";
import { openDirectly, settleDirectly } from "../support/direct-turn.ts";
import { givenCredits, givenSession } from "../support/given.ts";
import { givenTopUp, succeededOf } from "../support/given-top-up.ts";
import { eventOf } from "../support/payment-event.ts";
import { watchServer } from "../support/server-watch.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const ROOT = "root";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: ROOT }, maxConnections: 4 });
});
afterAll(() => world.end());

/** What writes a ledger row of this user: prepared by the first call, done by the second. */
const WRITERS: Readonly<Record<string, (user: string) => Promise<() => Promise<unknown>>>> = {
  "a settle": async (user) => {
    const { turn } = await openDirectly(world, { user, session: await givenSession(world, user) });
    return () => settleDirectly(world, { id: turn ?? "", user, attempt: 1 });
  },
  "an admin's grant": async (user) => () =>
    world.call("POST", `/api/v1/admin/wallets/${user}/grant`, { user: ROOT, body: { amount: "1", create: true } }),
  "a payment": async (user) => {
    const topUp = await givenTopUp(world, { user });
    return () => handleEvent(world.deps, succeededOf(topUp));
  },
  "a refund": async (user) => {
    const topUp = await givenTopUp(world, { user });
    await handleEvent(world.deps, succeededOf(topUp));
    const refund = { id: `re_${topUp.payment}`, payment_intent: topUp.payment, amount: 500, status: "succeeded" };
    return () => handleEvent(world.deps, eventOf("refund.created", refund));
  },
};

test.each(Object.entries(WRITERS))("%s that waited for the wallet is dated after what it waited for", async (what, prepare) => {
  const user = what.replaceAll(/[^a-z]/g, "-");
  await givenCredits(world, user, "10");
  const write = await prepare(user);
  const other = await lockedWallet(user);
  const writing = write();
  await isWaiting();
  await other.grantAndLetGo();
  await writing;
  const rows = await world.deps.db.query
    .selectFrom("credit_transactions")
    .select(["source", "created_at"])
    .where("user_id", "=", user)
    .orderBy("seq", "desc")
    .limit(2)
    .execute();
  expect(rows[1]?.source).toBe("promo");
  await world.assertLedger();
});

/** Holds the wallet's row on a connection of its own, until it has granted 1 credit and commits. */
async function lockedWallet(user: string) {
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  await client.query("begin");
  await client.query("select from credit_wallets where user_id = $1 for update", [user]);
  return {
    async grantAndLetGo(): Promise<void> {
      await client.query(
        `with w as (update credit_wallets set balance = balance + 1, seq = seq + 1 where user_id = $1 returning user_id, balance, seq)
         insert into credit_transactions (user_id, seq, kind, source, amount, balance_after, reference_id)
         select user_id, seq, 'grant', 'promo', 1, balance, 'waited-for:' || user_id from w`,
        [user],
      );
      await client.query("commit");
      await client.end();
    },
  };
}

async function isWaiting(): Promise<void> {
  const server = await watchServer(world.databaseUrl);
  const lookout = server.lookout();
  while (lookout.seen.waiting === 0) await sleep(5);
  await lookout.stop();
  await server.end();
}
