// Tools within a turn: what each call of one weighed and was charged, what it was asked and said, and what a pricing version takes for it.

import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Figures alone: what went in and came out is people's text, and lives with its turn.
    alter table tool_call_events
      add column arguments_octets int not null default 0,
      add column result_octets    int not null default 0,
      -- The price of the tool in the turn's pricing version is the sum of these two. What is absorbed is above a hold.
      add column credits_charged  numeric(18,8) not null default 0,
      add column credits_absorbed numeric(18,8) not null default 0,
      add column usd_per_credit   numeric not null default 0,
      add constraint tool_call_events_octets check (arguments_octets >= 0 and result_octets >= 0),
      add constraint tool_call_events_credits check (
        credits_charged >= 0 and credits_charged <> 'NaN' and credits_absorbed >= 0 and credits_absorbed <> 'NaN'
      ),
      add constraint tool_call_events_failed_is_free check (status = 'success' or (credits_charged = 0 and credits_absorbed = 0)),
      add constraint tool_call_events_usd_per_credit check (usd_per_credit >= 0 and usd_per_credit <> 'NaN'),
      add constraint tool_call_events_place unique (turn_id, attempt, call_index);

    create trigger tool_call_events_append_only before update or delete on tool_call_events for each row execute function refuse_change();
    create trigger tool_call_events_no_truncate before truncate on tool_call_events for each statement execute function refuse_change();

    -- What the turn's tools were asked and what they said, a list in the order of their calls. Erased with the turn's other text.
    alter table turns
      add column tool_texts jsonb constraint turns_tool_texts check (jsonb_typeof(tool_texts) = 'array');

    -- Credits for a use of a tool, by its name; what is not named costs nothing. A version never changes, so neither does this.
    alter table pricing_versions
      add column tool_credits jsonb not null default '{}'
        constraint pricing_versions_tool_credits check (
          jsonb_typeof(tool_credits) = 'object'
          -- Decimal texts with at most eight decimals, from zero to 10 000: there is no other value in it.
          and not jsonb_path_exists(tool_credits, '$.* ? (@.type() != "string" || !(@ like_regex "^(0|[1-9][0-9]{0,3}|10000)([.][0-9]{1,8})?$"))')
        );
  `.execute(db);
}
