// The one row of settings with the revision that binds every container, the triggers that raise it, and the daily rollup.
// The triggers are what makes a change by hand bind the very next turn, exactly like one through the API.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await settings(db);
  await priceGuards(db);
  await rollup(db);
}

async function settings(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table runtime_settings (
      one                  boolean primary key default true,
      revision             bigint not null default 1,
      enforcement_override boolean,
      updated_at           timestamptz not null default clock_timestamp(),

      constraint runtime_settings_one_row check (one),
      constraint runtime_settings_revision check (revision >= 1)
    );

    insert into runtime_settings default values;

    create function runtime_settings_raise_revision() returns trigger language plpgsql as $$
    begin
      if new.revision < old.revision then
        raise exception 'the revision never goes down' using errcode = 'check_violation', constraint = 'runtime_settings_revision_rises', table = tg_table_name;
      end if;
      if new.enforcement_override is distinct from old.enforcement_override and new.revision = old.revision then
        new.revision := old.revision + 1;
      end if;
      new.updated_at := clock_timestamp();
      return new;
    end $$;

    create trigger runtime_settings_raise_revision before update on runtime_settings for each row execute function runtime_settings_raise_revision();
  `.execute(db);
}

async function priceGuards(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A statement that changed no row changes no price, so it raises nothing.
    create function pricing_raise_revision() returns trigger language plpgsql as $$
    begin
      if exists (select from changed) then
        update runtime_settings set revision = revision + 1;
      end if;
      return null;
    end $$;

    create trigger pricing_versions_inserted after insert on pricing_versions
      referencing new table as changed for each statement execute function pricing_raise_revision();
    create trigger pricing_versions_updated after update on pricing_versions
      referencing new table as changed for each statement execute function pricing_raise_revision();
    create trigger model_pricing_inserted after insert on model_pricing
      referencing new table as changed for each statement execute function pricing_raise_revision();
    create trigger model_pricing_updated after update on model_pricing
      referencing new table as changed for each statement execute function pricing_raise_revision();

    -- A version keeps its name, label, date and weights; only the mark of the active one moves.
    create function pricing_versions_keep() returns trigger language plpgsql as $$
    begin
      if (to_jsonb(new) - 'is_active') is distinct from (to_jsonb(old) - 'is_active') then
        raise exception 'a pricing version never changes, except for being active'
          using errcode = 'restrict_violation', constraint = 'pricing_versions_keep', table = tg_table_name;
      end if;
      return new;
    end $$;

    create trigger pricing_versions_keep before update on pricing_versions for each row execute function pricing_versions_keep();

    create function model_pricing_keep() returns trigger language plpgsql as $$
    begin
      if (new.pricing_version, new.model_alias) is distinct from (old.pricing_version, old.model_alias) then
        raise exception 'only the multiplier of a price may change'
          using errcode = 'restrict_violation', constraint = 'model_pricing_keep', table = tg_table_name;
      end if;
      return new;
    end $$;

    create trigger model_pricing_keep before update on model_pricing for each row execute function model_pricing_keep();

    -- Rows that the open statement and every old charge depend on are never taken away.
    create function refuse_removal() returns trigger language plpgsql as $$
    begin
      raise exception '% refused: rows of % stay', tg_op, tg_table_name
        using errcode = 'restrict_violation', constraint = tg_name, table = tg_table_name;
    end $$;

    create trigger runtime_settings_no_delete before delete on runtime_settings for each row execute function refuse_removal();
    create trigger runtime_settings_no_truncate before truncate on runtime_settings for each statement execute function refuse_removal();
    create trigger pricing_versions_no_delete before delete on pricing_versions for each row execute function refuse_removal();
    create trigger pricing_versions_no_truncate before truncate on pricing_versions for each statement execute function refuse_removal();
    create trigger model_pricing_no_delete before delete on model_pricing for each row execute function refuse_removal();
    create trigger model_pricing_no_truncate before truncate on model_pricing for each statement execute function refuse_removal();
  `.execute(db);
}

async function rollup(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table usage_daily (
      day                 date not null,
      user_id             text not null,
      model_alias         text not null,
      calls               bigint not null default 0,
      input_tokens_fresh  bigint not null default 0,
      input_tokens_cached bigint not null default 0,
      output_tokens       bigint not null default 0,
      credits_burned      numeric(28,4) not null default 0,
      credits_charged     numeric(28,8) not null default 0,
      provider_cost_usd   numeric(28,8) not null default 0,
      revenue_usd         numeric(38,16) not null default 0, -- what was charged, each event at its own price of a credit
      refused             bigint not null default 0,

      primary key (day, user_id, model_alias),
      constraint usage_daily_counts check (calls >= 0 and refused >= 0),
      constraint usage_daily_tokens check (input_tokens_fresh >= 0 and input_tokens_cached >= 0 and output_tokens >= 0),
      constraint usage_daily_credits_burned check (credits_burned >= 0 and credits_burned <> 'NaN'),
      constraint usage_daily_credits_charged check (credits_charged >= 0 and credits_charged <> 'NaN'),
      constraint usage_daily_revenue check (revenue_usd >= 0 and revenue_usd <> 'NaN'),
      constraint usage_daily_provider_cost check (provider_cost_usd >= 0 and provider_cost_usd <> 'NaN')
    );

    create index usage_daily_user on usage_daily (user_id, day);
  `.execute(db);
}
