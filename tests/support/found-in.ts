// Where a text stands in the whole database, as its owner sees it.

import { sql } from "kysely";
import type { TestWorld } from "./world.ts";

/** The tables in which a text stands, whatever the column. */
export async function foundIn(world: Pick<TestWorld, "owner">, text: string): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(world.owner.query);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql`select 1 from ${sql.table(name)} t where t::text like ${`%${text}%`} limit 1`.execute(world.owner.query);
    if (rows.length > 0) found.push(name);
  }
  return found;
}
