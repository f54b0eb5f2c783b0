// The tables as Kysely sees them, named as in SQL. Written by hand beside migrations/; numerics and int8 stay strings, dates stay text.

import type { ColumnType, Generated } from "kysely";
import type { AuditTables } from "./audit.ts";
import type { FileTables } from "./files.ts";
import type { GrantTables } from "./grants.ts";
import type { KeyTables } from "./keys.ts";
import type { MaintenanceTables } from "./maintenance.ts";
import type { PaymentTables } from "./payments.ts";
import type { SummaryTables } from "./summaries.ts";
import type { WalletTables } from "./wallets.ts";
import type { ToolTables } from "./tools.ts";
import type { CallState, LedgerKind, LedgerSource, ToolName, TurnOrigin, TurnState, UsageSource } from "@pantheon/contract/vocabulary.ts";

/** Every table of the product. */
export interface Schema
  extends PaymentTables, MaintenanceTables, SummaryTables, KeyTables, GrantTables, AuditTables, FileTables, ToolTables, WalletTables {
  users: UsersTable;
  sessions: SessionsTable;
  session_usage: SessionUsageTable;
  turns: TurnsTable;
  llm_call_events: LlmCallEventsTable;
  pricing_versions: PricingVersionsTable;
  model_pricing: ModelPricingTable;
  runtime_settings: RuntimeSettingsTable;
  credit_transactions: CreditTransactionsTable;
  usage_daily: UsageDailyTable;
  usage_totals: UsageTotalsTable;
  migration_checksums: MigrationChecksumsTable;
}

/** numeric or int8: a decimal string on the way out and in. */
type Exact = string;
type GeneratedExact = ColumnType<Exact, Exact | undefined, Exact>;

/** timestamptz with a default on the database's clock. */
type Stamp = ColumnType<Date, Date | undefined, Date>;

/** Columns of rows that are written once: the types refuse the UPDATE that the trigger would. */
type Once<T> = ColumnType<T, T, never>;
type OnceNullable<T> = ColumnType<T | null, T | null | undefined, never>;
type OnceGenerated<T> = ColumnType<T, T | undefined, never>;

interface UsersTable {
  id: string;
  email: string | null;
  suspended_at: Date | null;
  suspension_reason: string | null;
  last_seen_at: Stamp;
  created_at: Stamp;
}

interface SessionsTable {
  id: Generated<string>;
  user_id: string;
  title: string | null;
  model_alias: Generated<string>;
  system_prompt: string | null;
  tools: Generated<ToolName[]>;
  /** Null: every alias that is no dearer than the session's own. */
  auto_aliases: string[] | null;
  deleted_at: Date | null;
  erase_at: Date | null;
  erased_at: Date | null;
  created_at: Stamp;
}

/** Written by a trigger of sessions; locked by whoever opens or changes one. */
interface SessionUsageTable {
  user_id: string;
  sessions: Generated<number>;
  prompt_bytes: GeneratedExact;
}

interface TurnsTable {
  id: Generated<string>;
  /** Null for a call that belongs to no session. */
  session_id: string | null;
  user_id: string;
  status: TurnState;
  turn_index: number | null;
  user_input: string;
  assistant_output: string | null;
  model_alias: string;
  created_at: Stamp;
  completed_at: Date | null;
  hold: GeneratedExact;
  attempt: Generated<number>;
  lease_until: Date;
  max_output_tokens: number;
  provider_model: string | null;
  pricing_version: string | null;
  pricing_revision: Exact | null;
  idempotency_key: string | null;
  request_hash: string | null;
  response_body: string | null;
  balance_after: Exact | null;
  would_refuse: Generated<boolean>;
  prune_triggered: Generated<boolean>;
  over_hold: Generated<boolean>;
  failure_code: string | null;
  claim: Generated<string>;
  octets_per_token: Exact | null;
  text_bound: Exact | null;
  replaces: string | null;
  place: number | null;
  /** What its tools were asked and what they said: a list, as JSON. */
  tool_texts: unknown;
  api_key_id: string | null;
  erased_at: Date | null;
  /** Who ran the model; null is the house. The four below are a hold's alone. */
  origin: TurnOrigin | null;
  multiplier: Exact | null;
  opened_until: Date | null;
  /** jsonb: handed in as JSON text. */
  metadata: ColumnType<Readonly<Record<string, string>> | null, string | null | undefined, string | null>;
  /** Whose key acted for the turn's person. */
  acted_by: string | null;
}

