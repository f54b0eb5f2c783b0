// What a user's turns used: one row a model call, newest first. Internal calls (routing, summaries) are not the user's and not shown.

import type { Database } from "../db/database.ts";
import { ALL_TIME, createdWithin, dayWithin, type Days } from "../db/days.ts";
import { listOf } from "../db/list.ts";
import type { List } from "@pantheon/contract/page.ts";
import type { UsageSource } from "@pantheon/contract/vocabulary.ts";

/** This wallet's usage events of these days by time and id. `total` is summed from the daily rollup, so no event is counted. */
export function listUsage(db: Database, wallet: string, days: Days = ALL_TIME): List<UsageRow> {
  return listOf({
    on: db.query,
    rows: db.query
      .selectFrom("llm_call_events")
      .select([
        "id",
        "turn_id",
        "session_id",
        "model_alias",
        "provider_model",
        "input_tokens_fresh",
        "input_tokens_cached",
        "output_tokens",
      ])
      .select(["multiplier", "pricing_version", "credits_burned", "credits_charged", "usage_source", "created_at"])
      .where("user_id", "=", wallet)
      .where("status", "<>", "internal")
      .where(createdWithin(days)),
    async total() {
      const counted = await db.query
        .selectFrom("usage_daily")
        .select((column) => column.fn.sum<string | null>("calls").as("calls"))
        .where("user_id", "=", wallet)
        .where(dayWithin(days))
        .executeTakeFirst();
      return Number(counted?.calls ?? 0);
    },
  });
}

export type UsageRow = {
  id: string;
  turn_id: string;
  session_id: string | null;
  model_alias: string;
  provider_model: string;
  input_tokens_fresh: string;
  input_tokens_cached: string;
  output_tokens: string;
  multiplier: string;
  pricing_version: string;
  credits_burned: string;
  credits_charged: string;
  usage_source: UsageSource;
  created_at: Date;
};
