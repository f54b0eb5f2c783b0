// Which admin read what of whom: a row a read, written before it is answered, and listed like the audit of changes.

import { sql } from "kysely";
import type { List } from "@pantheon/contract/page.ts";
import type { Database } from "../db/database.ts";
import { createdWithin, type Days } from "../db/days.ts";
import { listOf } from "../db/list.ts";

export type AdminRead = {
  readonly admin: string;
  /** What was asked for: the method's path without its ids. */
  readonly operation: string;
  /** Whose data it is: a person, or a turn of somebody; null for everybody's. */
  readonly target: string | null;
  readonly requestId: string;
};

/** Writes down a read. One row and no lock, so it may run beside the read itself. */
export async function noteRead(db: Database, { admin, operation, target, requestId }: AdminRead): Promise<void> {
  await db.query.insertInto("admin_reads").values({ admin_id: admin, operation, target, request_id: requestId }).execute();
}

export type ReadRow = {
  id: string;
  admin_id: string;
  operation: string;
  target: string | null;
  request_id: string;
  created_at: Date;
};

/** What a total is counted up to. */
const COUNTED = 10_000;

/** By which admin, of whom (their own turns among it), on which days; null is any. */
export type ReadFilter = { readonly admin: string | null; readonly user: string | null; readonly days: Days };

/** Reads by time and id, newest first. */
export function listReads(db: Database, { admin, user, days }: ReadFilter): List<ReadRow> {
  const rows = db.query
    .selectFrom("admin_reads")
    .select(["id", "admin_id", "operation", "target", "request_id", "created_at"])
    .where(createdWithin(days))
    .$if(admin !== null, (query) => query.where("admin_id", "=", admin ?? ""))
    .$if(user !== null, (query) =>
      query.where(sql<boolean>`(target = ${user}::text
        or exists (select from turns where turns.id::text = target and turns.user_id = ${user}::text))`),
    );
  return listOf({ on: db.query, rows, countedTo: COUNTED });
}