interface LlmCallEventsTable {
  id: OnceGenerated<string>;
  user_id: Once<string>;
  session_id: OnceNullable<string>;
  turn_id: Once<string>;
  attempt: Once<number>;
  call_index: Once<number>;
  provider: Once<string>;
  model_alias: Once<string>;
  provider_model: Once<string>;
  provider_request_id: OnceNullable<string>;
  input_tokens_fresh: Once<Exact>;
  input_tokens_cached: Once<Exact>;
  output_tokens: Once<Exact>;
  reasoning_tokens: Once<Exact>;
  total_tokens: Once<Exact>;
  oe_tokens_computed: Once<Exact>;
  multiplier: Once<Exact>;
  weight_fresh: Once<Exact>;
  weight_cached: Once<Exact>;
  weight_output: Once<Exact>;
  oe_per_credit: Once<Exact>;
  provider_cost_usd: Once<Exact>;
  credits_burned: Once<Exact>;
  credits_charged: Once<Exact>;
  credits_absorbed: OnceGenerated<Exact>;
  /** Credits that a caller stated, instead of tokens. */
  stated_credits: OnceNullable<Exact>;
  usd_per_credit: Once<Exact>;
  latency_ms: Once<number>;
  status: Once<CallState>;
  usage_source: Once<UsageSource>;
  pricing_version: Once<string>;
  pricing_revision: Once<Exact>;
  request_id: OnceNullable<string>;
  api_key_id: OnceNullable<string>;
  created_at: OnceGenerated<Date>;
}

interface PricingVersionsTable {
  version: Once<string>;
  label: Once<string>;
  effective_date: Once<string>;
  is_active: Generated<boolean>;
  weight_fresh: OnceGenerated<Exact>;
  weight_cached: OnceGenerated<Exact>;
  weight_output: OnceGenerated<Exact>;
  oe_per_credit: OnceGenerated<Exact>;
  /** Decimal texts by the name of a tool. */
  tool_credits: OnceGenerated<Record<string, string>>;
  created_at: OnceGenerated<Date>;
}

interface ModelPricingTable {
  pricing_version: Once<string>;
  model_alias: Once<string>;
  multiplier: Exact;
}

interface RuntimeSettingsTable {
  one: OnceGenerated<boolean>;
  revision: GeneratedExact;
  enforcement_override: boolean | null;
  admin_actions: GeneratedExact;
  updated_at: Stamp;
}

interface CreditTransactionsTable {
  id: OnceGenerated<string>;
  user_id: Once<string>;
  seq: Once<Exact>;
  kind: Once<LedgerKind>;
  source: Once<LedgerSource>;
  amount: Once<Exact>;
  balance_after: Once<Exact>;
  reference_id: Once<string>;
  note: OnceNullable<string>;
  expires_at: OnceNullable<Date>;
  created_at: OnceGenerated<Date>;
  initiated_by: OnceNullable<string>;
}

interface UsageDailyTable {
  day: string;
  user_id: string;
  model_alias: string;
  calls: GeneratedExact;
  input_tokens_fresh: GeneratedExact;
  input_tokens_cached: GeneratedExact;
  output_tokens: GeneratedExact;
  credits_burned: GeneratedExact;
  credits_charged: GeneratedExact;
  provider_cost_usd: GeneratedExact;
  revenue_usd: GeneratedExact;
  refused: GeneratedExact;
}

type UsageTotalsTable = { [Column in keyof Omit<UsageDailyTable, "user_id">]: Once<string> };

interface MigrationChecksumsTable {
  name: Once<string>;
  sha256: Once<string>;
  applied_at: OnceGenerated<Date>;
}
