// What a hold is charged: by the tokens that its caller reports, or the credits that they state. Pure.

import { amount, roundHalfUp, ZERO, type Amount } from "@pantheon/contract/money.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { UsageEvent } from "../ledger/statements/settle-turn.ts";
import { burnedOf, charge, type Charge, type Price } from "../pricing/charge.ts";
import type { HoldRow } from "./hold.ts";

/** What was used, as its caller says: tokens by class, or credits. */
export type Used = { readonly fresh: number; readonly cached: number; readonly output: number } | { readonly credits: Amount };

/** By the formula of every charge, or what was stated. */
export function chargeOf(used: Used, price: Price): Charge {
  if (!("credits" in used)) return charge(used, price);
  const { credits } = used;
  return { oe: ZERO, exact: credits, charged: credits, burned: burnedOf(credits), absorbed: ZERO };
}

/** The price that the hold was opened at. */
export function priceOf(hold: HoldRow): Price {
  return {
    weights: {
      fresh: amount(hold.weight_fresh),
      cached: amount(hold.weight_cached),
      output: amount(hold.weight_output),
      oePerCredit: amount(hold.oe_per_credit),
    },
    multiplier: amount(hold.multiplier ?? "1"),
  };
}

const COST_DECIMALS = 8;

/** The row that the settle statement writes. `costUsd` is what the house paid for it; the model is named by nobody but its alias. */
export function holdEvent(
  hold: HoldRow,
  used: Used,
  { charged, costUsd, usdPerCredit }: { charged: Charge; costUsd: Amount; usdPerCredit: Amount },
): UsageEvent {
  const tokens = "credits" in used ? { fresh: 0, cached: 0, output: 0 } : used;
  const { weights, multiplier } = priceOf(hold);
  return {
    id: newId(),
    call_index: 0,
    provider: "caller",
    model_alias: hold.model_alias,
    provider_model: hold.model_alias,
    provider_request_id: null,
    input_tokens_fresh: tokens.fresh,
    input_tokens_cached: tokens.cached,
    output_tokens: tokens.output,
    reasoning_tokens: 0,
    total_tokens: tokens.fresh + tokens.cached + tokens.output,
    oe_tokens_computed: charged.oe.toFixed(),
    multiplier: multiplier.toFixed(),
    weight_fresh: weights.fresh.toFixed(),
    weight_cached: weights.cached.toFixed(),
    weight_output: weights.output.toFixed(),
    oe_per_credit: weights.oePerCredit.toFixed(),
    provider_cost_usd: roundHalfUp(costUsd, COST_DECIMALS).toFixed(),
    credits_burned: charged.burned.toFixed(),
    credits_charged: charged.charged.toFixed(),
    credits_absorbed: charged.absorbed.toFixed(),
    usd_per_credit: usdPerCredit.toFixed(),
    latency_ms: 0,
    status: "success",
    usage_source: "reported",
    pricing_version: hold.pricing_version ?? "",
    pricing_revision: hold.pricing_revision ?? "",
    ...("credits" in used && { stated_credits: used.credits.toFixed() }),
  };
}
