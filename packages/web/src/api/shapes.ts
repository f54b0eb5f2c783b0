// The shapes of what the API answers, as far as the pages read them. Only types: the contract says what they mean, and is the truth.

/** An exact decimal, as the API writes it. */
export type Decimal = string;
/** RFC 3339, UTC. */
export type Time = string;

export type Me = { readonly user_id: string; readonly email: string | null; readonly is_admin: boolean };
export type Wallet = { readonly user_id: string; readonly balance: Decimal; readonly held: Decimal; readonly available: Decimal };

export type Transaction = {
  readonly id: string;
  readonly kind: "grant" | "debit" | "refund";
  readonly source: "turn" | "top_up" | "admin" | "seed" | "promo" | "reversal";
  readonly description: string;
  readonly amount: Decimal;
  readonly balance_after: Decimal;
  readonly initiated_by: string | null;
  readonly note: string | null;
  readonly reference_id: string;
  readonly created_at: Time;
};

export type UsageEvent = {
  readonly id: string;
  readonly turn_id: string;
  readonly model_alias: string;
  readonly provider_model: string;
  readonly input_tokens_fresh: number;
  readonly input_tokens_cached: number;
  readonly output_tokens: number;
  readonly multiplier: Decimal;
  readonly pricing_version: string;
  readonly credits_charged: Decimal;
  readonly usage_source: "reported" | "estimated";
  readonly created_at: Time;
};

type Used = {
  readonly calls: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly credits_charged: Decimal;
};
/** The newest day and the dearest model first; what was not grouped by is null. */
export type UsedRow = Used & { readonly date: string | null; readonly model_alias: string | null };
export type OwnSummary = { readonly total: Used; readonly rows: readonly UsedRow[] };

export type ReceiptLine = {
  readonly event_id: string;
  readonly model_alias: string;
  readonly provider_model: string;
  readonly input_tokens_fresh: number;
  readonly input_tokens_cached: number;
  readonly output_tokens: number;
  readonly weight_fresh: Decimal;
  readonly weight_cached: Decimal;
  readonly weight_output: Decimal;
  readonly oe_per_credit: Decimal;
  readonly oe_tokens: Decimal;
  readonly multiplier: Decimal;
  readonly pricing_version: string;
  readonly arithmetic: string;
  readonly credits_charged: Decimal;
  readonly matches: boolean;
};

/** `turn_id` and `lines` are a turn's, `payment` is a top-up's; what an admin granted or took has neither. */
export type Receipt = {
  readonly transaction_id: string;
  readonly description: string;
  readonly turn_id: string | null;
  readonly payment: {
    readonly payment_intent_id: string;
    readonly amount_usd: Decimal;
    readonly usd_per_credit: Decimal | null;
    readonly arithmetic: string | null;
    readonly credits: Decimal;
  } | null;
  readonly amount: Decimal;
  readonly balance_after: Decimal;
  readonly created_at: Time;
  readonly lines: readonly ReceiptLine[];
  readonly total: Decimal;
  readonly matches: boolean;
};

export const TOP_UP_STATUSES = ["created", "pending", "processing", "succeeded", "failed", "canceled", "quarantined", "dismissed"] as const;
export type TopUpStatus = (typeof TOP_UP_STATUSES)[number];

export type DisputeState = "open" | "withdrawn" | "returned" | "won" | "lost" | "closed";

export type TopUp = {
  readonly id: string;
  readonly amount_usd: Decimal;
  readonly credits_to_grant: Decimal;
  readonly status: TopUpStatus;
  readonly payment_intent_id: string | null;
  readonly refunded_usd: Decimal;
  readonly disputed: { readonly state: DisputeState; readonly amount_usd: Decimal | null } | null;
  readonly credits_taken_back: Decimal;
  readonly created_at: Time;
  readonly updated_at: Time;
};

export type PayableTopUp = TopUp & { readonly client_secret: string | null };
export type StartedTopUp = Pick<PayableTopUp, "id" | "amount_usd" | "credits_to_grant" | "status" | "client_secret">;

