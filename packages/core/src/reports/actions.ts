// The audit: what operators did, newest first.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { listed, type Listed, type Page } from "../page.ts";

export type ActionRow = {
  id: string;
  admin_id: string;
  action: string;
  target: string;
  before: unknown;
  after: unknown;
  request_id: string | null;
  created_at: Date;
  position: string;
};

/** All actions by time and id. `total` is counted as they are written. */
export async function listActions(db: Database, page: Page): Promise<Listed<ActionRow>> {
  const [time, id] = page.after ?? [];
  const rows = await db.read
    .selectFrom("admin_actions")
    .select(["id", "admin_id", "action", "target", "before", "after", "request_id", "created_at"])
    .select(sql<string>`created_at::text`.as("position"))
    .$if(time !== undefined, (query) => query.where(sql<boolean>`(created_at, id) < (${time}::timestamptz, ${id}::uuid)`))
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .offset(page.offset)
    .limit(page.limit + 1)
    .execute();
  const settings = await db.read.selectFrom("runtime_settings").select("admin_actions").executeTakeFirstOrThrow();
  return listed(rows, page, Number(settings.admin_actions), (row) => [row.position, row.id]);
}
