// The shapes of what admins are answered, as far as the pages read them.

import type { ApiKey, Decimal, TopUp, Time, Transaction, Wallet } from "./shapes.ts";

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

export type Invariant = { readonly name: string; readonly promise: string; readonly broken: number };
export type Reconciliation = {
  readonly invariants: readonly Invariant[];
  readonly broken_total: number;
  readonly lost_revenue: { readonly answers: number; readonly provider_cost_usd: Decimal; readonly lapsed_turns: number };
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

type Standing = { readonly suspended: boolean; readonly suspension_reason: string | null };
export type Person = Wallet &
  Standing & {
    readonly email: string | null;
    readonly created_at: Time;
    readonly last_seen_at: Time;
    readonly low_balance: boolean;
    readonly first_turn_at: Time | null;
    readonly last_turn_at: Time | null;
  };
export type AdminWallet = Wallet & { readonly recent_transactions: readonly Transaction[] };

/** Money that moved, in USD. */
export type Moved = {
  readonly payments: number;
  readonly taken_usd: Decimal;
  readonly refunded_usd: Decimal;
  readonly disputed_usd: Decimal;
  readonly net_usd: Decimal;
};
export type Cash = {
  readonly total: Moved;
  readonly days: readonly (Moved & { readonly date: string })[];
  readonly other_currencies: readonly {
    readonly currency: string;
    readonly payments: number;
    readonly taken_minor: Decimal;
    readonly refunded_minor: Decimal;
  }[];
};

export type AdminTopUp = TopUp & {
  readonly user_id: string;
  readonly payment_intent: string | null;
  readonly livemode: boolean | null;
  readonly quarantine_reason: string | null;
  /** What Stripe said was received, in the smallest unit of its currency; kept of payments that were set aside. */
  readonly received_minor: Decimal | null;
  readonly received_currency: string | null;
  readonly resolution: "grant" | "dismiss" | "restore" | null;
  readonly resolved_by: string | null;
  readonly resolved_at: Time | null;
  readonly resolution_note: string | null;
};

/** What becomes of a payment that was set aside. Without credits a grant is what was received buys. */
export type ResolveWish =
  | { readonly action: "grant"; readonly note: string; readonly credits?: Decimal; readonly user_id?: string }
  | { readonly action: "dismiss"; readonly note: string };
export type ResolvedTopUp = {
  readonly user_id: string;
  readonly credits_granted: Decimal | null;
  readonly new_balance: Decimal | null;
};

export const PROPOSAL_STATES = ["proposed", "granted", "dismissed"] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];
/** A grant that needs a second admin. */
export type Proposal = {
  readonly id: string;
  readonly user_id: string;
  readonly amount: Decimal;
  readonly note: string | null;
  readonly status: ProposalState;
  readonly proposed_by: string;
  readonly resolved_by: string | null;
  readonly resolved_at: Time | null;
  readonly created_at: Time;
};

export type AdminKey = ApiKey & { readonly user_id: string };

/** What an admin read of somebody. */
export type AdminRead = {
  readonly id: string;
  readonly admin_id: string;
  readonly operation: string;
  readonly target: string | null;
  readonly created_at: Time;
};

/** `state` is Stripe's word. */
export type Reversal = {
  readonly id: string;
  readonly payment_intent: string;
  readonly user_id: string | null;
  readonly livemode: boolean | null;
  readonly kind: "refund" | "dispute";
  readonly state: string;
  /** In the smallest unit of its currency. */
  readonly amount_minor: string;
  readonly currency: string;
  readonly credits_taken: Decimal;
  readonly created_at: Time;
};

/** Whose turns began without enough credits. */
export type WouldRefuse = { readonly user_id: string; readonly refused: number; readonly calls: number; readonly balance: Decimal };
