// What everybody used together, a row a day and alias: so that a report of a year is as cheap with a million people as with ten.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The sums of usage_daily over its people, of days that are over. A day's rows are written together, when nothing can be added to
    -- that day any more, and day after day: whatever is not after the last one is whole.
    create table usage_totals (
      day                 date not null,
      model_alias         text not null,
      calls               bigint not null,
      input_tokens_fresh  bigint not null,
      input_tokens_cached bigint not null,
      output_tokens       bigint not null,
      credits_burned      numeric(28,4) not null,
      credits_charged     numeric(28,8) not null,
      provider_cost_usd   numeric(28,8) not null,
      revenue_usd         numeric(38,16) not null,
      refused             bigint not null,

      primary key (day, model_alias)
    );

    create trigger usage_totals_append_only before update or delete on usage_totals
      for each row execute function refuse_change();
    create trigger usage_totals_no_truncate before truncate on usage_totals
      for each statement execute function refuse_change();

    grant select, insert on usage_totals to pantheon_app;
  `.execute(db);
}
