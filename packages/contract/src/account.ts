// A user's own account on the wire (contract section 4): who, wallet, usage, ledger, receipts, top-ups.

import * as v from "valibot";
import { decimalOrFault } from "./decimal-input.ts";
import { DISPUTE_STATES, LEDGER_KINDS, LEDGER_SOURCES, TOP_UP_STATES, USAGE_SOURCES, TOOL_STATES } from "./vocabulary.ts";
import { KEYED_ENTRIES, KeyFilter } from "./keyed.ts";
import { Count, DAY_ENTRIES, Decimal, Id, named, page, PAGE_ENTRIES, Time } from "./wire.ts";

/** Whether somebody's turns and top-ups are refused, and the reason if one was given. */
export const STANDING_ENTRIES = { suspended: v.boolean(), suspension_reason: v.nullable(v.string()) };

export const Me = named(
  "Me",
  "Who the token says you are, and whether you are suspended.",
  v.object({ user_id: v.string(), email: v.nullable(v.string()), is_admin: v.boolean(), ...STANDING_ENTRIES }),
);

export const WALLET_ENTRIES = { user_id: v.string(), balance: Decimal, held: Decimal, available: Decimal };

export const Wallet = named(
  "Wallet",
  "Credits. `held` is what running turns may cost; `available` is the balance without it.",
  v.object({ ...WALLET_ENTRIES, low_balance: v.boolean(), ...STANDING_ENTRIES }),
);

export const UsageEvent = named(
  "UsageEvent",
  "One model call of yours, with what it was charged.",
  v.object({
    id: v.string(),
    turn_id: v.string(),
    session_id: v.pipe(v.nullable(v.string()), v.description("Null for a call that belongs to no session.")),
    model_alias: v.string(),
    provider_model: v.string(),
    input_tokens_fresh: Count,
    input_tokens_cached: Count,
    output_tokens: Count,
    multiplier: Decimal,
    pricing_version: v.string(),
    credits_burned: Decimal,
    credits_charged: Decimal,
    usage_source: v.picklist(USAGE_SOURCES),
    ...KEYED_ENTRIES,
    created_at: Time,
  }),
);

const Description = v.pipe(
  v.string(),
  v.description("What it is, in a sentence for people. It may change; `kind` and `source` are for programs."),
);

/** For its owner and for admins. */
export const Transaction = named(
  "Transaction",
  "A ledger row: it is never changed, and a correction is a new one.",
  v.object({
    id: v.string(),
    kind: v.picklist(LEDGER_KINDS),
    source: v.picklist(LEDGER_SOURCES),
    description: Description,
    amount: Decimal,
    balance_after: Decimal,
    initiated_by: v.nullable(v.string()),
    note: v.nullable(v.string()),
    reference_id: v.string(),
    created_at: Time,
  }),
);

export const TransactionPath = v.strictObject({ transaction_id: Id });

export const ReceiptLine = named(
  "ReceiptLine",
  "One model call of a debit: its stored inputs, and the arithmetic done again from nothing but them. `credits_absorbed` is what the house paid of it.",
  v.object({
    event_id: v.string(),
    model_alias: v.string(),
    provider_model: v.string(),
    input_tokens_fresh: Count,
    input_tokens_cached: Count,
    output_tokens: Count,
    weight_fresh: Decimal,
    weight_cached: Decimal,
    weight_output: Decimal,
    oe_per_credit: Decimal,
    oe_tokens: Decimal,
    multiplier: Decimal,
    pricing_version: v.string(),
    arithmetic: v.string(),
    credits_charged: Decimal,
    credits_absorbed: Decimal,
    recomputed: Decimal,
    matches: v.boolean(),
  }),
);

export const PaymentReceipt = named(
  "PaymentReceipt",
  "What was paid, and the division that gave the credits, done again from the price of that day. Without a price (an admin decided, or it was restored) `credits` are what was decided.",
  v.object({
    top_up_id: v.string(),
    payment_intent_id: v.string(),
    amount_usd: Decimal,
    usd_per_credit: v.nullable(Decimal),
    arithmetic: v.nullable(v.string()),
    credits: Decimal,
  }),
);

