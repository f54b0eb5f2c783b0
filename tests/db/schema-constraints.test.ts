// Constraints: the database itself refuses what the product must never write, by a constraint whose name says which rule it was.

import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { GOOD_ROWS, insertRow, type Row, SESSION, TURN } from "../support/rows.ts";

type Insert = [table: string, changes?: Row];

const KEY = { idempotency_key: "k", request_hash: "h" };
const ASIDE = { status: "quarantined", payment_intent: "pi", quarantine_reason: "r", amount_usd: 0, credits_to_grant: 0 };
const OPEN = { status: "quarantined", resolution: null, resolved_at: null };
const GRANTED = { ...ASIDE, status: "succeeded", resolution: "grant", resolved_at: "2026-01-01", amount_usd: 9, credits_to_grant: 300 };
const READ_FILE = { parse_status: "completed", parsed_at: "2026-01-01", text_octets: 1, text_pages: ["t"] };
const SETTLED = { status: "completed", completed_at: "2026-01-01", assistant_output: "a", response_body: "{}", balance_after: "1" };

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await freshDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  for (const id of ["u", "without-sessions"]) await insertRow(client, "users", { id });
  await insertRow(client, "sessions", { id: SESSION, user_id: "u" });
  await insertRow(client, "credit_wallets", { user_id: "w" });
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

test.each(Object.keys(GOOD_ROWS))("a good row of %s is taken, so that the refusals below mean something", async (table) => {
  expect(await refusal([table])).toBeNull();
});

test("NaN is refused in every numeric column of every table", async () => {
  const { rows } = await client.query<{ table_name: string; column_name: string }>(
    "select table_name, column_name from information_schema.columns where table_schema = 'public' and data_type = 'numeric' order by 1, 2",
  );
  expect(rows.length).toBeGreaterThan(25);
  for (const { table_name, column_name } of rows) {
    const refused = (await refusal([table_name, { [column_name]: "NaN" }])) ?? "nothing";
    expect(refused, `${table_name}.${column_name}`).toMatch(new RegExp(`^${table_name}_`));
  }
});

test("a negative count of tokens, calls, steps, attempts or milliseconds is refused everywhere", async () => {
  const { rows } = await client.query<{ table_name: string; column_name: string }>(`
    select table_name, column_name from information_schema.columns
     where table_schema = 'public' and table_name not like 'kysely%' and data_type in ('integer', 'bigint')
       and column_name <> 'pricing_revision' order by 1, 2`);
  expect(rows.length).toBeGreaterThan(25);
  for (const { table_name, column_name } of rows) {
    expect(await refusal([table_name, { [column_name]: -1 }]), `${table_name}.${column_name}`).toMatch(new RegExp(`^${table_name}_`));
  }
});

