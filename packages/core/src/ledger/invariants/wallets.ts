// Invariants of a wallet and its ledger rows: the sums, the chain, the order in time.

import { sql } from "kysely";
import type { Invariant } from "./invariant.ts";

export const WALLETS: readonly Invariant[] = [
  {
    name: "balance",
    promise: "a wallet's balance is the sum of its ledger rows",
    broken: sql`
      select user_id as row from credit_wallets w
        left join (select user_id, sum(amount) as total from credit_transactions group by user_id) t using (user_id)
       where w.balance <> coalesce(t.total, 0)`,
  },
  {
    name: "held",
    promise: "what is held is the sum of the holds of running turns",
    broken: sql`
      select user_id as row from credit_wallets w
        left join (select user_id, sum(hold) as total from turns where status = 'running' group by user_id) t using (user_id)
       where w.held <> coalesce(t.total, 0)`,
  },
  {
    name: "seq",
    promise: "a wallet's seq is the number of its ledger rows",
    broken: sql`
      select user_id as row from credit_wallets w
        left join (select user_id, count(*) as rows from credit_transactions group by user_id) t using (user_id)
       where w.seq <> coalesce(t.rows, 0)`,
  },
  {
    name: "chain",
    promise: "every ledger row follows the one before it: balance_after is the balance before plus the amount, seq one more",
    broken: sql`
      select id::text as row from (
        select id, amount, balance_after, seq, lag(balance_after, 1, 0) over w as before,
               lag(seq, 1, 0) over w as last
          from credit_transactions
        window w as (partition by user_id order by seq)) c
       where balance_after <> before + amount
          or seq <> last + 1`,
  },
  {
    name: "time",
    promise: "a wallet's ledger rows were written in the order of their seq",
    broken: sql`
      select id::text as row from (
        select id, created_at, lag(created_at) over (partition by user_id order by seq) as before
          from credit_transactions) c
       where created_at < before - (select clock from patience)`,
  },
  {
    name: "nan",
    promise: "no amount is NaN",
    broken: sql`
      select user_id as row from credit_wallets where 'NaN' in (balance, held)
      union all
      select id::text from credit_transactions where 'NaN' in (amount, balance_after)
      union all
      select id::text from llm_call_events where 'NaN' in (credits_burned, credits_charged, provider_cost_usd)
      union all
      select id::text from tool_call_events where 'NaN' in (credits_charged, credits_absorbed, usd_per_credit)
      union all
      select id::text from turns where 'NaN' in (hold, balance_after)`,
  },
];
