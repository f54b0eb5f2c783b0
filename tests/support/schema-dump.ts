// A database's schema as text, so that two of them can be compared.

import { Client } from "pg";

/** Every column, constraint, index, trigger, function and aggregate of the public schema and every applied step, one a line, in a fixed order. */
export async function dumpSchema(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string }>(DUMP);
    return rows.map((row) => row.line);
  } finally {
    await client.end();
  }
}

const DUMP = `
  with lines (line) as (
    select format('column %s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
      from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0
    union all
    select format('constraint %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select 'index ' || indexdef from pg_indexes where schemaname = 'public'
    union all
    select 'trigger ' || pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where not t.tgisinternal and c.relnamespace = 'public'::regnamespace
    union all
    select 'function ' || pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace and prokind <> 'a'
    union all
    select format('aggregate %s %s %s %s', aggfnoid::regprocedure, aggtransfn::regprocedure, aggtranstype::regtype, agginitval)
      from pg_aggregate join pg_proc on pg_proc.oid = aggfnoid where pronamespace = 'public'::regnamespace
    union all
    select 'step ' || name from kysely_migration
    union all
    select format('checksum %s %s', name, sha256) from migration_checksums
  )
  select line from lines order by line collate "C"`;
