// The ledger's invariants as SQL, each counting the rows that break it: zero everywhere is the promise. Reads only; one question each,
// asked of the tables themselves and never of what the product believes. What breaks one is named by its id.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";

export type InvariantCount = {
  readonly name: string;
  readonly promise: string;
  readonly broken: number;
  /** Some of the rows that break it, by their ids: what to look at first. */
  readonly rows: readonly string[];
};

/** How many broken rows of an invariant are named; `broken` counts them all. */
const NAMED_ROWS = 5;

/** Checks every invariant in one statement, so that all of them see one moment. */
export async function checkInvariants(db: Database): Promise<InvariantCount[]> {
  const { rows } = await statement.execute(db.report);
  return INVARIANTS.map(({ name, promise }) => {
    const found = rows.find((row) => row.name === name);
    return { name, promise, broken: Number(found?.broken), rows: found?.named ?? [] };
  });
}

const INVARIANTS = [
  {
    name: "balance",
    promise: "a wallet's balance is the sum of its ledger rows",
    broken: `select user_id as row from credit_wallets w left join (select user_id, sum(amount) as total from credit_transactions group by 1) t using (user_id)
              where w.balance <> coalesce(t.total, 0)`,
  },
  {
    name: "held",
    promise: "what is held is the sum of the holds of running turns",
    broken: `select user_id as row from credit_wallets w left join (select user_id, sum(hold) as total from turns where status = 'running' group by 1) t using (user_id)
              where w.held <> coalesce(t.total, 0)`,
  },
  {
    name: "seq",
    promise: "a wallet's seq is the number of its ledger rows",
    broken: `select user_id as row from credit_wallets w left join (select user_id, count(*) as rows from credit_transactions group by 1) t using (user_id)
              where w.seq <> coalesce(t.rows, 0)`,
  },
  {
    name: "chain",
    promise: "every ledger row follows the one before it: balance_after is the balance before plus the amount, seq one more",
    broken: `select id::text as row from (select id, amount, balance_after, seq, lag(balance_after, 1, 0) over w as before, lag(seq, 1, 0) over w as last
                            from credit_transactions window w as (partition by user_id order by seq)) c
              where balance_after <> before + amount or seq <> last + 1`,
  },
  {
    name: "debit",
    promise: "a completed turn's charge and its debit are one: the sum of its events, or no row for zero",
    broken: `select t.id::text as row from turns t
               left join (select turn_id, sum(credits_charged) as charged from llm_call_events group by 1) e on e.turn_id = t.id
               left join credit_transactions d on d.kind = 'debit' and d.reference_id = t.id::text
              where t.status = 'completed' and (e.charged is null or coalesce(-d.amount, 0) <> e.charged or d.balance_after <> t.balance_after)`,
  },
  {
    name: "orphan",
    promise: "no debit and no usage event without its completed turn",
    broken: `select r.reference_id as row from (select reference_id from credit_transactions where kind = 'debit' union select turn_id::text from llm_call_events) r
              where not exists (select from turns t where t.id::text = r.reference_id and t.status = 'completed')`,
  },
  {
    name: "top_up",
    promise: "a top-up has succeeded when its payment was granted, once, and for the credits it names",
    broken: `select t.id::text as row from top_ups t left join credit_transactions g on g.kind = 'grant' and g.source = 'top_up' and g.reference_id = t.payment_intent
              where (t.status = 'succeeded') <> (g.id is not null) or g.amount <> t.credits_to_grant
             union all
             select g.id::text from credit_transactions g where kind = 'grant' and source = 'top_up'
                and not exists (select from top_ups t where t.payment_intent = g.reference_id)`,
  },
  {
    name: "reversal",
    promise: "what a refund or dispute has taken is the sum of its ledger rows, and all of a payment together no more than its grant",
    broken: `select object_id as row from reversals r
               left join (select split_part(reference_id, '#', 1) as object_id, -sum(amount) as taken from credit_transactions where source = 'reversal' group by 1) l
                 using (object_id)
              where r.taken <> coalesce(l.taken, 0)
             union all
             select s.payment_intent from (select payment_intent, sum(taken) as taken from reversals group by 1) s
               left join credit_transactions g on g.kind = 'grant' and g.reference_id = s.payment_intent
              where s.taken > coalesce(g.amount, 0)`,
  },
  {
    name: "recomputed",
    promise: "every charge can be computed again from its own row",
    broken: `select id::text as row from llm_call_events
              where credits_charged <> case when status = 'internal' then 0 else
                round((input_tokens_fresh * weight_fresh + input_tokens_cached * weight_cached + output_tokens * weight_output) * multiplier / oe_per_credit, 8) end`,
  },
  {
    name: "rollup",
    promise: "the daily rollup is the sum of its events",
    broken: `select concat_ws(' ', day, user_id, model_alias) as row from (select (created_at at time zone 'utc')::date as day, user_id, model_alias, count(*) filter (where status <> 'internal') as calls,
                                 sum(credits_burned) as burned, sum(credits_charged) as charged, sum(provider_cost_usd) as cost, sum(credits_charged * usd_per_credit) as revenue,
                                 coalesce(sum(input_tokens_fresh) filter (where status <> 'internal'), 0) as fresh,
                                 coalesce(sum(input_tokens_cached) filter (where status <> 'internal'), 0) as cached,
                                 coalesce(sum(output_tokens) filter (where status <> 'internal'), 0) as output
                            from llm_call_events group by 1, 2, 3) e
               full join usage_daily d using (day, user_id, model_alias)
              where (e.calls, e.burned, e.charged, e.cost, e.revenue, e.fresh, e.cached, e.output) is distinct from
                    (d.calls, d.credits_burned, d.credits_charged, d.provider_cost_usd, d.revenue_usd, d.input_tokens_fresh, d.input_tokens_cached, d.output_tokens)`,
  },
  {
    name: "positions",
    promise: "completed turns of a session are numbered from 1 without gaps",
    broken: `select session_id::text as row from turns where status = 'completed' group by session_id having max(turn_index) <> count(*) or min(turn_index) <> 1`,
  },
  {
    name: "lapsed",
    promise: "no running turn is older than its lease and 90 seconds",
    broken: `select id::text as row from turns where status = 'running' and lease_until < clock_timestamp() - interval '90 seconds'`,
  },
  {
    name: "nan",
    promise: "no amount is NaN",
    broken: `select user_id as row from credit_wallets where 'NaN' in (balance, held) union all select id::text from credit_transactions where 'NaN' in (amount, balance_after)
             union all select id::text from llm_call_events where 'NaN' in (credits_burned, credits_charged, provider_cost_usd)
             union all select id::text from turns where 'NaN' in (hold, balance_after)`,
  },
] as const;

const statement = sql<{ name: string; broken: string; named: string[] | null }>`${sql.join(
  INVARIANTS.map(
    ({ name, broken }) =>
      sql`select ${sql.lit(name)} as name, count(*) as broken, (array_agg(b.row order by b.row))[:${sql.lit(NAMED_ROWS)}] as named
            from (${sql.raw(broken)}) b`,
  ),
  sql` union all `,
)}`;
