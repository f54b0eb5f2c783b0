// What a world looks like as a whole, so that a test can say that nothing happened in it.

import { sql } from "kysely";
import type { TestWorld } from "./world.ts";

/**
 * A digest of every row of every table, and how often a model was asked. Two that are equal: nothing was written and nobody asked. Without
 * `admin_reads`: what an admin asked for is written down whatever becomes of it.
 */
export async function tracesOf({ owner, provider }: Pick<TestWorld, "owner" | "provider">): Promise<unknown> {
  const { query } = owner;
  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'admin_reads' order by 1`.execute(query);
  const digests = tables.map(
    ({ name }) => sql`select ${sql.lit(name)} as name, count(*), md5(string_agg(t::text, '|' order by t::text)) from ${sql.table(name)} t`,
  );
  const { rows } = await sql`${sql.join(digests, sql` union all `)}`.execute(query);
  return { rows, modelCalls: provider.calls() };
}
