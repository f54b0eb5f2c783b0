// Who caused a ledger row: an admin's id on a grant, null on what the product did by itself.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table credit_transactions add column initiated_by text`.execute(db);
}
