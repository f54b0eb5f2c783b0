// What the refunds and disputes of a payment have to have taken: the formula, once. The statement that moves the wallet reads it, and so
// does whoever asks whether anything is missing.

import { sql, type RawBuilder } from "kysely";

/** What was paid, in the minor units that its refunds are counted in: as the payment provider said it, where that is not the top-up's own. */
const PAID_MINOR = sql`greatest(coalesce(t.received_minor, t.amount_usd * 100), 1)`;

/** States in which an object takes credits back, if it is in the currency of its payment: another currency's figure says nothing here. */
const TAKING_STATES = ["pending", "requires_action", "succeeded", "funds_withdrawn", "lost"];
export const TAKING = sql`(${sql.join(TAKING_STATES.map((state) => sql.lit(state)))})`;

/** True for a state in which an object takes credits back. */
export function isTaking(state: string): boolean {
  return TAKING_STATES.includes(state);
}

/** The currency a payment was received in: as the payment provider said it, where that is not the top-up's own. */
export const PAID_CURRENCY = sql<string>`lower(coalesce(t.received_currency, t.currency))`;

/** What each granted payment bought: who got how many credits for how much, and when. One row a payment. */
export const GRANTED_PAYMENTS = sql`
  (select g.reference_id as payment_intent, g.user_id, g.amount as granted, g.created_at as granted_at,
          ${PAID_MINOR} as minor, ${PAID_CURRENCY} as paid_currency
     from credit_transactions g
     join top_ups t on t.payment_intent = g.reference_id
    where g.kind = 'grant'
      and g.source = 'top_up')`;

/**
 * A `select` of `objects` (rows of `reversals`) beside what their payment bought (rows of `GRANTED_PAYMENTS`), and the `target` of each:
 * the credits that it has to have taken. The objects of a payment take together round half up (granted × Σ refunded ÷ paid, 2), and never
 * more than was granted; an object's own share is what it adds to those before it, so the sum never depends on the order of events. What
 * is not granted yet has no row. This is the one place where the formula stands (docs/ledger.md).
 */
export function reversalTargets(objects: RawBuilder<unknown>, bought: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  select *, ${shareOf(sql`upto`)} - ${shareOf(sql`(upto - own)`)} as target
    from (
      select *, sum(own) over (partition by payment_intent order by object_id) as upto
        from (
          select *,
                 case when state in ${TAKING} and currency = paid_currency
                      then amount_minor else 0 end as own
            from ${objects} r
            join ${bought} b using (payment_intent)) o) c`;
}

/** Credits for so many refunded cents of a payment. */
function shareOf(refunded: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`least(granted, round(granted * ${refunded} / minor, 2))`;
}
