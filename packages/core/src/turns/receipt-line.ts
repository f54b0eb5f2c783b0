// One line of a receipt: a model call as it was stored, and the arithmetic done again from nothing but that. Pure.

import { amount, format, ZERO } from "@pantheon/contract/money.ts";
import { charge } from "../pricing/charge.ts";

type StoredEvent = {
  id: string;
  model_alias: string;
  provider_model: string;
  input_tokens_fresh: string;
  input_tokens_cached: string;
  output_tokens: string;
  weight_fresh: string;
  weight_cached: string;
  weight_output: string;
  oe_per_credit: string;
  multiplier: string;
  pricing_version: string;
  credits_charged: string;
  credits_absorbed: string;
  stated_credits: string | null;
};

/** The line: its charge computed again by the function that charged it, or what was stated. */
export function receiptLine(event: StoredEvent) {
  const tokens = {
    fresh: Number(event.input_tokens_fresh),
    cached: Number(event.input_tokens_cached),
    output: Number(event.output_tokens),
  };
  const weights = {
    fresh: amount(event.weight_fresh),
    cached: amount(event.weight_cached),
    output: amount(event.weight_output),
    oePerCredit: amount(event.oe_per_credit),
  };
  const multiplier = amount(event.multiplier);
  const stated = event.stated_credits === null ? null : amount(event.stated_credits);
  const { oe, charged } = charge(tokens, { weights, multiplier });
  const whole = stated ?? charged;
  const absorbed = amount(event.credits_absorbed);
  const recomputed = whole.minus(absorbed);
  const relief = absorbed.gt(ZERO) ? ` − ${format(absorbed)}` : "";
  const terms = `${tokens.fresh} × ${format(weights.fresh)} + ${tokens.cached} × ${format(weights.cached)} + ${tokens.output} × ${format(weights.output)}`;
  return {
    event_id: event.id,
    model_alias: event.model_alias,
    provider_model: event.provider_model,
    input_tokens_fresh: tokens.fresh,
    input_tokens_cached: tokens.cached,
    output_tokens: tokens.output,
    weight_fresh: format(weights.fresh),
    weight_cached: format(weights.cached),
    weight_output: format(weights.output),
    oe_per_credit: format(weights.oePerCredit),
    oe_tokens: format(oe),
    multiplier: format(multiplier),
    pricing_version: event.pricing_version,
    arithmetic:
      stated === null
        ? `(${terms}) × ${format(multiplier)} ÷ ${format(weights.oePerCredit)}${relief} = ${format(recomputed)}`
        : `${format(stated)} as stated${relief} = ${format(recomputed)}`,
    credits_charged: format(amount(event.credits_charged)),
    credits_absorbed: format(absorbed),
    recomputed: format(recomputed),
    matches: recomputed.eq(amount(event.credits_charged)),
  };
}
