// A user's wallet, locked from outside: what makes a money statement wait, so that something can happen meanwhile.

import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { Client } from "pg";
import type { TestWorld } from "./world.ts";

export type WalletLock = {
  /** Waits until so many statements wait for a lock; one unless said otherwise. */
  awaited(count?: number): Promise<void>;
  /** Lets everything go on. */
  release(): Promise<void>;
};

/** Locks this user's wallet on a connection of its own. */
export async function lockWallet(world: TestWorld, user: string): Promise<WalletLock> {
  const client = new Client({ connectionString: world.ownerUrl });
  await client.connect();
  await client.query("begin");
  await client.query("select from credit_wallets where user_id = $1 for update", [user]);
  return {
    awaited: async (count = 1) => {
      while ((await waiting(world)) < count) await sleep(5);
    },
    release: () => client.end(),
  };
}

async function waiting({ deps }: TestWorld): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(deps.db.query);
  return Number(rows[0]?.count);
}
