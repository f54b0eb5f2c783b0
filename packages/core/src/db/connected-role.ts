// What the connected role could do beyond what the application needs: read from PostgreSQL's own catalogue, so that no table has to be
// tried. Whoever may do any of it could change the ledger's past.

import { sql } from "kysely";
import type { Database } from "./database.ts";

export type RoleRow = { readonly name: string; readonly value: string; readonly ok: boolean };

/** Tables that are only added to: their guard is the trigger that refuses every change. */
const appendOnly = sql`
  (select distinct guard.tgrelid as id
     from pg_trigger as guard
     join pg_proc as refusal on refusal.oid = guard.tgfoid
    where refusal.proname = 'refuse_change')`;

/** In words, what the role may do too much; an empty array for the application's. An expression, so that health asks it along with the rest. */
export const tooMuch = sql<string[]>`
  (select array_remove(array[
     case when me.rolsuper then 'is a superuser' end,
     case when me.rolcreaterole then 'may make roles' end,
     case when me.rolbypassrls or me.rolreplication then 'may pass by rules or copy everything' end,
     case when exists (
       select from pg_class as held
        where held.relnamespace = 'public'::regnamespace and pg_has_role(current_user, held.relowner, 'MEMBER')
     ) then 'owns tables' end,
     case when exists (
       select from ${appendOnly} as past
        where has_table_privilege(past.id, 'UPDATE, DELETE, TRUNCATE, TRIGGER') or has_any_column_privilege(past.id, 'UPDATE')
     ) then 'may change what is only added to' end,
     case when exists (
       select from pg_class as held
        where held.relnamespace = 'public'::regnamespace and held.relkind in ('r', 'p') and has_table_privilege(held.oid, 'UPDATE')
     ) then 'may change whole rows' end,
     case when has_schema_privilege('public', 'CREATE') then 'may make tables and functions' end
   ], null)
     from pg_roles as me
    where me.rolname = current_user)`;

/** The connected role, its limits of time, and whether the guards of the past are on: a row each, as `npm run ledger:verify` shows them. */
export async function readConnectedRole(db: Database): Promise<RoleRow[]> {
  const { rows } = await sql<{ name: string; excess: string[] }>`select current_user as name, ${tooMuch} as excess`.execute(db.query);
  const [role = { name: "nobody", excess: [] }] = rows;
  const value = role.excess.length === 0 ? role.name : `${role.name}, which ${role.excess.join(", ")}`;
  return [{ name: "role", value, ok: role.excess.length === 0 }, ...(await readLimits(db)), await readGuards(db)];
}

/** A container waits 5 s for a money statement; the longest question may take ten minutes. 0 is no limit. */
const MOST_MS = { idle_in_transaction_session_timeout: 60_000, lock_timeout: 4_999, statement_timeout: 600_000 } as const;

async function readLimits(db: Database): Promise<RoleRow[]> {
  const { rows } = await sql<{ name: keyof typeof MOST_MS; setting: string; value: string }>`
    select name, setting, current_setting(name) as value
      from pg_settings
     where name = any(${Object.keys(MOST_MS)}::text[])
     order by name`.execute(db.query);
  return rows.map(({ name, setting, value }) => {
    const ms = Number.parseInt(setting, 10);
    return { name, value, ok: ms > 0 && ms <= MOST_MS[name] };
  });
}

/** Each of these tables has two guards; a switched-off one is no guard. */
const GUARDED = ["admin_actions", "credit_transactions", "llm_call_events"];

async function readGuards(db: Database): Promise<RoleRow> {
  const { rows } = await sql<{ on: number }>`
    select count(*)::int as on
      from pg_trigger as guard
      join pg_proc as refusal on refusal.oid = guard.tgfoid
     where refusal.proname = 'refuse_change' and guard.tgenabled in ('O', 'A')
       and guard.tgrelid = any(${GUARDED}::text[]::regclass[])`.execute(db.query);
  const on = rows[0]?.on ?? 0;
  const wanted = 2 * GUARDED.length;
  return { name: "append-only guards", value: `${on} of ${wanted} on`, ok: on === wanted };
}