export type Session = { readonly id: string; readonly title: string | null; readonly model_alias: string; readonly created_at: Time };

export type Turn = {
  readonly id: string;
  readonly session_id: string;
  readonly user_input: string;
  readonly assistant_output: string | null;
  readonly status: "running" | "completed" | "failed";
  readonly model_alias_used: string;
  readonly provider_model: string | null;
  readonly usage: {
    readonly input_tokens_fresh: number;
    readonly input_tokens_cached: number;
    readonly output_tokens: number;
    readonly estimated: boolean;
  } | null;
  readonly multiplier: Decimal | null;
  readonly credits_charged: Decimal | null;
  readonly balance_after: Decimal | null;
  readonly created_at: Time;
};

export type Price = { readonly model_alias: string; readonly multiplier: Decimal; readonly pricing_version: string };
export type Prices = { readonly pricing_version: string; readonly revision: string; readonly items: readonly Price[] };
export type PricingVersion = {
  readonly version: string;
  readonly label: string;
  readonly effective_date: string;
  readonly is_active: boolean;
};

export type Settings = {
  readonly enforcement_enabled: boolean;
  readonly enforcement_source: "config" | "override";
  readonly low_balance_threshold: Decimal;
  readonly pricing_version: string;
  readonly revision: string;
};

export type Summary = {
  readonly total_credits_charged: Decimal;
  readonly total_llm_calls: number;
  readonly total_input_tokens: number;
  readonly total_output_tokens: number;
  readonly provider_cost_usd: Decimal;
  readonly would_have_been_refused: number;
  readonly breakdown: readonly { readonly model_alias: string; readonly call_count: number; readonly credits_burned: Decimal }[];
  readonly daily: readonly { readonly date: string; readonly credits_burned: Decimal; readonly call_count: number }[];
};

type Earned = {
  readonly revenue_usd: Decimal;
  readonly revenue_paid_usd: Decimal;
  readonly revenue_granted_usd: Decimal;
  readonly revenue_unpaid_usd: Decimal;
  readonly provider_cost_usd: Decimal;
  readonly margin_usd: Decimal;
};
export type ModelMargin = Earned & { readonly model_alias: string };
export type MarginBucket = Earned & { readonly date: string };
export type Margin = Earned & {
  readonly liability_credits: Decimal;
  readonly liability_usd: Decimal;
  readonly by_model: readonly ModelMargin[];
  readonly buckets: readonly MarginBucket[];
};

export type UserUsage = {
  readonly user_id: string;
  readonly model_alias: string;
  readonly total_input_tokens: number;
  readonly total_output_tokens: number;
  readonly total_credits_burned: Decimal;
  readonly event_count: number;
};

export type Action = {
  readonly id: string;
  readonly admin_id: string;
  readonly action: string;
  readonly target: string;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly created_at: Time;
};

export type AdminTopUp = TopUp & {
  readonly user_id: string;
  readonly payment_intent: string | null;
  readonly livemode: boolean | null;
  readonly quarantine_reason: string | null;
};

export type Invariant = { readonly name: string; readonly promise: string; readonly broken: number };
export type Reconciliation = {
  readonly invariants: readonly Invariant[];
  readonly broken_total: number;
  readonly lost_revenue: { readonly answers: number; readonly provider_cost_usd: Decimal };
};

export type Health = {
  readonly status: "ok" | "drift";
  /** All that follows is missing where a stage tells its build only to those who send its build token, which these pages have not. */
  readonly function?: string;
  readonly version?: string;
  readonly commit?: string;
  readonly migration_head?: string;
  readonly expected_migration_head?: string;
  readonly revision?: string;
  readonly maintenance?: readonly JobRun[];
};

export type JobRun = {
  readonly job: string;
  readonly commit: string;
  readonly finished_at: Time;
  readonly outcome: "done" | "failed";
};