const cases: [what: string, constraint: string, ...rows: Insert[]][] = [
  ["an empty user id", "users_id_shape", ["users", { id: "" }]],
  ["a user id of 65 characters", "users_id_shape", ["users", { id: "x".repeat(65) }]],
  ["a control character in a user id", "users_id_shape", ["users", { id: "a\u0007" }]],
  ["a control character of the upper range", "users_id_shape", ["users", { id: "a\u0085" }]],
  ["a wallet of an impossible user id", "credit_wallets_user_id_shape", ["credit_wallets", { user_id: "a\n" }]],
  ["a session of nobody", "sessions_user_id_fkey", ["sessions", { user_id: "nobody" }]],
  ["a turn of no session", "turns_session_id_fkey", ["turns", { session_id: TURN }]],
  ["an unknown status of a turn", "turns_status_known", ["turns", { status: "lost", turn_index: null }]],
  ["a negative hold", "turns_hold", ["turns", { hold: "-0.00000001" }]],
  ["a turn on its attempt 0", "turns_attempt", ["turns", { attempt: 0 }]],
  ["a turn that may answer nothing", "turns_max_output_tokens", ["turns", { max_output_tokens: 0 }]],
  ["a turn at a place before the first", "turns_place", ["turns", { place: 0 }]],
  [
    "a turn that replaces one and has no place",
    "turns_replaces_at_place",
    ["turns", { id: TURN }],
    ["turns", { replaces: TURN, turn_index: 2 }],
  ],
  ["a key without its hash", "turns_key_with_hash", ["turns", { idempotency_key: "k" }]],
  ["a hash without its key", "turns_key_with_hash", ["turns", { request_hash: "h" }]],
  ["a running turn without an index", "turns_index_present", ["turns", { turn_index: null }]],
  ["an index of 0", "turns_index_present", ["turns", { turn_index: 0 }]],
  ["a failed turn that keeps its index", "turns_index_present", ["turns", { status: "failed" }]],
  ["a completed turn without an index", "turns_index_present", ["turns", { ...SETTLED, turn_index: null }]],
  ...Object.keys(SETTLED)
    .filter((column) => column !== "status")
    .map((column): [string, string, Insert] => [
      `a completed turn without ${column}`,
      "turns_settled",
      ["turns", { ...SETTLED, [column]: null }],
    ]),
  ["a running turn with all that settling writes", "turns_settled", ["turns", { ...SETTLED, status: "running" }]],
  ["a key used twice by its user", "turns_key", ["turns", KEY], ["turns", { ...KEY, turn_index: 2 }]],
  [
    "a key used again after a failed turn",
    "turns_key",
    ["turns", { ...KEY, status: "failed", turn_index: null }],
    ["turns", { ...KEY, turn_index: 2 }],
  ],
  ["two running turns in one place of a session", "turns_position", ["turns"], ["turns"]],
  ["a running turn in the place of a completed one", "turns_position", ["turns", SETTLED], ["turns"]],
  ["one model call twice", "llm_call_events_call", ["llm_call_events"], ["llm_call_events"]],
  ["a charge for an internal call", "llm_call_events_internal_is_free", ["llm_call_events", { status: "internal" }]],
  ["an unknown status of a call", "llm_call_events_status_known", ["llm_call_events", { status: "failed" }]],
  ["an unknown source of usage", "llm_call_events_usage_source_known", ["llm_call_events", { usage_source: "guessed" }]],
  ["a negative charge", "llm_call_events_credits_charged", ["llm_call_events", { credits_charged: "-0.00000001" }]],
  ["a negative figure for display", "llm_call_events_credits_burned", ["llm_call_events", { credits_burned: "-0.0001" }]],
  ["a negative part that was taken over", "llm_call_events_credits_absorbed", ["llm_call_events", { credits_absorbed: "-0.00000001" }]],
  [
    "a part of an internal call that was taken over",
    "llm_call_events_absorbed_was_charged",
    ["llm_call_events", { status: "internal", credits_charged: 0, credits_absorbed: "0.00000001" }],
  ],
  ["no octets to a token", "turns_octets_per_token", ["turns", { octets_per_token: 0 }]],
  ["a negative bound of text", "turns_text_bound", ["turns", { text_bound: -1 }]],
  ["a negative cost", "llm_call_events_provider_cost", ["llm_call_events", { provider_cost_usd: "-0.00000001" }]],
  ["a multiplier of 0", "llm_call_events_multiplier", ["llm_call_events", { multiplier: 0 }]],
  ["a credit that is worth nothing", "llm_call_events_usd_per_credit", ["llm_call_events", { usd_per_credit: 0 }]],
  ["an unknown status of a tool call", "tool_call_events_status_known", ["tool_call_events", { status: "partial" }]],
  ["a negative charge of a tool", "tool_call_events_credits", ["tool_call_events", { credits_charged: "-0.00000001" }]],
  ["a charge that is no number", "tool_call_events_credits", ["tool_call_events", { credits_charged: "NaN" }]],
  ["a charge for a tool that failed", "tool_call_events_failed_is_free", ["tool_call_events", { status: "error", credits_charged: 1 }]],
  ["a negative size of a tool call", "tool_call_events_octets", ["tool_call_events", { result_octets: -1 }]],
  ["a tool call twice", "tool_call_events_place", ["tool_call_events"], ["tool_call_events"]],
  ["a tool's price that is a number", "pricing_versions_tool_credits", ["pricing_versions", { tool_credits: '{"search": 1}' }]],
  ["a tool's price below zero", "pricing_versions_tool_credits", ["pricing_versions", { tool_credits: '{"search": "-1"}' }]],
  [
    "a tool's price with nine decimals",
    "pricing_versions_tool_credits",
    ["pricing_versions", { tool_credits: '{"search": "0.000000001"}' }],
  ],
  ["tools' words that are no list", "turns_tool_texts", ["turns", { tool_texts: "{}" }]],
  ["an unknown state of reading a file", "uploaded_files_status", ["uploaded_files", { parse_status: "reading", parsed_at: "2026-01-01" }]],
  ["a file that failed for no reason", "uploaded_files_error", ["uploaded_files", { parse_status: "failed", parsed_at: "2026-01-01" }]],
  ["a file that was read at no time", "uploaded_files_read", ["uploaded_files", { ...READ_FILE, parsed_at: null }]],
  ["a file that was read without its text", "uploaded_files_text", ["uploaded_files", { ...READ_FILE, text_pages: null }]],
  ["a file that was read without a page", "uploaded_files_text", ["uploaded_files", { ...READ_FILE, text_pages: [] }]],
  ["a deleted file with its text", "uploaded_files_text", ["uploaded_files", { ...READ_FILE, filename: "", deleted_at: "2026-01-01" }]],
  ["a deleted file with its name", "uploaded_files_forgotten", ["uploaded_files", { deleted_at: "2026-01-01" }]],
  ["a file's name of 256 characters", "uploaded_files_filename", ["uploaded_files", { filename: "é".repeat(256) }]],
  ["two files at one place", "uploaded_files_storage_key", ["uploaded_files"], ["uploaded_files"]],
  ["files that take less than nothing", "file_usage_bytes", ["file_usage", { bytes: -1 }]],
  ["a second active version", "pricing_versions_one_active", ["pricing_versions", { is_active: true }]],
  ["a negative weight", "pricing_versions_weights", ["pricing_versions", { weight_cached: "-0.1" }]],
  ["a credit of no tokens", "pricing_versions_oe_per_credit", ["pricing_versions", { oe_per_credit: 0 }]],
  ["a price of 0", "model_pricing_multiplier", ["model_pricing", { multiplier: 0 }]],
  ["a price above 100", "model_pricing_multiplier", ["model_pricing", { multiplier: "100.0001" }]],
  ["an alias twice in a version", "model_pricing_pkey", ["model_pricing"], ["model_pricing"]],
  ["a price of no version", "model_pricing_pricing_version_fkey", ["model_pricing", { pricing_version: "none" }]],
  ["more given back than was held", "credit_wallets_held", ["credit_wallets", { held: "-0.00000001" }]],
  ["a second wallet of a user", "credit_wallets_pkey", ["credit_wallets", { user_id: "w" }]],
  ["a ledger row without a wallet", "credit_transactions_user_id_fkey", ["credit_transactions", { user_id: "nobody" }]],
  ["one reference granted twice", "credit_transactions_reference", ["credit_transactions"], ["credit_transactions", { seq: 2 }]],
  [
    "one place in a wallet's chain twice",
    "credit_transactions_position",
    ["credit_transactions"],
    ["credit_transactions", { reference_id: "r2" }],
  ],
  ["a chain that begins at 0", "credit_transactions_seq", ["credit_transactions", { seq: 0 }]],
  ["an unknown kind", "credit_transactions_kind_known", ["credit_transactions", { kind: "gift" }]],
  ["an unknown source", "credit_transactions_source_known", ["credit_transactions", { source: "luck" }]],
  ["a grant of 0", "credit_transactions_sign", ["credit_transactions", { amount: 0 }]],
  ["a grant that takes", "credit_transactions_sign", ["credit_transactions", { amount: -1 }]],
  ["a debit that gives", "credit_transactions_sign", ["credit_transactions", { kind: "debit", amount: 1 }]],
  ["a debit of 0", "credit_transactions_sign", ["credit_transactions", { kind: "debit", amount: 0 }]],
  ["a refund of 0", "credit_transactions_sign", ["credit_transactions", { kind: "refund", amount: 0 }]],
  ["a note of 257 characters", "credit_transactions_note", ["credit_transactions", { note: "é".repeat(257) }]],
  ["a second row of settings", "runtime_settings_one_row", ["runtime_settings", { one: false }]],
  ["a day of a user and a model twice", "usage_daily_pkey", ["usage_daily"], ["usage_daily"]],
  ["a day's total of a model twice", "usage_totals_pkey", ["usage_totals"], ["usage_totals"]],
  ["a top-up of nothing", "top_ups_amount", ["top_ups", { amount_usd: 0 }]],
  ["a top-up that grants nothing", "top_ups_credits", ["top_ups", { credits_to_grant: 0 }]],
  ["an unknown state of a top-up", "top_ups_status_known", ["top_ups", { status: "paid" }]],
  ["a top-up of less than nothing", "top_ups_amount", ["top_ups", { ...ASIDE, amount_usd: "-0.01" }]],
  ["a paid top-up that grants nothing", "top_ups_credits", ["top_ups", { ...GRANTED, credits_to_grant: 0 }]],
  ["a paid top-up without its payment", "top_ups_paid", ["top_ups", { status: "succeeded" }]],
  ["an unknown resolution", "top_ups_resolution_known", ["top_ups", { ...GRANTED, resolution: "lost" }]],
  ["a resolution at no time", "top_ups_resolved", ["top_ups", { ...GRANTED, resolved_at: null }]],
  ["an admin who resolved nothing", "top_ups_resolved", ["top_ups", { ...ASIDE, resolved_by: "a" }]],
  ["a payment set aside for no reason", "top_ups_quarantine", ["top_ups", { ...GRANTED, ...OPEN, quarantine_reason: null }]],
  ["a payment in quarantine that was resolved", "top_ups_quarantine", ["top_ups", { ...GRANTED, status: "quarantined" }]],
  ["a payment granted out of quarantine by itself", "top_ups_quarantine", ["top_ups", { ...GRANTED, resolution: null, resolved_at: null }]],
  ["a payment canceled out of quarantine", "top_ups_quarantine", ["top_ups", { ...GRANTED, ...OPEN, status: "canceled" }]],
  ["a dismissed payment that was granted", "top_ups_quarantine", ["top_ups", { ...GRANTED, status: "dismissed" }]],
  ["a paid top-up that was dismissed", "top_ups_quarantine", ["top_ups", { ...GRANTED, resolution: "dismiss" }]],
  ["a top-up's key without its hash", "top_ups_key_with_hash", ["top_ups", { idempotency_key: "k" }]],
  ["a top-up's key twice", "top_ups_key", ["top_ups", KEY], ["top_ups", KEY]],
  ["two top-ups of one payment", "top_ups_payment_intent", ["top_ups", { payment_intent: "pi" }], ["top_ups", { payment_intent: "pi" }]],
  ["an unknown kind of reversal", "reversals_kind_known", ["reversals", { kind: "gift" }]],
  ["less than nothing taken back", "reversals_taken", ["reversals", { taken: "-0.00000001" }]],
  ["one payment event twice", "stripe_events_pkey", ["stripe_events"], ["stripe_events"]],
  ["a refusal kept for replay", "idempotency_keys_status", ["idempotency_keys", { status: 402 }]],
  ["another write's key", "idempotency_keys_pkey", ["idempotency_keys"], ["idempotency_keys"]],
];
test.each([
  ["set aside for no dollars", ASIDE],
  ["granted by an admin", GRANTED],
  ["dismissed by an admin", { ...ASIDE, status: "dismissed", resolution: "dismiss", resolved_at: "2026-01-01", resolved_by: "a" }],
  ["restored", { ...GRANTED, quarantine_reason: null, resolution: "restore" }],
])("a payment that was %s is taken, so that the refusals of its kind mean something", async (_what, row) => {
  expect(await refusal(["top_ups", row])).toBeNull();
});

