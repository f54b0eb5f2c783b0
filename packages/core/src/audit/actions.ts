// The audit: what admins did, newest first.

import type { Database } from "../db/database.ts";
import { newestFirst, positionOf } from "../db/newest-first.ts";
import { listed, type Listed, type Page } from "@pantheon/contract/page.ts";

export type ActionRow = {
  id: string;
  admin_id: string;
  action: string;
  target: string;
  before: Readonly<Record<string, unknown>> | null;
  after: Readonly<Record<string, unknown>> | null;
  request_id: string | null;
  created_at: Date;
  position: string;
};

/** All actions by time and id. `total` is counted as they are written. */
export async function listActions(db: Database, page: Page): Promise<Listed<ActionRow>> {
  const actions = db.query
    .selectFrom("admin_actions")
    .select(["id", "admin_id", "action", "target", "before", "after", "request_id", "created_at"]);
  const rows = await newestFirst(actions, page).execute();
  const settings = await db.query.selectFrom("runtime_settings").select("admin_actions").executeTakeFirstOrThrow();
  return listed(rows, page, Number(settings.admin_actions), positionOf);
}
