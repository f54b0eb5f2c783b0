// What is erased, and what stays of it: the texts of turns and sessions, and the responses that keys were kept for. Rows, ids, figures and
// digests of keys stay, so nothing is ever charged or granted again.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await turnsAndSessions(db);
  await keys(db);
  await sql`
    grant delete on session_summaries to pantheon_app;
    revoke update on idempotency_keys from pantheon_app;
    grant update (body, expired_at, booked), delete on idempotency_keys to pantheon_app;
  `.execute(db);
}

async function turnsAndSessions(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table turns
      add column erased_at timestamptz,
      -- What is erased has no text, runs no more, and its key stands for no request any more.
      add constraint turns_erased check (
        erased_at is null
        or (status <> 'running' and user_input = '' and coalesce(assistant_output, '') = ''
            and coalesce(request_hash, 'erased') = 'erased')
      );

    alter table sessions
      add column erase_at  timestamptz, -- when its texts go; set when it is deleted
      add column erased_at timestamptz,
      add constraint sessions_erase_at check (erase_at is null or deleted_at is not null),
      add constraint sessions_erased check (
        erased_at is null or (erase_at is not null and title is null and system_prompt is null)
      );

    update sessions set erase_at = now() + interval '7 days' where deleted_at is not null;

    create index sessions_due on sessions (erase_at) where erase_at is not null and erased_at is null;
  `.execute(db);
}

async function keys(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table idempotency_keys
      add column expired_at timestamptz,
      add column booked     boolean not null default false, -- its write moved money: the row stays for good
      add constraint idempotency_keys_expired check (expired_at is null or body = ''),
      add constraint idempotency_keys_booked check (not booked or expired_at is not null);

    create index idempotency_keys_due on idempotency_keys (created_at) where expired_at is null;
    create index idempotency_keys_gone on idempotency_keys (created_at) where expired_at is not null and not booked;

    -- A response is forgotten, never changed; a key that money was booked under is never forgotten whole.
    create function refuse_other_response() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        if old.expired_at is not null and not old.booked then
          return old;
        end if;
      elsif old.expired_at is null and new.expired_at is not null and new.body = '' then
        return new;
      end if;
      raise exception '% of idempotency_keys refused', tg_op using errcode = 'insufficient_privilege';
    end $$;

    create trigger idempotency_keys_kept before update or delete on idempotency_keys
      for each row execute function refuse_other_response();
  `.execute(db);
}
