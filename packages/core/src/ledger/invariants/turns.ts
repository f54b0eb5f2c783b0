// Invariants of turns: what they were charged, their place in the session, their lease, and the response that is kept of them.

import { sql } from "kysely";
import type { Invariant } from "./invariant.ts";
import { amountText, saidOtherwise, timeText, type Member } from "./stored-body.ts";

/** What each turn's calls and tools were charged. Not shared by a CTE: one that is kept would keep the server from working in parallel. */
const CHARGES = sql`(
        select turn_id, sum(credits_charged) as charged
          from (select turn_id, credits_charged from llm_call_events
                union all
                select turn_id, credits_charged from tool_call_events) as charges
         group by turn_id)`;

/** The texts of a turn are left out: to compare them would cost more than everything else together. */
const TURN_MEMBERS: readonly Member[] = [
  ["id", sql`t.id`],
  ["session_id", sql`t.session_id`],
  ["turn_index", sql`t.turn_index`],
  ["status", sql`t.status`],
  ["model_alias_used", sql`t.model_alias`],
  ["pricing_version", sql`t.pricing_version`],
  ["credits_charged", amountText(sql`c.charged`)],
  ["prune_triggered", sql`t.prune_triggered`],
  ["created_at", timeText(sql`t.created_at`)],
  ["balance_after", amountText(sql`t.balance_after`)],
  ["completed_at", timeText(sql`t.completed_at`)],
];

const TOP_UP_MEMBERS: readonly Member[] = [
  ["id", sql`u.id`],
  ["credits_to_grant", amountText(sql`u.credits_to_grant`)],
  ["amount_usd", amountText(sql`u.amount_usd`)],
];

const BOOKED_MEMBERS: readonly Member[] = [
  ["user_id", sql`g.user_id`],
  ["transaction_id", sql`g.id`],
  ["new_balance", amountText(sql`g.balance_after`)],
];

export const TURNS: readonly Invariant[] = [
  {
    name: "debit",
    promise: "a completed turn's charge and its person's debit are one: the sum of its events, or no row for zero",
    broken: sql`
      select t.id::text as row from turns t
        left join ${CHARGES} c on c.turn_id = t.id
        left join credit_transactions d on d.kind = 'debit' and d.source = 'turn' and d.reference_id = t.id::text
       where t.status = 'completed'
         and (c.charged is null or coalesce(-d.amount, 0) <> c.charged or d.balance_after <> t.balance_after
              or d.user_id <> t.user_id)`,
  },
  {
    name: "orphan",
    promise: "no debit, but those that admins take, and no usage event without its completed turn",
    broken: sql`
      select r.reference_id as row from (
        select reference_id from credit_transactions where kind = 'debit' and source <> 'admin'
        union
        select turn_id::text from llm_call_events
        union
        select turn_id::text from tool_call_events) r
       where not exists (select from turns t where t.id::text = r.reference_id and t.status = 'completed')`,
  },
  {
    name: "over_hold",
    promise: "a turn is marked over its hold when it was charged more than its hold, and only then",
    broken: sql`
      select t.id::text as row from turns t
        left join ${CHARGES} c on c.turn_id = t.id
       where t.over_hold <> (t.status = 'completed' and coalesce(c.charged, 0) > t.hold)`,
  },
  {
    name: "positions",
    promise: "completed turns of a session are numbered from 1 without gaps",
    broken: sql`
      select session_id::text as row from turns
       where status = 'completed'
         and session_id is not null
       group by session_id
      having max(turn_index) <> count(*) or min(turn_index) <> 1`,
  },
  {
    // The moment of the question, and not the moment at which its row is reached: a check may take minutes.
    name: "lapsed",
    promise: "no running turn is older than its lease and 90 seconds",
    broken: sql`
      select id::text as row from turns
       where status = 'running'
         and lease_until < statement_timestamp() - interval '90 seconds'`,
  },
  {
    name: "body",
    promise: "the responses that are kept give the rows' ids, times and figures: of a turn, a top-up, what an admin books",
    broken: sql`
      select t.id::text as row from turns t
        left join ${CHARGES} c on c.turn_id = t.id
       where t.status = 'completed'
         and ${saidOtherwise(sql`t.response_body`, TURN_MEMBERS)}
      union all
      select u.id::text from top_ups u
       where u.response_body is not null
         and ${saidOtherwise(sql`u.response_body`, TOP_UP_MEMBERS)}
      union all
      -- A key's row keeps other responses too: those that name a ledger row are what admins granted or took.
      select g.id::text from idempotency_keys k
        join credit_transactions g on g.id::text = substring(k.body from '"transaction_id":"([0-9a-f-]{36})"')
       where g.source = 'admin'
         and ${saidOtherwise(sql`k.body`, BOOKED_MEMBERS)}`,
  },
];
