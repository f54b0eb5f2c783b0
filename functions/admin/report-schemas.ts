// The shapes of the operator's reports on the wire (contract section 5).

import * as v from "valibot";
import { PAGE_ENTRIES } from "@pantheon/edge/input/list-query.ts";
import { Decimal } from "@pantheon/contract/wire.ts";
import { OpaqueId, text } from "@pantheon/contract/wire.ts";
import { WINDOWS } from "@pantheon/core/reports/analytics.ts";
import { Day } from "@pantheon/core/reports/range.ts";
import { BUCKETS } from "@pantheon/core/reports/summary.ts";

const BucketEntry = { bucket: v.optional(v.picklist(BUCKETS)) };
const DateEntries = { from_date: v.optional(Day), to_date: v.optional(Day) };
const FilterEntries = { user_id: v.optional(OpaqueId), model_alias: v.optional(text(1, 64)), ...DateEntries };

export const ExportQuery = v.strictObject(FilterEntries);
export const SummaryQuery = v.strictObject({ ...FilterEntries, ...BucketEntry });
export const MarginQuery = v.strictObject({ ...DateEntries, ...BucketEntry });

export const AnalyticsQuery = v.strictObject({
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

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const AskedDay = v.nullable(v.string());

export const SummaryView = v.strictObject({
  total_credits_burned: Decimal,
  total_credits_charged: Decimal,
  total_llm_calls: Count,
  total_input_tokens: Count,
  total_output_tokens: Count,
  provider_cost_usd: Decimal,
  would_have_been_refused: Count,
  from_date: AskedDay,
  to_date: AskedDay,
  breakdown: v.array(v.strictObject({ model_alias: v.string(), call_count: Count, credits_burned: Decimal })),
  daily: v.array(v.strictObject({ date: v.string(), credits_burned: Decimal, call_count: Count })),
});

export const CsvFile = v.string();

export const AnalyticsView = v.strictObject({
  rows: v.array(
    v.strictObject({
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
});

export const ActiveUsersView = v.strictObject({
  window: v.picklist(WINDOWS),
  as_of: v.string(),
  active_users: Count,
  new_users: Count,
});

const Earned = { revenue_usd: Decimal, provider_cost_usd: Decimal, margin_usd: Decimal };

export const MarginView = v.strictObject({
  ...Earned,
  liability_credits: Decimal,
  liability_usd: Decimal,
  by_model: v.array(v.strictObject({ model_alias: v.string(), ...Earned })),
  buckets: v.array(v.strictObject({ date: v.string(), ...Earned })),
});

export const ReconciliationView = v.strictObject({
  invariants: v.array(v.strictObject({ name: v.string(), promise: v.string(), broken: Count, rows: v.array(v.string()) })),
  broken_total: Count,
  lost_revenue: v.strictObject({ answers: Count, provider_cost_usd: Decimal, lapsed_turns: Count }),
});
