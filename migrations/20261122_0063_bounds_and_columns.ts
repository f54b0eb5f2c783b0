// What the sessions of a person take, counted where whoever opens one waits; and what the application may change, column by column.

import { type Kysely, sql } from "kysely";

/** Columns that nothing changes once a row is there. What a later step adds to one of these tables is granted by that step. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  users: ["id", "created_at"],
  sessions: ["id", "user_id", "created_at"],
  turns: ["id", "session_id", "user_id", "created_at", "idempotency_key", "replaces", "place"],
  credit_wallets: ["user_id", "created_at"],
  usage_daily: ["day", "user_id", "model_alias"],
  top_ups: ["currency", "usd_per_credit", "created_at"],
  reversals: ["object_id", "payment_intent", "kind", "currency", "created_at"],
  reversal_counts: ["payment_intent"],
  stripe_events: ["id", "type", "payment_intent", "outcome", "received_at"],
  maintenance_runs: [],
  pricing_versions: [
    "version",
    "label",
    "effective_date",
    "weight_fresh",
    "weight_cached",
    "weight_output",
    "oe_per_credit",
    "tool_credits",
    "created_at",
  ],
  model_pricing: ["pricing_version", "model_alias"],
  runtime_settings: ["one", "updated_at"],
  api_keys: ["id", "user_id", "created_at"],
  session_summaries: ["session_id"],
  uploaded_files: ["id", "user_id", "session_id", "storage_key", "arrives_until", "created_at"],
  file_usage: ["user_id"],
};

export async function up(db: Kysely<unknown>): Promise<void> {
  await usage(db);
  await columns(db);
}

/** Counted by a trigger, so that no statement and no older build can forget to. */
async function usage(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table session_usage (
      user_id      text primary key references users,
      sessions     int not null default 0,    -- that are not deleted
      prompt_bytes bigint not null default 0, -- of all that are not erased

      constraint session_usage_sessions check (sessions >= 0),
      constraint session_usage_prompt_bytes check (prompt_bytes >= 0)
    );

    create function count_session() returns trigger language plpgsql as $$
    declare
      more  int := (new.deleted_at is null)::int;
      bytes int := octet_length(coalesce(new.system_prompt, ''));
    begin
      if tg_op = 'UPDATE' then
        more := more - (old.deleted_at is null)::int;
        bytes := bytes - octet_length(coalesce(old.system_prompt, ''));
      end if;
      if more <> 0 or bytes <> 0 then
        insert into session_usage as used (user_id, sessions, prompt_bytes)
        values (new.user_id, greatest(more, 0), greatest(bytes, 0)) -- checked before the conflict is seen
        on conflict (user_id) do update
          set sessions = used.sessions + more,
              prompt_bytes = used.prompt_bytes + bytes;
      end if;
      return null;
    end $$;

    create trigger sessions_counted after insert or update on sessions for each row execute function count_session();

    -- After the trigger, whose lock keeps others from adding sessions meanwhile.
    insert into session_usage (user_id, sessions, prompt_bytes)
    select user_id, count(*) filter (where deleted_at is null), coalesce(sum(octet_length(system_prompt)), 0)
      from sessions
     group by user_id;

    grant select, insert, update (sessions, prompt_bytes) on session_usage to pantheon_app;
  `.execute(db);
}

async function columns(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    declare
      fixed   jsonb := ${sql.lit(JSON.stringify(FIXED))};
      changed record;
    begin
      for changed in
        select held.relname as name,
               (select string_agg(quote_ident(attname), ', ' order by attnum)
                  from pg_attribute
                 where attrelid = held.oid
                   and attnum > 0
                   and not attisdropped
                   and not fixed -> held.relname ? attname::text) as columns
          from pg_class as held
         where held.relnamespace = 'public'::regnamespace
           and fixed ? held.relname::text
      loop
        execute format('revoke update on %I from pantheon_app', changed.name);
        if changed.columns is not null then
          execute format('grant update (%s) on %I to pantheon_app', changed.columns, changed.name);
        end if;
      end loop;
    end $$;
  `.execute(db);
}
