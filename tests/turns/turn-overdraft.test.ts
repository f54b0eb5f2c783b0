// How far 200 turns at once can overdraw one small enforced wallet, over many real connections: one hold, or not at all.

import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { Client } from "pg";
import { afterEach, expect, test } from "vitest";
import { amount, format } from "@pantheon/contract/money.ts";
import { givenCredits, givenEnforcement, givenSession, runTurn } from "../support/given.ts";
import { eventsOf, turnsOf, walletOf } from "../support/ledger.ts";
import { say } from "../support/say.ts";
import { watchServer } from "../support/server-watch.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const TURNS = 200;
const CONNECTIONS = 60;
const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
afterEach(() => world.end());

// Taking the hold out of what is available, or reading the wallet without its lock, lets all 200 in.
test.each([
  { overdraft: "one_turn", credits: "0.02" },
  { overdraft: "none", credits: "0.02" },
])("200 parallel turns on $credits credits stay within the bound of CREDIT_OVERDRAFT=$overdraft", async ({ overdraft, credits }) => {
  world = await testWorld({ environment: { CREDIT_OVERDRAFT: overdraft }, maxConnections: CONNECTIONS });
  await givenSession(world);
  await givenCredits(world, "ada", credits);
  await givenEnforcement(world, true);
  const { rows: sessions } = await sql<{ id: string }>`
    insert into sessions (user_id) select 'ada' from generate_series(1, ${TURNS}::int) returning id`.execute(world.deps.db.query);
  const server = await watchServer(world.databaseUrl);
  const lookout = server.lookout();
  world.provider.behave(MODEL, "fake-slow-300");

  const letGo = await lockWallet(world.databaseUrl);
  const racing = Promise.all(sessions.map(({ id }) => runTurn(world, id, { maxOutputTokens: 30 })));
  while (lookout.seen.waiting < CONNECTIONS) await sleep(5); // all stand at the wallet's row, and start from there together
  await letGo();
  const answers = await racing;

  await lookout.stop();
  await server.end();
  const admitted = answers.filter((answer) => answer.status === 201).length;
  const refused = answers.filter((answer) => answer.status === 402).length;
  const { balance, held } = await walletOf(world);
  const holds = (await turnsOf(world)).map((turn) => amount(turn.hold));
  const { connections, waiting } = lookout.seen;
  say(
    `${overdraft}: ${admitted} of ${TURNS} admitted on ${credits} credits, balance ${format(amount(balance))}, ${connections} connections, ${waiting} seen waiting on a lock`,
  );

  expect(admitted + refused).toBe(TURNS);
  expect(admitted).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
  expect(world.provider.callsTo(MODEL)).toBe(admitted);
  expect(holds).toHaveLength(admitted);
  expect(await eventsOf(world)).toHaveLength(admitted);
  expect(held).toBe("0.00000000");
  expect(world.log.counted("over_hold")).toBe(0);
  const lowest = overdraft === "none" ? amount("0") : holds.reduce((most, hold) => (hold.gt(most) ? hold : most)).neg();
  expect(amount(balance).gte(lowest)).toBe(true);
});

/** Keeps the wallet's row locked until it is let go. */
async function lockWallet(databaseUrl: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("begin");
  await client.query("select from credit_wallets where user_id = 'ada' for update");
  return async () => {
    await client.query("commit");
    await client.end();
  };
}
