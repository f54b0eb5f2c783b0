// What the tables say, for tests that do not take the API's word: the wallet, the rows of a turn, everything that a turn may write.

import { sql } from "kysely";
import type { TestWorld } from "./world.ts";

type Place = Pick<TestWorld, "deps">;

export type WalletRow = { balance: string; held: string; seq: string };

/** The wallet's row; amounts in full, with their eight decimals. */
export function walletOf({ deps }: Place, user = "ada"): Promise<WalletRow> {
  return deps.db.query
    .selectFrom("credit_wallets")
    .select(["balance", "held", "seq"])
    .where("user_id", "=", user)
    .executeTakeFirstOrThrow();
}

/** A user's turns, oldest first. */
export function turnsOf({ deps }: Place, user = "ada") {
  return deps.db.query.selectFrom("turns").selectAll().where("user_id", "=", user).orderBy("created_at").orderBy("id").execute();
}

/** A user's usage events, oldest first. */
export function eventsOf({ deps }: Place, user = "ada") {
  return deps.db.query.selectFrom("llm_call_events").selectAll().where("user_id", "=", user).orderBy("created_at").orderBy("id").execute();
}

/** A user's debits, oldest first. */
export function debitsOf({ deps }: Place, user = "ada") {
  return deps.db.query
    .selectFrom("credit_transactions")
    .selectAll()
    .where("user_id", "=", user)
    .where("kind", "=", "debit")
    .orderBy("seq")
    .execute();
}

/** A user's days, summed: calls and how many of them enforcement would have refused. */
export async function rollupOf({ deps }: Place, user = "ada"): Promise<{ calls: number; refused: number }> {
  const row = await deps.db.query
    .selectFrom("usage_daily")
    .select((column) => [column.fn.sum<string | null>("calls").as("calls"), column.fn.sum<string | null>("refused").as("refused")])
    .where("user_id", "=", user)
    .executeTakeFirst();
  return { calls: Number(row?.calls ?? 0), refused: Number(row?.refused ?? 0) };
}

/** Every row that a turn could write, as text: two pictures are equal when nothing was written between them. */
export async function pictureOf({ deps }: Place): Promise<string> {
  const { rows } = await sql<{ picture: string }>`
    select concat_ws(E'\n', (select json_agg(x order by id) from turns x), (select json_agg(x order by id) from llm_call_events x),
                     (select json_agg(x order by id) from tool_call_events x), (select json_agg(x order by id) from credit_transactions x),
                     (select json_agg(x order by user_id) from credit_wallets x), (select json_agg(x order by day, user_id, model_alias) from usage_daily x),
                     (select json_agg(x order by key) from idempotency_keys x)) as picture`.execute(deps.db.query);
  return rows[0]?.picture ?? "";
}

/** Sets the lease of every running turn back, as if its container had died long enough ago. */
export async function lapse({ deps }: Place, user = "ada"): Promise<void> {
  await sql`update turns set lease_until = clock_timestamp() - interval '1 second' where status = 'running' and user_id = ${user}`.execute(
    deps.db.query,
  );
}
