// The audit: what admins did, newest first.

import type { List } from "@pantheon/contract/page.ts";
import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";

export type ActionRow = {
  id: string;
  admin_id: string;
  action: string;
  target: string;
  before: Readonly<Record<string, unknown>> | null;
  after: Readonly<Record<string, unknown>> | null;
  request_id: string | null;
  created_at: Date;
};

/** All actions by time and id. `total` is counted as they are written. */
export function listActions(db: Database): List<ActionRow> {
  return listOf({
    on: db.query,
    rows: db.query
      .selectFrom("admin_actions")
      .select(["id", "admin_id", "action", "target", "before", "after", "request_id", "created_at"]),
    async total() {
      const settings = await db.query.selectFrom("runtime_settings").select("admin_actions").executeTakeFirstOrThrow();
      return Number(settings.admin_actions);
    },
  });
}
