// How many of the credits that a wallet can spend were given and not bought: an aggregate over its ledger rows, for reports. No row of
// the ledger changes, and nothing of a turn asks it.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What a row of the ledger makes of the gifts that are left: gifts come, debits take them first, and never are there more gifts than
    -- credits to spend, whatever took those away.
    create function gifts_left_after(gifts numeric, change numeric, spendable numeric) returns numeric
    language sql immutable strict parallel safe as $$
      select least(greatest(gifts + change, 0), spendable)
    $$;

    -- Over a wallet's rows by seq. change: gifts that this row brings, or credits that it spends, below zero. spendable: the balance
    -- after the row, or 0 where that is below zero.
    create aggregate gifts_left (change numeric, spendable numeric) (
      sfunc = gifts_left_after,
      stype = numeric,
      initcond = '0',
      parallel = safe
    );
  `.execute(db);
}
