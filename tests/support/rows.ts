// One good row for each table, and how to insert one as it stands: for tests of the schema itself, below every statement of the product.

import type { Client } from "pg";

export type Row = Readonly<Record<string, unknown>>;

/** The session and the turn that the good rows name. User `u`, this session and wallet `w` must be there for those with foreign keys. */
export const SESSION = "0198c000-0000-7000-8000-000000000001";
export const TURN = "0198c000-0000-7000-8000-000000000002";

const CALL = { user_id: "u", session_id: SESSION, turn_id: TURN, attempt: 1, call_index: 0, latency_ms: 1 };

export const GOOD_ROWS: Readonly<Record<string, Row>> = {
  users: { id: "other" },
  sessions: { user_id: "u" },
  turns: {
    session_id: SESSION,
    user_id: "u",
    status: "running",
    turn_index: 1,
    user_input: "hi",
    model_alias: "default",
    lease_until: "2026-01-01",
    max_output_tokens: 10,
  },
  llm_call_events: {
    ...CALL,
    provider: "p",
    model_alias: "default",
    provider_model: "m",
    status: "success",
    usage_source: "reported",
    input_tokens_fresh: 1,
    input_tokens_cached: 0,
    output_tokens: 1,
    reasoning_tokens: 0,
    total_tokens: 2,
    oe_tokens_computed: "1.35",
    multiplier: 1,
    weight_fresh: "0.35",
    weight_cached: "0.1",
    weight_output: 1,
    oe_per_credit: 10_000,
    provider_cost_usd: 0,
    credits_burned: "0.0001",
    credits_charged: "0.000135",
    usd_per_credit: "0.03",
    pricing_version: "2026-02-20",
    pricing_revision: 1,
  },
  api_keys: { user_id: "u", name: "n", prefix: "pan_AAAAAAAA", hash: "0".repeat(64) },
  session_summaries: {
    session_id: SESSION,
    text: "s",
    text_bound: 1,
    through_place: 1,
    seen_index: 1,
    turn_id: TURN,
    model_alias: "default",
  },
  admin_grant_days: { admin_id: "a", day: "2026-01-01", credits: 1, most: 1 },
  admin_reads: { admin_id: "a", operation: "users", request_id: "r" },
  grant_proposals: { id: TURN, user_id: "w", amount: 1, proposed_by: "a" },
  tool_call_events: { ...CALL, tool_name: "search", status: "success" },
  uploaded_files: {
    user_id: "u",
    session_id: SESSION,
    filename: "f",
    mime_type: "text/plain",
    size_bytes: 1,
    storage_key: "k",
    arrives_until: "2026-01-01",
  },
  file_usage: { user_id: "u" },
  session_usage: { user_id: "without-sessions" },
  pricing_versions: { version: "v", label: "l", effective_date: "2026-01-01" },
  model_pricing: { pricing_version: "2026-02-20", model_alias: "new", multiplier: 1 },
  credit_wallets: { user_id: "w2" },
  credit_transactions: { user_id: "w", seq: 1, kind: "grant", source: "admin", amount: 1, balance_after: 1, reference_id: "r" },
  usage_daily: { day: "2026-01-01", user_id: "u", model_alias: "default" },
  usage_totals: {
    day: "2026-01-01",
    model_alias: "default",
    calls: 1,
    input_tokens_fresh: 1,
    input_tokens_cached: 0,
    output_tokens: 1,
    credits_burned: 1,
    credits_charged: 1,
    provider_cost_usd: 1,
    revenue_usd: 1,
    refused: 0,
  },
  top_ups: { user_id: "u", amount_usd: 10, credits_to_grant: "333.33" },
  reversals: { object_id: "re_1", payment_intent: "pi_1", kind: "refund", state: "pending", amount_minor: 1 },
  reversal_counts: { payment_intent: "pi_1", objects: 1 },
  stripe_events: { id: "evt_1", type: "t", outcome: "ok" },
  admin_actions: { admin_id: "a", action: "grant", target: "u" },
  lost_answers: { turn_id: TURN, attempt: 1, user_id: "u", model_alias: "default", provider_cost_usd: "0.01" },
  maintenance_runs: { job: "sweep", commit: "c", began_at: "2026-01-01", finished_at: "2026-01-01", outcome: "done", counts: "{}" },
  idempotency_keys: { user_id: "u", key: "k", request_hash: "h", status: 200, body: "{}" },
};

export async function insertRow(client: Client, table: string, row: Row): Promise<void> {
  const columns = Object.keys(row);
  const slots = columns.map((_column, index) => `$${index + 1}`);
  await client.query(`insert into ${table} (${columns.join(", ")}) values (${slots.join(", ")})`, Object.values(row));
}
