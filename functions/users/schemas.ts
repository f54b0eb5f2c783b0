// The shapes of a user's own account on the wire (contract section 4).

import * as v from "valibot";
import { Decimal, Time, page } from "@pantheon/contract/wire.ts";
import { TransactionView } from "@pantheon/contract/account.ts";
import { decimalOrNull } from "@pantheon/contract/decimal-input.ts";
import { Id } from "@pantheon/contract/wire.ts";

export const TransactionPath = v.strictObject({ transaction_id: Id });

export const MeView = v.strictObject({ user_id: v.string(), email: v.nullable(v.string()), is_admin: v.boolean() });

export const WalletView = v.strictObject({
  user_id: v.string(),
  balance: Decimal,
  held: Decimal,
  available: Decimal,
  low_balance: v.boolean(),
});

export const UsageList = page(
  "events",
  v.strictObject({
    id: v.string(),
    turn_id: v.string(),
    model_alias: v.string(),
    provider_model: v.string(),
    input_tokens_fresh: v.number(),
    input_tokens_cached: v.number(),
    output_tokens: v.number(),
    multiplier: Decimal,
    pricing_version: v.string(),
    credits_burned: Decimal,
    credits_charged: Decimal,
    usage_source: v.picklist(["reported", "estimated"]),
    created_at: Time,
  }),
);

export const TransactionList = page("transactions", TransactionView);

export const ReceiptView = v.strictObject({
  transaction_id: v.string(),
  turn_id: v.string(),
  amount: Decimal,
  balance_after: Decimal,
  created_at: Time,
  lines: v.array(
    v.strictObject({
      event_id: v.string(),
      model_alias: v.string(),
      provider_model: v.string(),
      input_tokens_fresh: v.number(),
      input_tokens_cached: v.number(),
      output_tokens: v.number(),
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
  ),
  total: Decimal,
  matches: v.boolean(),
});

export const TopUpCreate = v.strictObject({ amount_usd: decimalOrNull(2) });

export const TopUpPath = v.strictObject({ top_up_id: Id });

const TopUpStatus = v.picklist(["created", "pending", "processing", "succeeded", "failed", "canceled", "quarantined", "dismissed"]);

export const TopUpStarted = v.strictObject({
  id: v.string(),
  client_secret: v.nullable(v.string()),
  credits_to_grant: Decimal,
  amount_usd: Decimal,
  status: TopUpStatus,
});

const TopUp = { id: v.string(), amount_usd: Decimal, credits_to_grant: Decimal, status: TopUpStatus, created_at: Time, updated_at: Time };

export const TopUpView = v.strictObject({ ...TopUp, client_secret: v.nullable(v.string()) });

export const TopUpList = page("top_ups", v.strictObject(TopUp));
