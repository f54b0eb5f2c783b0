// The cash of some days: what was taken, refunded and disputed, as the payment provider said it, whatever it bought. Owns on which day a
// movement falls: a payment's is that on which its success was first told, a refund's or dispute's that on which it was.

import { sql } from "kysely";
import type * as v from "valibot";
import type { Cash } from "@pantheon/contract/reports.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { createdWithin } from "../db/days.ts";
import type { Database } from "../db/database.ts";
import { PAID_CURRENCY, TAKING } from "../ledger/statements/reversal-target.ts";

type Row = { day: string | null; currency: string; payments: string; taken: string; refunded: string; disputed: string };

const CENTS = amount("100");

/** US dollars in total and by day, the newest first; of other currencies what moved in their smallest unit. One statement. */
export async function readCash(db: Database, days: { readonly from: string; readonly to: string }): Promise<v.InferInput<typeof Cash>> {
  const { rows } = await sql<Row>`
    with
      -- When each payment's success was told first; one that the reconciliation found was told by no event.
      told as (
        select payment_intent, min(received_at) as at
          from stripe_events
         where type = 'payment_intent.succeeded'
           and outcome in ('ok', 'quarantined')
         group by payment_intent
      ),
      -- Every movement in the smallest unit of its currency. What was set aside was paid all the same.
      moved as (
        select coalesce(told.at, granted.created_at, t.created_at) as created_at,
               ${PAID_CURRENCY} as currency,
               1 as payments,
               coalesce(t.received_minor, t.amount_usd * 100) as taken,
               0 as refunded,
               0 as disputed
          from top_ups t
               left join told on told.payment_intent = t.payment_intent
               left join credit_transactions granted
                      on granted.kind = 'grant'
                     and granted.source = 'top_up'
                     and granted.reference_id = t.payment_intent
         where t.payment_intent is not null
           and t.status in ('succeeded', 'quarantined', 'dismissed')
         union all
        select created_at,
               lower(currency),
               0,
               0,
               case when kind = 'refund' then amount_minor else 0 end,
               case when kind = 'dispute' then amount_minor else 0 end
          from reversals
         where state in ${TAKING}
      )
    select (created_at at time zone 'utc')::date::text as day,
           currency,
           sum(payments) as payments,
           sum(taken) as taken,
           sum(refunded) as refunded,
           sum(disputed) as disputed
      from moved
     where ${createdWithin(days)}
     group by grouping sets ((currency), (currency, (created_at at time zone 'utc')::date))
     order by day desc nulls first, currency`.execute(db.report);
  const dollars = rows.filter(({ currency }) => currency === "usd");
  const totals = rows.filter(({ day }) => day === null);
  return {
    ...days,
    fees_usd: null,
    total: inDollars(dollars.find(({ day }) => day === null)),
    days: dollars.flatMap((row) => (row.day === null ? [] : [{ date: row.day, ...inDollars(row) }])),
    other_currencies: totals.filter(({ currency }) => currency !== "usd").map(inUnits),
  };
}

function inDollars(row: Row | undefined) {
  const usd = (minor = "0") => format(amount(minor).div(CENTS));
  const [taken, refunded, disputed] = [row?.taken, row?.refunded, row?.disputed];
  const net = amount(taken ?? "0")
    .minus(amount(refunded ?? "0"))
    .minus(amount(disputed ?? "0"));
  return {
    payments: Number(row?.payments ?? 0),
    taken_usd: usd(taken),
    refunded_usd: usd(refunded),
    disputed_usd: usd(disputed),
    net_usd: format(net.div(CENTS)),
  };
}

function inUnits({ currency, payments, taken, refunded, disputed }: Row) {
  const [taken_minor, refunded_minor, disputed_minor] = [plain(taken), plain(refunded), plain(disputed)];
  return { currency, payments: Number(payments), taken_minor, refunded_minor, disputed_minor };
}

function plain(minor: string): string {
  return format(amount(minor));
}
