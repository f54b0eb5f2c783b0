// One fault for each way in which an invariant can break, as SQL that plants it: the database's owner runs it past the triggers.

import { sql, type RawBuilder } from "kysely";
import { AUDIT_FAULTS, type Fault } from "./ledger-faults-audit.ts";
import { FILE_FAULTS, KEY_FAULTS } from "./ledger-faults-keys.ts";

/** None of them breaks any other invariant. */
export const FAULTS: readonly Fault[] = [
  [
    "time",
    "a ledger row that is older than the one before it",
    () => [
      sql`
    update credit_transactions set created_at = created_at + interval '1 hour' where user_id = 'ada' and seq = 1`,
    ],
  ],
  [
    "debit",
    "a debit of somebody else",
    () => [
      sql`
    with d as (update credit_transactions set user_id = 'eve' where user_id = 'dan' and kind = 'debit'),
      eve as (insert into credit_wallets (user_id, balance, seq) select 'eve', balance, seq from credit_wallets where user_id = 'dan')
    update credit_wallets set balance = 0, seq = 0 where user_id = 'dan'`,
    ],
  ],
  [
    "over_hold",
    "the mark at a turn within its hold",
    () => [
      sql`
    update turns set over_hold = true where id = (select min(id::text)::uuid from turns where not over_hold)`,
    ],
  ],
  ["over_hold", "no mark at a turn above its hold", () => [sql`update turns set over_hold = false where over_hold`]],
  [
    "body",
    "a turn's response with another charge",
    () => [
      sql`
    update turns set response_body = regexp_replace(response_body, '"credits_charged":"[0-9.]+"', '"credits_charged":"7"')
     where turn_index = 1`,
    ],
  ],
  [
    "body",
    "a turn's response with an index that only begins alike",
    () => [
      sql`
    update turns set response_body = replace(response_body, '"turn_index":1,', '"turn_index":12,') where turn_index = 1`,
    ],
  ],
  [
    "body",
    "a turn's response with another time",
    () => [
      sql`
    update turns set completed_at = completed_at + interval '1 millisecond' where turn_index = 1`,
      sql`update llm_call_events e set created_at = t.completed_at from turns t where t.id = e.turn_id and t.turn_index = 1`,
    ],
  ],
  ["body", "a turn's response that is no JSON", () => [sql`update turns set response_body = 'half of it: {' where turn_index = 1`]],
  [
    "body",
    "a top-up's response with another amount",
    () => [
      sql`
    update top_ups set response_body = replace(response_body, '"amount_usd":"5"', '"amount_usd":"50"')
     where response_body is not null`,
    ],
  ],
  [
    "body",
    "an admin's response with another balance",
    () => [
      sql`
    update idempotency_keys set body = regexp_replace(body, '"new_balance":"[^"]+"', '"new_balance":"1"') where key = 'welcome'`,
    ],
  ],
  [
    "event",
    "an event of another attempt",
    () => [
      sql`
    update llm_call_events set attempt = attempt + 1 where turn_id = (select id from turns where attempt > 1)`,
    ],
  ],
  [
    "event",
    "an event of another revision",
    () => [
      sql`
    update llm_call_events set pricing_revision = pricing_revision - 1 where turn_id in (select id from turns where turn_index = 1)`,
    ],
  ],
  [
    "event",
    "an event of another time",
    () => [
      sql`
    update llm_call_events set created_at = created_at - interval '1 microsecond'
     where turn_id in (select id from turns where turn_index = 1)`,
    ],
  ],
  [
    "refused",
    "a day with one more",
    () => [
      sql`
    update usage_daily set refused = refused + 1 where user_id = 'ada' and model_alias = 'default'`,
    ],
  ],
  [
    "totals",
    "a total that is not the sum of everybody's",
    () => [
      sql`
    insert into usage_totals
    select day, model_alias, sum(calls) + 1, sum(input_tokens_fresh), sum(input_tokens_cached), sum(output_tokens), sum(credits_burned),
           sum(credits_charged), sum(provider_cost_usd), sum(revenue_usd), sum(refused)
      from usage_daily group by day, model_alias`,
    ],
  ],
  [
    "totals",
    "a day that was left out",
    () => [sql`insert into usage_totals select current_date + 1, 'default', 0, 0, 0, 0, 0, 0, 0, 0, 0`],
  ],
  ["refused", "a turn that is not counted", () => [sql`update turns set would_refuse = true where over_hold`]],
  [
    "person",
    "a top-up that shows somebody else",
    ({ refunded }) => [
      sql`
    update top_ups set user_id = 'bob' where id = ${refunded.id}`,
    ],
  ],
  [
    "person",
    "a refund that somebody else paid",
    () => [
      sql`
    with last as (update credit_transactions l set user_id = 'eve', seq = 1, balance_after = amount
                    from credit_wallets w
                   where w.user_id = 'ada' and l.user_id = 'ada' and l.seq = w.seq and l.source = 'reversal'
                  returning l.amount),
      eve as (insert into credit_wallets (user_id, balance, seq) select 'eve', amount, 1 from last)
    update credit_wallets w set balance = w.balance - last.amount, seq = w.seq - 1 from last where w.user_id = 'ada'`,
    ],
  ],
  ["slot", "a slot that a paid top-up keeps", ({ refunded }) => [sql`update top_ups set slot = 99 where id = ${refunded.id}`]],
  ["quarantine", "a grant by hand under the payment's reference", ({ quarantined }) => [granted("promo", quarantined.payment)]],
  ["quarantine", "a grant of the payment", ({ quarantined }) => [granted("top_up", quarantined.payment)]],
  ["top_up", "a grant of a payment that nobody knows", () => [granted("top_up", "pi_unknown")]],
  ["top_up", "a grant of a payment that is not paid", ({ open }) => [granted("top_up", open.payment, open.user)]],
  [
    "target",
    "a refund that counts and was not taken",
    ({ refunded }) => [
      sql`
    update reversals set state = 'succeeded' where payment_intent = ${refunded.payment} and state = 'failed'`,
    ],
  ],
  [
    "step",
    "a gap in the numbers of a refund's rows",
    () => [
      sql`
    update credit_transactions set reference_id = replace(reference_id, '#2', '#3') where reference_id like 're_a%#2'`,
    ],
  ],
  [
    "step",
    "a row without a number",
    () => [
      sql`
    update credit_transactions set reference_id = replace(reference_id, '#2', '') where reference_id like 're_a%#2'`,
    ],
  ],
  [
    "step",
    "an object that has seen more steps than it has rows",
    () => [
      sql`
    update reversals set step = step + 1 where object_id like 're_b%'`,
    ],
  ],
  [
    "objects",
    "a payment that counts one too many",
    ({ refunded }) => [
      sql`
    update reversal_counts set objects = objects + 1 where payment_intent = ${refunded.payment}`,
    ],
  ],
  ...AUDIT_FAULTS,
  ...KEY_FAULTS,
  ...FILE_FAULTS,
  [
    "body",
    "a deduction's response with another balance",
    () => [
      sql`
    update idempotency_keys set body = regexp_replace(body, '"new_balance":"[^"]+"', '"new_balance":"1"') where key = 'back'`,
    ],
  ],
  [
    "orphan",
    "a debit that neither a turn nor an admin made",
    () => [
      sql`
    with w as (update credit_wallets set balance = balance - 5, seq = seq + 1 where user_id = 'ada' returning user_id, balance, seq)
    insert into credit_transactions (user_id, seq, kind, source, amount, balance_after, reference_id)
    select user_id, seq, 'debit', 'promo', -5, balance, 'promo:5' from w`,
    ],
  ],
];

/** A grant of 5 credits with this reference, whose wallet and chain are right. */
function granted(source: string, reference: string, user = "ada"): RawBuilder<unknown> {
  return sql`
    with w as (update credit_wallets set balance = balance + 5, seq = seq + 1 where user_id = ${user} returning user_id, balance, seq)
    insert into credit_transactions (user_id, seq, kind, source, amount, balance_after, reference_id)
    select user_id, seq, 'grant', ${source}, 5, balance, ${reference} from w`;
}
