// Until when somebody reads a file: whoever is told of it meanwhile leaves it alone, and an attempt that is over without a word has died.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table uploaded_files add column parse_until timestamptz`.execute(db);
}
