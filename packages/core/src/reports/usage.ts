// What a user's turns used: one row a model call, newest first. Internal calls (routing, summaries) are not the user's and not shown.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { listed, type Listed, type Page } from "../page.ts";

/** This user's usage events by time and id. `total` is summed from the daily rollup, so no event is counted. */
export async function listUsage(db: Database, user: string, page: Page): Promise<Listed<UsageRow>> {
  const [time, id] = page.after ?? [];
  const rows = await db.read
    .selectFrom("llm_call_events")
    .select(["id", "turn_id", "model_alias", "provider_model", "input_tokens_fresh", "input_tokens_cached", "output_tokens"])
    .select(["multiplier", "pricing_version", "credits_burned", "credits_charged", "usage_source", "created_at"])
    .select(sql<string>`created_at::text`.as("position"))
    .where("user_id", "=", user)
    .where("status", "<>", "internal")
    .$if(time !== undefined, (query) => query.where(sql<boolean>`(created_at, id) < (${time}::timestamptz, ${id}::uuid)`))
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .offset(page.offset)
    .limit(page.limit + 1)
    .execute();
  const counted = await db.read
    .selectFrom("usage_daily")
    .select((column) => column.fn.sum<string | null>("calls").as("calls"))
    .where("user_id", "=", user)
    .executeTakeFirst();
  return listed(rows, page, Number(counted?.calls ?? 0), (row) => [row.position, row.id]);
}

export type UsageRow = {
  id: string;
  turn_id: string;
  model_alias: string;
  provider_model: string;
  input_tokens_fresh: string;
  input_tokens_cached: string;
  output_tokens: string;
  multiplier: string;
  pricing_version: string;
  credits_burned: string;
  credits_charged: string;
  usage_source: "reported" | "estimated";
  created_at: Date;
  position: string;
};
