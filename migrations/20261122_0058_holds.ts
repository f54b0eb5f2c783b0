// Holds: turns whose model ran elsewhere. What their caller stated, which key may book so and for whom, and what runs of a key wherever it runs.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table turns
      -- Who ran the model: null is the house. A hold is settled by its caller; usage was booked after the fact.
      add column origin       text constraint turns_origin check (origin in ('hold', 'usage')),
      -- The price that it was opened at: whoever settles it may be another container.
      add column multiplier   numeric(10,4) constraint turns_multiplier check (multiplier > 0 and multiplier <> 'NaN'),
      -- Until when it was given at its opening, as that was answered.
      add column opened_until timestamptz,
      -- What its caller wrote on it.
      add column metadata     jsonb constraint turns_metadata check (jsonb_typeof(metadata) = 'object'),
      -- Whose key acted for the turn's person; null: their own, or none.
      add column acted_by     text references users (id),
      add constraint turns_origin_terms check (
        (origin is null and multiplier is null and opened_until is null and metadata is null and acted_by is null)
        or (origin is not null and session_id is null and multiplier is not null and opened_until is not null)
      ),
      add constraint turns_acted_by check (acted_by is null or (api_key_id is not null and acted_by <> user_id)),
      add constraint turns_metadata_erased check (erased_at is null or metadata is null);

    -- Credits that a caller stated, instead of tokens.
    alter table llm_call_events
      add column stated_credits numeric(18,8)
        constraint llm_call_events_stated_credits check (stated_credits > 0 and stated_credits <> 'NaN');

    alter table api_keys
      -- What an admin has let the key do.
      add column acts_for_others boolean not null default false,
      add column books_usage     boolean not null default false;

    create index turns_running_of_key on turns (api_key_id) where status = 'running' and api_key_id is not null;

    -- As before, but what runs of a key is counted whoever it acts for. Every statement that opens with a key holds the key's row.
    create or replace function turn_use_now(
      of_wallet text, of_actor text, of_key uuid, but_turn uuid,
      out running int, out key_running int, out key_held numeric,
      out spent_today numeric, out spent_this_month numeric, out spent numeric
    )
    language plpgsql volatile as $$
    begin
      select count(*)
        into running
        from turns as turn
       where turn.user_id = of_actor
         and turn.status = 'running'
         and turn.id <> but_turn;

      select count(*), coalesce(sum(turn.hold), 0)
        into key_running, key_held
        from turns as turn
       where turn.api_key_id = of_key
         and turn.status = 'running'
         and turn.id <> but_turn;

      select coalesce(sum(used.credits_charged) filter (where used.day = today.day), 0),
             coalesce(sum(used.credits_charged) filter (where used.day >= date_trunc('month', today.day)), 0),
             coalesce(sum(used.credits_charged), 0)
        into spent_today, spent_this_month, spent
        from usage_daily as used,
             (select (clock_timestamp() at time zone 'utc')::date as day) as today
       where used.user_id = of_wallet;
    end $$;
  `.execute(db);
}
