// The shapes of what the API answers, as far as the pages read them. Only types: the contract says what they mean, and is the truth.

/** An exact decimal, as the API writes it. */
export type Decimal = string;
/** RFC 3339, UTC. */
export type Time = string;

export type * from "./price-shapes.ts";
export * from "./admin-shapes.ts";

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

export type UsageEvent = OfKey & {
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

/** By which API key a call came; null for none. */
type OfKey = { readonly api_key_id: string | null; readonly api_key_name: string | null };

type Used = {
  readonly calls: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly credits_charged: Decimal;
};
/** The newest day and the dearest model first; what was not grouped by is null. */
export type UsedRow = Used & OfKey & { readonly date: string | null; readonly model_alias: string | null };
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

/** What a turn was charged for one use of a tool. */
export type ReceiptTool = {
  readonly event_id: string;
  readonly tool_name: string;
  readonly status: "success" | "error";
  readonly pricing_version: string;
  readonly price: Decimal;
  readonly credits_charged: Decimal;
};

/** `turn_id`, `lines` and `tools` are a turn's, `payment` is a top-up's; what an admin granted or took has neither. */
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
  readonly tools: readonly ReceiptTool[];
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

/** Limits by their names; null is none. */
export type Limits = {
  readonly credits_per_day: Decimal | null;
  readonly credits_per_month: Decimal | null;
  readonly credits_total: Decimal | null;
  readonly calls_per_minute: number | null;
  readonly calls_per_hour: number | null;
  readonly running: number | null;
};
/** Of one's own limits and an admin's the lower counts, and stands in `in_force`. */
export type LimitsInForce = {
  readonly user_id: string;
  readonly own: Limits;
  readonly admin: Limits;
  readonly in_force: readonly {
    readonly name: keyof Limits;
    readonly most: Decimal;
    readonly used: Decimal;
    readonly left: Decimal;
    readonly resets_at: Time | null;
  }[];
};

/** What somebody says of a key. `models` null is any, `expires_at` null is never. */
export type KeyWish = {
  readonly name: string;
  readonly expires_at: Time | null;
  readonly models: readonly string[] | null;
  /** Beside those of its owner. */
  readonly limits: Limits | null;
};
export type ApiKey = KeyWish & {
  readonly id: string;
  /** How its text begins. */
  readonly prefix: string;
  readonly revoked_at: Time | null;
  /** Until when the text before the last rotation is good, too. */
  readonly former_until: Time | null;
  readonly spent: Decimal;
  /** A day of UTC. */
  readonly last_used_on: string | null;
  readonly created_at: Time;
};
/** `key` is its text, shown once; null where a response is repeated. */
export type MadeKey = ApiKey & { readonly key: string | null };

/** Something that is kept of a person. */
export type DataRecord = { readonly type: string; readonly data: unknown };

/** `complete`: false when some is erased only within the next minutes. */
export type ErasedData = { readonly sessions: number; readonly turns: number; readonly complete: boolean };

export const TOOLS = ["search", "file_read"] as const;
export type Tool = (typeof TOOLS)[number];

export type Session = {
  readonly id: string;
  readonly title: string | null;
  readonly model_alias: string;
  readonly tools: readonly Tool[];
  readonly created_at: Time;
};

/** `pages` is null until it is read; `parse_error` says why it could not be. */
export type SessionFile = {
  readonly id: string;
  readonly filename: string;
  readonly size_bytes: number;
  readonly parse_status: "pending" | "completed" | "failed";
  readonly parse_error: string | null;
  readonly pages: number | null;
  readonly is_truncated: boolean;
  readonly created_at: Time;
};

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
  readonly max_output_tokens?: number;
  /** How the answer ended; not on turns of before this was told. */
  readonly finish_reason?: "stop" | "length" | "content_filter" | "tool_calls" | "budget" | "cut" | "other" | null;
  readonly tool_calls: readonly { readonly tool_name: string; readonly status: "success" | "error"; readonly credits_charged: Decimal }[];
  /** The turn that this one stands in for. */
  readonly replaces?: string | null;
  readonly created_at: Time;
};

type ModelPrice = { readonly credits: Decimal; readonly usd: Decimal };
/** Prices are for a million tokens. */
export type Model = {
  readonly model_alias: string;
  readonly context_window: number;
  readonly prices: {
    readonly input_tokens_fresh: ModelPrice;
    readonly input_tokens_cached: ModelPrice;
    readonly output_tokens: ModelPrice;
  };
};
