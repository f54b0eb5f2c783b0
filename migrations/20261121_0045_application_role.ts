// What the application may do with each table: a role of its own, which owns nothing. An owner can switch the guards of the append-only
// tables off; whoever has only these rights cannot. The table of rights stands in docs/security.md, and a test compares.
//
// The role cannot log in. A login becomes a member of it (packages/core/src/db/app-login.ts). A step that adds a table grants its rights.

import { type Kysely, sql } from "kysely";

/** What happened: rows are added, and never changed. */
const ADDED_TO = ["credit_transactions", "llm_call_events", "tool_call_events", "admin_actions", "lost_answers", "idempotency_keys"];
/** How things stand: rows are added and follow what happens. Nothing is removed. */
const CHANGED = [
  "users",
  "sessions",
  "turns",
  "credit_wallets",
  "usage_daily",
  "top_ups",
  "reversals",
  "reversal_counts",
  "stripe_events",
  "maintenance_runs",
  "pricing_versions",
  "model_pricing",
];
/** Nobody uses it yet, and what has run is the runner's. */
const KEPT_BACK = ["uploaded_files", "kysely_migration", "kysely_migration_lock"];

export async function up(db: Kysely<unknown>): Promise<void> {
  await role(db);
  await sql`
    revoke create on schema public from public;
    grant usage on schema public to pantheon_app;

    grant select, update on runtime_settings to pantheon_app; -- one row, which was there first
    grant select on migration_checksums to pantheon_app;      -- health says how far a database is
  `.execute(db);
  await sql.raw(`grant select, insert on ${ADDED_TO.join(", ")} to pantheon_app`).execute(db);
  await sql.raw(`grant select, insert, update on ${CHANGED.join(", ")} to pantheon_app`).execute(db);
  await others(db);
}

/**
 * A role belongs to the whole server, so another database of it may have made it, or be making it now. Who migrates without the right
 * to make roles is told what to ask for.
 */
async function role(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    begin
      if exists (select from pg_roles where rolname = 'pantheon_app') then
        return;
      end if;
      create role pantheon_app nologin;
    exception
      when duplicate_object or unique_violation then
        null;
      when insufficient_privilege then
        raise exception 'the role pantheon_app is missing, and % may not make it', current_user
          using errcode = 'insufficient_privilege', hint = 'Have it made: create role pantheon_app nologin';
    end $$;
  `.execute(db);
}

/** Tables that steps before this one may have added without knowing of the role: guarded against change, or not. */
async function others(db: Kysely<unknown>): Promise<void> {
  const known = [...ADDED_TO, ...CHANGED, ...KEPT_BACK, "runtime_settings", "migration_checksums"];
  await sql`
    do $$
    declare
      known text[] := ${sql.lit(`{${known.join(",")}}`)};
      other record;
    begin
      for other in
        select held.oid::regclass as name,
               exists (
                 select from pg_trigger as guard
                  where guard.tgrelid = held.oid and guard.tgfoid = 'refuse_change'::regproc
               ) as append_only
          from pg_class as held
         where held.relnamespace = 'public'::regnamespace and held.relkind in ('r', 'p') and held.relname <> all (known)
      loop
        execute format('grant select, insert on %s to pantheon_app', other.name);
        if not other.append_only then
          execute format('grant update on %s to pantheon_app', other.name);
        end if;
      end loop;
    end $$;
  `.execute(db);
}
