// The admins' reports on the wire (contract section 5).

import * as v from "valibot";
import { BUCKETS, REVERSAL_KINDS, WINDOWS } from "./vocabulary.ts";
import { Count, Day, Decimal, named, OpaqueId, PAGE_ENTRIES, text } from "./wire.ts";

const BucketEntry = { bucket: v.optional(v.picklist(BUCKETS)) };
const DateEntries = { from_date: v.optional(Day), to_date: v.optional(Day) };
const FilterEntries = { user_id: v.optional(OpaqueId), model_alias: v.optional(text(1, 64)), ...DateEntries };

export const ExportQuery = v.strictObject(FilterEntries);
export const SummaryQuery = v.strictObject({ ...FilterEntries, ...BucketEntry });
export const MarginQuery = v.strictObject({ ...DateEntries, ...BucketEntry });

export const UsageByUserQuery = v.strictObject({
  start_date: v.optional(Day),
  end_date: v.optional(Day),
  limit: v.pipe(
    v.optional(v.string(), "200"),
    v.check((digits) => /^(?:[1-9]\d{0,2}|1000)$/.test(digits), "must be a whole number from 1 to 1000"),
    v.transform(Number),
    v.metadata({ type: "integer", minimum: 1, maximum: 1_000, default: 200 }),
  ),
  offset: PAGE_ENTRIES.offset,
});

export const ActiveUsersQuery = v.strictObject({ window: v.optional(v.picklist(WINDOWS), "day"), as_of: v.optional(Day) });

const AskedDay = v.nullable(v.string());

export const UsageSummary = named(
  "UsageSummary",
  "What was used and charged. Without `bucket`, `daily` is empty; a bucket's `date` is its first day.",
  v.object({
    total_credits_burned: Decimal,
    total_credits_charged: Decimal,
    total_llm_calls: Count,
    total_input_tokens: Count,
    total_output_tokens: Count,
    provider_cost_usd: Decimal,
    would_have_been_refused: Count,
    from_date: AskedDay,
    to_date: AskedDay,
    breakdown: v.array(v.object({ model_alias: v.string(), call_count: Count, credits_burned: Decimal })),
    daily: v.array(v.object({ date: v.string(), credits_burned: Decimal, call_count: Count })),
  }),
);

export const CsvFile = v.pipe(v.string(), v.description("A header row, then a row an event; CRLF ends a row."));

export const UsageByUser = named(
  "UsageByUser",
  "Usage by user and model, largest first.",
  v.object({
    rows: v.array(
      v.object({
        user_id: v.string(),
        model_alias: v.string(),
        total_input_tokens: Count,
        total_output_tokens: Count,
        total_credits_burned: Decimal,
        event_count: Count,
      }),
    ),
    total: Count,
    start_date: AskedDay,
    end_date: AskedDay,
  }),
);

export const ActiveUsers = named(
  "ActiveUsers",
  "Users who ran a turn, and users who came, in the 1, 7 or 30 days that end with `as_of`.",
  v.object({ window: v.picklist(WINDOWS), as_of: v.string(), active_users: Count, new_users: Count }),
);

/** What was charged; of it what was charged to bought credits, to given ones, and below zero: the three add up to it, exactly. */
const Earned = {
  revenue_usd: Decimal,
  revenue_paid_usd: Decimal,
  revenue_granted_usd: Decimal,
  revenue_unpaid_usd: Decimal,
  provider_cost_usd: Decimal,
  margin_usd: Decimal,
};

export const Margin = named(
  "Margin",
  "Revenue, provider cost and margin in USD. The revenue is what was charged: to credits that were bought, to such as were given (they are " +
    "spent first), and below zero. The liability is the sum of all positive balances at this moment.",
  v.object({
    ...Earned,
    liability_credits: Decimal,
    liability_usd: Decimal,
    by_model: v.array(v.object({ model_alias: v.string(), ...Earned })),
    buckets: v.array(v.object({ date: v.string(), ...Earned })),
  }),
);

export const LostRevenue = named(
  "LostRevenue",
  "What recovery cost: answers of models, whole or begun, that nobody pays for, and turns that were void after their lease.",
  v.object({ answers: Count, provider_cost_usd: Decimal, lapsed_turns: Count }),
);

export const SetAsideReversal = named(
  "SetAsideReversal",
  "A refund or dispute in another currency than its payment's: it took nothing, and somebody has to decide.",
  v.object({
    object_id: v.string(),
    payment_intent: v.string(),
    user_id: v.string(),
    kind: v.picklist(REVERSAL_KINDS),
    state: v.string(),
    amount_minor: v.pipe(v.string(), v.description("In the smallest unit of `currency`.")),
    currency: v.string(),
  }),
);

export const Reconciliation = named(
  "Reconciliation",
  "The ledger's invariants, each with the number of rows that break it: zero everywhere is the promise. `rows` are the ids of the first five.",
  v.object({
    invariants: v.array(v.object({ name: v.string(), promise: v.string(), broken: Count, rows: v.array(v.string()) })),
    broken_total: Count,
    lost_revenue: LostRevenue,
    set_aside: v.object({ total: Count, newest: v.array(SetAsideReversal) }),
  }),
);
