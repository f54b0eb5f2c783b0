// Limits of what a person and a key may spend and call: what was set, and what was used of it in the windows of now. All of it stands in
// the rows that an opening turn locks anyway, or is asked for after that lock.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table credit_wallets
      -- Each an object of limits by their names: what its person set for themselves, and what an admin set for them.
      add column limits_own jsonb constraint credit_wallets_limits_own check (jsonb_typeof(limits_own) = 'object'),
      add column limits_set jsonb constraint credit_wallets_limits_set check (jsonb_typeof(limits_set) = 'object'),
      -- The last call, and how many there were in its minute and its hour.
      add column called_at         timestamptz,
      add column calls_this_minute int not null default 0
        constraint credit_wallets_calls_this_minute check (calls_this_minute >= 0),
      add column calls_this_hour   int not null default 0
        constraint credit_wallets_calls_this_hour check (calls_this_hour >= 0);

    alter table api_keys
      add column limits            jsonb constraint api_keys_limits check (jsonb_typeof(limits) = 'object'),
      add column called_at         timestamptz,
      add column calls_this_minute int not null default 0
        constraint api_keys_calls_this_minute check (calls_this_minute >= 0),
      add column calls_this_hour   int not null default 0
        constraint api_keys_calls_this_hour check (calls_this_hour >= 0),
      -- What was spent on the day (UTC) of last_used_on, and in its month until then.
      add column spent_that_day    numeric(18,8) not null default 0
        constraint api_keys_spent_that_day check (spent_that_day >= 0 and spent_that_day <> 'NaN'),
      add column spent_that_month  numeric(18,8) not null default 0
        constraint api_keys_spent_that_month check (spent_that_month >= 0 and spent_that_month <> 'NaN');

    -- What a person and a key have in use, for whoever holds the person's wallet. Volatile is the point, as with turn_rules_now: each
    -- query sees what is committed by then. Whatever changes these figures holds the same wallet, so under its lock they are exact.
    -- A turn that is run again is left out of what runs, since it is about to be counted anew.
    create function turn_use_now(
      of_wallet text, of_actor text, of_key uuid, but_turn uuid,
      out running int, out key_running int, out key_held numeric,
      out spent_today numeric, out spent_this_month numeric, out spent numeric
    )
    language plpgsql volatile as $$
    begin
      select count(*),
             count(*) filter (where turn.api_key_id = of_key),
             coalesce(sum(turn.hold) filter (where turn.api_key_id = of_key), 0)
        into running, key_running, key_held
        from turns as turn
       where turn.user_id = of_actor
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