test.each(cases)("%s is refused by %s", async (_what, constraint, ...rows) => {
  expect(await refusal(...rows)).toBe(constraint);
});

test("a failed turn frees its place, and keyless turns never collide", async () => {
  expect(
    await refusal(["turns", { status: "failed", turn_index: null }], ["turns", { status: "failed", turn_index: null }], ["turns"]),
  ).toBeNull();
});

test("an amount beyond the ledger's digits, or infinite, is refused and never cut", async () => {
  expect(await refusal(["credit_transactions", { amount: "10000000000" }])).toBe("22003");
  expect(await refusal(["credit_wallets", { balance: "Infinity" }])).toBe("22003");
});

/** Inserts the rows, undoes them, and names what refused the last one: the constraint, else the SQLSTATE; null when all were taken. */
async function refusal(...rows: Insert[]): Promise<string | null> {
  await client.query("begin");
  try {
    for (const [index, [table, changes]] of rows.entries()) {
      try {
        await insertRow(client, table, { ...GOOD_ROWS[table], ...changes });
      } catch (error) {
        expect(index).toBe(rows.length - 1);
        return textOf(error, "constraint") ?? textOf(error, "code");
      }
    }
    return null;
  } finally {
    await client.query("rollback");
  }
}

function textOf(error: unknown, member: string): string | null {
  const value: unknown = error instanceof Error ? Reflect.get(error, member) : null;
  return typeof value === "string" ? value : null;
}
