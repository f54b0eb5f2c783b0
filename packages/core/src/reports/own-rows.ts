// What each type of record says of a person, and where it stands. A table with people in it is read here, or the test of the whole says why not.

import { sql, type RawBuilder } from "kysely";
import type { Order } from "../db/list.ts";

export type OwnRow = Record<string, unknown>;
/** The rows of a type, of one person, and their order when it is not newest first. `large` is as in a list. */
export type OwnRows = { readonly rows: (person: string) => RawBuilder<OwnRow>; readonly order?: Order; readonly large?: true };

/** What they are here, and what their files and sessions take. */
export const PERSON: OwnRows = {
  order: [["user_id", "opaque"]],
  rows: (person) => sql`
    select person.id as user_id, email, suspended_at, suspension_reason, last_seen_at, created_at,
           coalesce(used.files, 0) as files,
           coalesce(used.bytes, 0)::float8 as file_bytes,
           coalesce(opened.sessions, 0) as sessions,
           coalesce(opened.prompt_bytes, 0)::float8 as prompt_bytes
      from users as person
           left join file_usage as used on used.user_id = person.id
           left join session_usage as opened on opened.user_id = person.id
     where person.id = ${person}`,
};

export const WALLET: OwnRows = {
  order: [["user_id", "opaque"]],
  rows: (person) => sql`
    select user_id, trim_scale(balance)::text as balance, trim_scale(held)::text as held, limits_own, limits_set, called_at,
           calls_this_minute, calls_this_hour, created_at
      from credit_wallets
     where user_id = ${person}`,
};

/** Their API keys, of which only the prefix is known. */
export const KEYS: OwnRows = {
  rows: (person) => sql`
    select id, name, prefix, models, limits, trim_scale(spent)::text as spent, last_used_on::text as last_used_on, called_at,
           expires_at, former_until, revoked_at, created_at
      from api_keys
     where user_id = ${person}`,
};

/** With what their refunds and disputes took back. */
export const TOP_UPS: OwnRows = {
  rows: (person) => sql`
    select id, trim_scale(amount_usd)::text as amount_usd, currency, trim_scale(credits_to_grant)::text as credits_to_grant, status,
           payment_intent, received_minor::float8 as received_minor, received_currency, quarantine_reason, resolution, resolved_at,
           idempotency_key, created_at, updated_at,
           (select coalesce(jsonb_agg(jsonb_build_object('object_id', object_id, 'kind', kind, 'state', state,
                                                         'amount_minor', amount_minor, 'currency', currency,
                                                         'credits_taken', trim_scale(taken)::text)
                                      order by created_at, object_id), '[]')
              from reversals
             where reversals.payment_intent = top_ups.payment_intent) as taken_back
      from top_ups
     where user_id = ${person}`,
};

export const TRANSACTIONS: OwnRows = {
  order: [["seq", "bigint"]],
  rows: (person) => sql`
    select id, seq, kind, source, trim_scale(amount)::text as amount, trim_scale(balance_after)::text as balance_after,
           reference_id, initiated_by, note, expires_at, created_at
      from credit_transactions
     where user_id = ${person}`,
};

/** The sums of a day and model. */
export const DAYS: OwnRows = {
  order: [
    ["day", "opaque"],
    ["model_alias", "opaque"],
  ],
  rows: (person) => sql`
    select day::text as day, model_alias, calls::float8 as calls, input_tokens_fresh::float8 as input_tokens_fresh,
           input_tokens_cached::float8 as input_tokens_cached, output_tokens::float8 as output_tokens,
           trim_scale(credits_burned)::text as credits_burned, trim_scale(credits_charged)::text as credits_charged,
           refused::float8 as refused
      from usage_daily
     where user_id = ${person}`,
};

