// Refunds and disputes are listed newest first.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index reversals_newest on reversals (created_at desc, object_id collate "C" desc)`.execute(db);
}
