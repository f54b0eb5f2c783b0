// A long past in one instant: rows of every list of a user, all with the same time, as only a test of paging wants them.

import { sql } from "kysely";
import { givenSession } from "./given.ts";
import type { TestWorld } from "./world.ts";

const INSTANT = "2026-03-01T12:00:00.123456Z";
/** As a response says it. */
const INSTANT_TEXT = "2026-03-01T12:00:00.123Z";

/**
 * Gives this user `count` sessions, `count` completed turns in one more session (each with one free usage event), and `count` grants
 * of 0.5 credits. Answers the id of the session with the turns.
 */
export async function givenHistory(world: TestWorld, user: string, count: number): Promise<string> {
  const session = await givenSession(world, user);
  const { query } = world.deps.db;
  await sql`insert into sessions (user_id, created_at) select ${user}, ${INSTANT} from generate_series(1, ${count}::int)`.execute(query);
  await sql`
    with t as (
      insert into turns (id, session_id, user_id, status, turn_index, user_input, assistant_output, model_alias, created_at, completed_at, lease_until,
                         max_output_tokens, provider_model, pricing_version, pricing_revision, response_body, balance_after)
      select id, ${session}::uuid, ${user}, 'completed', n, 'question ' || n, 'answer ' || n, 'default', ${INSTANT}, ${INSTANT}, ${INSTANT}, 1, 'm', '2026-02-20', 1,
             (select row_to_json(b) from (
                select id, ${session}::uuid as session_id, n as turn_index, 'completed' as status, 'default' as model_alias_used,
                       '2026-02-20' as pricing_version, '0' as credits_charged, false as prune_triggered, ${INSTANT_TEXT}::text as created_at,
                       '0' as balance_after, ${INSTANT_TEXT}::text as completed_at) b), 0
        from (select n, uuidv7() as id from generate_series(1, ${count}::int) n) r
      returning id, user_id, session_id, created_at)
    insert into llm_call_events (user_id, session_id, turn_id, created_at, attempt, call_index, latency_ms, provider, model_alias, provider_model, status,
                                 usage_source, input_tokens_fresh, input_tokens_cached, output_tokens, reasoning_tokens, total_tokens, oe_tokens_computed,
                                 multiplier, weight_fresh, weight_cached, weight_output, oe_per_credit, provider_cost_usd, credits_burned, credits_charged,
                                 usd_per_credit, pricing_version, pricing_revision)
    select user_id, session_id, id, created_at, 1, 0, 1, 'p', 'default', 'm', 'success', 'reported', 0, 0, 0, 0, 0, 0, 1, 0.35, 0.1, 1, 10000, 0, 0, 0, 0.03,
           '2026-02-20', 1 from t`.execute(query);
  await sql`
    insert into usage_daily (day, user_id, model_alias, calls) values ('2026-03-01', ${user}, 'default', ${count})
        on conflict (day, user_id, model_alias) do update set calls = usage_daily.calls + excluded.calls`.execute(query);
  await sql`
    with w as (update credit_wallets set balance = balance + ${count}::int * 0.5, seq = seq + ${count}::int where user_id = ${user} returning balance, seq)
    insert into credit_transactions (user_id, seq, kind, source, amount, balance_after, reference_id, created_at)
    select ${user}, w.seq - ${count}::int + n, 'grant', 'promo', 0.5, w.balance - (${count}::int - n) * 0.5, ${`history:${user}:`} || w.seq || ':' || n, ${INSTANT}
      from w, generate_series(1, ${count}::int) n`.execute(query);
  return session;
}