/** What their turns used. Calls of our own (summaries) are not theirs. */
export const CALLS: OwnRows = {
  rows: (person) => sql`
    select id, turn_id, session_id, attempt, call_index, model_alias, provider_model, input_tokens_fresh::float8 as input_tokens_fresh,
           input_tokens_cached::float8 as input_tokens_cached, output_tokens::float8 as output_tokens,
           reasoning_tokens::float8 as reasoning_tokens, trim_scale(multiplier)::text as multiplier, pricing_version,
           trim_scale(credits_burned)::text as credits_burned, trim_scale(credits_charged)::text as credits_charged,
           latency_ms, status, usage_source, api_key_id, request_id, created_at
      from llm_call_events
     where user_id = ${person}
       and status <> 'internal'`,
};

/** Also deleted ones, until their texts are erased; with what the model is told of them in short. */
export const SESSIONS: OwnRows = {
  large: true,
  rows: (person) => sql`
    select id, title, sessions.model_alias, system_prompt, tools, auto_aliases, created_at, deleted_at, erase_at, erased_at,
           summary.text as summary,
           octet_length(coalesce(title, '')) + octet_length(coalesce(system_prompt, ''))
             + octet_length(coalesce(summary.text, '')) as octets
      from (select * from sessions where deleted_at is null
             union all
            select * from sessions where deleted_at is not null) as sessions -- each half has an index
           left join session_summaries as summary on summary.session_id = sessions.id
     where user_id = ${person}`,
};

/** Whatever became of them, calls without a session too; with what tools were asked and said, and what these uses cost. */
export const TURNS: OwnRows = {
  large: true,
  rows: (person) => sql`
    select id, session_id, turn_index, status, failure_code, user_input, assistant_output, tool_texts, origin, metadata,
           case when session_id is null and pg_input_is_valid(response_body, 'jsonb')
                then response_body::jsonb -> 'requested_calls' end as requested_calls,
           (select coalesce(jsonb_agg(jsonb_build_object('tool_name', tool_name, 'status', status, 'latency_ms', latency_ms,
                                                         'credits_charged', trim_scale(credits_charged)::text)
                                      order by attempt, call_index), '[]')
              from tool_call_events
             where tool_call_events.turn_id = turns.id) as tool_uses,
           model_alias, provider_model, pricing_version, max_output_tokens, trim_scale(balance_after)::text as balance_after,
           replaces, idempotency_key, api_key_id, created_at, completed_at, erased_at,
           octet_length(user_input) + octet_length(coalesce(assistant_output, ''))
             + octet_length(coalesce(tool_texts::text, '')) + octet_length(coalesce(metadata::text, '')) as octets
      from turns
     where user_id = ${person}`,
};

/** Their text follows page by page. */
export const FILES: OwnRows = {
  rows: (person) => sql`
    select id, session_id, filename, mime_type, size_bytes::float8 as size_bytes, parse_status, parse_error,
           coalesce(cardinality(text_pages), 0) as pages, text_octets::float8 as text_octets, is_truncated,
           created_at, parsed_at, deleted_at
      from uploaded_files
     where user_id = ${person}`,
};

/** What was read of a file; the last page first. */
export const FILE_PAGES: OwnRows = {
  large: true,
  order: [
    ["created_at", "time"],
    ["id", "id"],
    ["page", "int"],
  ],
  rows: (person) => sql`
    select file.id, file.created_at, read.page::int as page, read.text, octet_length(read.text) as octets
      from uploaded_files as file, unnest(file.text_pages) with ordinality as read (text, page)
     where file.user_id = ${person}`,
};

/** What was answered under their keys, while it can be answered again. */
export const RESPONSES: OwnRows = {
  large: true,
  order: [
    ["created_at", "time"],
    ["key_digest", "opaque"],
  ],
  rows: (person) => sql`
    select key, md5(key) as key_digest, status, body, created_at, expired_at, octet_length(body) as octets
      from idempotency_keys
     where user_id = ${person}`,
};

/** When an admin looked at them, and at what; not which admin. */
export const READS: OwnRows = {
  rows: (person) => sql`
    select id, operation, created_at
      from admin_reads
     where target = ${person}`,
};
