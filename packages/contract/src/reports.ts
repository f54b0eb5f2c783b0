// The admins' reports on the wire (contract section 5).

import * as v from "valibot";
import { BUCKETS, REVERSAL_KINDS, WINDOWS } from "./vocabulary.ts";
import { KeyFilter } from "./keyed.ts";
import { Count, Day, DAY_ENTRIES, Decimal, named, OpaqueId, page, PAGE_ENTRIES, text } from "./wire.ts";

const BucketEntry = { bucket: v.optional(v.picklist(BUCKETS)) };
const OlderDay = v.pipe(v.optional(Day), v.description("The older name of `from` or `to`; both may be given when they are the same."));
const DateEntries = { ...DAY_ENTRIES, from_date: OlderDay, to_date: OlderDay };
const FilterEntries = { user_id: v.optional(OpaqueId), model_alias: v.optional(text(1, 64)), api_key_id: KeyFilter, ...DateEntries };

export const ExportQuery = v.strictObject(FilterEntries);
export const SummaryQuery = v.strictObject({ ...FilterEntries, ...BucketEntry });
export const MarginQuery = v.strictObject({
  ...DateEntries,
  ...BucketEntry,
  user_id: v.pipe(v.optional(OpaqueId), v.description("What this person brings, and what is owed to them.")),
});

export const UsageByUserQuery = v.strictObject({ ...PAGE_ENTRIES, ...DAY_ENTRIES, start_date: OlderDay, end_date: OlderDay });

export const WouldRefuseQuery = v.strictObject({ ...PAGE_ENTRIES, ...DAY_ENTRIES });

export const WouldRefuseList = named(
  "WouldRefuseList",
  "A page of people whose turns began without enough credits: how many of them, of how many model calls, and the balance of now.",
  page("users", v.object({ user_id: v.string(), refused: Count, calls: Count, balance: Decimal })),
);

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
    from: AskedDay,
    to: AskedDay,
    from_date: AskedDay,
    to_date: AskedDay,
    breakdown: v.array(v.object({ model_alias: v.string(), call_count: Count, credits_burned: Decimal, credits_charged: Decimal })),
    daily: v.array(v.object({ date: v.string(), credits_burned: Decimal, credits_charged: Decimal, call_count: Count })),
  }),
);

const UserModelRow = v.object({
  user_id: v.string(),
  model_alias: v.string(),
  total_input_tokens: Count,
  total_output_tokens: Count,
  total_credits_burned: Decimal,
  total_credits_charged: Decimal,
  event_count: Count,
});

export const UsageByUser = named(
  "UsageByUser",
  "A page of usage by user and model, largest first.",
  v.object({ ...page("rows", UserModelRow).entries, from: AskedDay, to: AskedDay, start_date: AskedDay, end_date: AskedDay }),
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

export const CashQuery = v.strictObject(DAY_ENTRIES);

const Moved = { payments: Count, taken_usd: Decimal, refunded_usd: Decimal, disputed_usd: Decimal, net_usd: Decimal };

export const Cash = named(
  "Cash",
  "Money as Stripe told of it: payments taken, also those set aside, and what refunds and disputes took or hold. `net_usd` is what is left of it.",
  v.object({
    from: v.string(),
    to: v.string(),
    fees_usd: v.pipe(v.null(), v.description("Stripe's events do not tell its fees: they stand in its own balance report.")),
    total: v.object(Moved),
    days: v.array(v.object({ date: v.string(), ...Moved })),
    other_currencies: v.pipe(
      v.array(v.object({ currency: v.string(), payments: Count, taken_minor: Decimal, refunded_minor: Decimal, disputed_minor: Decimal })),
      v.description("What moved in other currencies, in their smallest unit."),
    ),
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