export const ReceiptTool = named(
  "ReceiptTool",
  "What a turn was charged for one use of a tool: its price in the pricing version, less what the house took over above a hold. One that failed is free.",
  v.object({
    event_id: v.string(),
    tool_name: v.string(),
    status: v.picklist(TOOL_STATES),
    latency_ms: v.number(),
    pricing_version: v.string(),
    price: Decimal,
    credits_charged: Decimal,
    credits_absorbed: Decimal,
    recomputed: Decimal,
    matches: v.boolean(),
  }),
);

export const Receipt = named(
  "Receipt",
  "How a ledger row came about: a turn's by its `lines` and `tools`, a top-up's by its `payment`; what an admin granted or took has neither. `matches`: computed again, they give the row's amount.",
  v.object({
    transaction_id: v.string(),
    kind: v.picklist(LEDGER_KINDS),
    description: Description,
    turn_id: v.nullable(v.string()),
    ...KEYED_ENTRIES,
    payment: v.nullable(PaymentReceipt),
    amount: Decimal,
    balance_after: Decimal,
    created_at: Time,
    lines: v.array(ReceiptLine),
    tools: v.array(ReceiptTool),
    acted_by: v.pipe(v.nullable(v.string()), v.description("Whose API key acted for you; null: your own, or none.")),
    total: Decimal,
    matches: v.boolean(),
  }),
);

export const TurnPath = v.strictObject({ turn_id: Id });

/** The query of the list of one's own usage. */
export const UsageQuery = v.strictObject({ ...PAGE_ENTRIES, ...DAY_ENTRIES, api_key_id: KeyFilter });
export const UsageFileQuery = v.strictObject({ ...DAY_ENTRIES, api_key_id: KeyFilter });

/** The query of a list of one's own by days. */
export const DatedListQuery = v.strictObject({ ...PAGE_ENTRIES, ...DAY_ENTRIES });
export const DatedQuery = v.strictObject(DAY_ENTRIES);

export const TopUpCreate = named("TopUpCreate", "A top-up to start.", v.strictObject({ amount_usd: decimalOrFault(2) }));

export const TopUpPath = v.strictObject({ top_up_id: Id });

const ClientSecret = v.pipe(v.nullable(v.string()), v.description("What Stripe's own form pays it with; null when it cannot be paid."));

export const TopUpStarted = named(
  "TopUpStarted",
  "A top-up that waits to be paid.",
  v.object({
    id: v.string(),
    client_secret: ClientSecret,
    credits_to_grant: Decimal,
    amount_usd: Decimal,
    status: v.picklist(TOP_UP_STATES),
  }),
);

export const TOP_UP_ENTRIES = {
  id: v.string(),
  amount_usd: Decimal,
  credits_to_grant: Decimal,
  status: v.picklist(TOP_UP_STATES),
  payment_intent_id: v.pipe(
    v.nullable(v.string()),
    v.description("Stripe's name of the payment, as in its mails; null while there is none."),
  ),
  refunded_usd: v.pipe(Decimal, v.description("What was refunded, or is on its way back.")),
  disputed: v.pipe(
    v.nullable(v.object({ state: v.picklist(DISPUTE_STATES), amount_usd: v.nullable(Decimal) })),
    v.description("The newest dispute of the payment; null without one."),
  ),
  credits_taken_back: v.pipe(Decimal, v.description("By its refunds and disputes, as it stands now.")),
  created_at: Time,
  updated_at: Time,
};

export const TopUp = named("TopUp", "A top-up and its state.", v.object(TOP_UP_ENTRIES));

export const TopUpRead = named(
  "TopUpRead",
  "A top-up, with what it can be paid by.",
  v.object({ ...TOP_UP_ENTRIES, client_secret: ClientSecret }),
);

export const UsageList = named("UsageList", "A page of model calls, newest first.", page("events", UsageEvent));
export const TransactionList = named("TransactionList", "A page of ledger rows, newest first.", page("transactions", Transaction));
export const TopUpList = named("TopUpList", "A page of top-ups, newest first.", page("top_ups", TopUp));

export const ErasedData = named(
  "ErasedData",
  "What was erased. Ledger, usage and payments stay, without a word of what was said.",
  v.object({
    sessions: v.pipe(Count, v.description("Sessions that were deleted, or whose texts were still there.")),
    turns: Count,
    complete: v.pipe(
      v.boolean(),
      v.description("False when some is erased only within the next minutes: a turn that runs, or more than fits into one request."),
    ),
  }),
);
