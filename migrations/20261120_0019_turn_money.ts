// What a turn holds, who may settle it, what it answered, and the unique indexes that the money statements rely on.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table turns
      add column hold              numeric(18,8) not null default 0,
      add column attempt           int not null default 1,
      add column lease_until       timestamptz not null,
      add column max_output_tokens int not null,
      add column provider_model    text,
      add column pricing_version   text,
      add column pricing_revision  bigint,
      add column idempotency_key   text,
      add column request_hash      text,
      add column response_body     text, -- the answer byte for byte; jsonb would not be
      add column balance_after     numeric(18,8),
      add column would_refuse      boolean not null default false,
      add column prune_triggered   boolean not null default false,
      add column over_hold         boolean not null default false,
      add column failure_code      text,
      add column claim             uuid not null default uuidv7(),

      add constraint turns_hold check (hold >= 0 and hold <> 'NaN'),
      add constraint turns_attempt check (attempt >= 1),
      add constraint turns_max_output_tokens check (max_output_tokens >= 1),
      add constraint turns_balance_after check (balance_after <> 'NaN'),
      add constraint turns_key_with_hash check ((idempotency_key is null) = (request_hash is null)),
      add constraint turns_settled check (
        (status = 'completed') = (completed_at is not null and assistant_output is not null and response_body is not null and balance_after is not null)
      ),
      add constraint turns_index_present check (
        case when status in ('running', 'completed') then turn_index is not null and turn_index > 0 else turn_index is null end
      );

    -- One turn per key of a caller, for ever.
    create unique index turns_key on turns (user_id, idempotency_key);

    -- One running turn per session, indexes without gaps, and the proof that the history read by an open was fresh.
    create unique index turns_position on turns (session_id, turn_index) where status in ('running', 'completed');

    create index turns_session on turns (session_id, created_at desc, id desc);
    create index turns_running on turns (user_id, lease_until) where status = 'running';
    create index sessions_user on sessions (user_id, created_at desc, id desc) where deleted_at is null;
  `.execute(db);
}
