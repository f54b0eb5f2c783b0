// The audit: what admins did, newest first.

import type { List } from "@pantheon/contract/page.ts";
import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { createdWithin, type Days } from "../db/days.ts";
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

/** Whose actions, about what, about whom, on which days; null is any. */
export type ActionFilter = {
  readonly admin: string | null;
  readonly target: string | null;
  readonly user: string | null;
  readonly days: Days;
};

/** What a filtered total is counted up to. */
const COUNTED = 10_000;

/** Actions by time and id. `total` of all is counted as they are written; of some it is counted, up to 10 000. */
export function listActions(db: Database, { admin, target, user, days }: ActionFilter): List<ActionRow> {
  const isAll = admin === null && target === null && user === null && days.from === null && days.to === null;
  return listOf({
    on: db.query,
    rows: db.query
      .selectFrom("admin_actions")
      .select(["id", "admin_id", "action", "target", "before", "after", "request_id", "created_at"])
      .where(createdWithin(days))
      .$if(admin !== null, (rows) => rows.where("admin_id", "=", admin ?? ""))
      .$if(target !== null, (rows) => rows.where("target", "=", target ?? ""))
      .$if(user !== null, (rows) => rows.where(isAbout(user ?? ""))),
    countedTo: COUNTED,
    ...(isAll && {
      async total() {
        const settings = await db.query.selectFrom("runtime_settings").select("admin_actions").executeTakeFirstOrThrow();
        return Number(settings.admin_actions);
      },
    }),
  });
}

/** What was done to this person, to their wallet, their top-ups and their API keys. */
function isAbout(user: string) {
  return sql<boolean>`(
    target = any (array(select ${user}::text 
                          union all select id::text from top_ups where user_id = ${user}::text
                          union all select id::text from api_keys where user_id = ${user}::text))
    and split_part(action, '.', 1) in ('user', 'wallet', 'top_up', 'api_key', 'limits'))`;
}
