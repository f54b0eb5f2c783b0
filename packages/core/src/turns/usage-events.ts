// What a user's turns used: one row a model call, newest first. Internal calls (routing, summaries) are not the user's and not shown.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { ALL_TIME, createdWithin, dayWithin, type Days } from "../db/days.ts";
import { listOf } from "../db/list.ts";
import type { List } from "@pantheon/contract/page.ts";
import type { UsageSource } from "@pantheon/contract/vocabulary.ts";

/**
 * This wallet's usage events of these days by time and id, of one key if it is given. `total` is summed from the daily rollup, so no event
 * is counted; those of a key are, up to a bound.
 */
export function listUsage(db: Database, wallet: string, days: Days = ALL_TIME, key: string | null = null): List<UsageRow> {
  const rows = usageOf(db, wallet, days);
  if (key !== null) return listOf({ on: db.query, rows: rows.where("api_key_id", "=", key), countedTo: COUNTED_TO });
  return listOf({
    on: db.query,
    rows,
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

const COUNTED_TO = 10_000;

function usageOf(db: Database, wallet: string, days: Days) {
  return db.query
    .selectFrom("llm_call_events")
    .select(["id", "turn_id", "session_id", "model_alias", "provider_model", "input_tokens_fresh", "input_tokens_cached", "output_tokens"])
    .select(["multiplier", "pricing_version", "credits_burned", "credits_charged", "usage_source", "api_key_id", "created_at"])
    .select(sql<string | null>`(select name from api_keys where id = llm_call_events.api_key_id::uuid)`.as("api_key_name"))
    .select(sql<string | null>`(select prefix from api_keys where id = llm_call_events.api_key_id::uuid)`.as("api_key_prefix"))
    .where("user_id", "=", wallet)
    .where("status", "<>", "internal")
    .where(createdWithin(days));
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
  api_key_id: string | null;
  api_key_name: string | null;
  api_key_prefix: string | null;
  created_at: Date;
};
