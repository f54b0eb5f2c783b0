// What a turn's model call used and cost, as its usage event keeps it. Owns how a turn's figures become the bounds of metering; writes nothing.

import type { UsageEvent } from "../ledger/statements/settle-turn.ts";
import { OCTETS_PER_TOKEN } from "../ledger/statements/gate.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { ModelAnswer } from "../llm/model-answer.ts";
import { costOf, type ModelEntry } from "../llm/models.ts";
import type { Charge } from "../pricing/charge.ts";
import { normaliseUsage, type Usage } from "../metering/usage.ts";
import { amount, roundHalfUp, ZERO } from "@pantheon/contract/money.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";
import type { OpenedTurn } from "./open.ts";

/** The usage that is billed: as reported, or estimated from the text and then never above the hold (contract section 2). */
export function usageOf(request: TurnRequest, turn: OpenedTurn, model: ModelEntry, answer: ModelAnswer): Usage {
  return normaliseUsage(answer.usage, {
    inputEstimate: Math.ceil(turn.octets / turn.octetsPerToken),
    outputEstimate: Math.ceil(Buffer.byteLength(answer.text) / OCTETS_PER_TOKEN),
    maxInput: turn.inputTokensHeld,
    maxOutput: request.maxOutputTokens,
    credibleInput: model.credibleInput,
    credibleOutput: model.credibleOutput,
    cut: answer.cut,
  });
}

const COST_DECIMALS = 8;

/** What the provider asks of us, in USD with 8 decimals: its own figure, or the list price of the usage. Never below zero. */
export function providerCost(model: ModelEntry, answer: ModelAnswer, usage: Usage): string {
  const cost = answer.costUsd === null ? costOf(model, usage) : amount(answer.costUsd);
  return roundHalfUp(cost.lt(ZERO) ? ZERO : cost, COST_DECIMALS).toFixed();
}

/** A shorter prompt says more of what wraps it than of its language. */
const LEAST_MEASURED_OCTETS = 4_096;
const DENSITY_DECIMALS = 4;

/** Octets of prompt to a token as the provider counted it, for the session's next turns (statements/gate.ts); null when it says nothing. */
export function densityOf(turn: OpenedTurn, usage: Usage): string | null {
  const tokens = usage.fresh + usage.cached;
  if (usage.source !== "reported" || tokens === 0 || turn.octets < LEAST_MEASURED_OCTETS) return null;
  const density = (turn.octets / tokens).toFixed(DENSITY_DECIMALS);
  return Number(density) > 0 ? density : null;
}

/** The row that the settle statement writes. */
export function usageEvent(
  { config }: TurnDeps,
  turn: OpenedTurn,
  model: ModelEntry,
  answer: ModelAnswer,
  usage: Usage,
  charge: Charge,
): UsageEvent {
  const { catalog } = turn;
  return {
    id: newId(),
    call_index: 0,
    provider: answer.provider,
    model_alias: turn.alias,
    provider_model: answer.providerModel,
    provider_request_id: answer.providerRequestId,
    input_tokens_fresh: usage.fresh,
    input_tokens_cached: usage.cached,
    output_tokens: usage.output,
    reasoning_tokens: usage.reasoning,
    total_tokens: usage.total,
    oe_tokens_computed: charge.oe.toFixed(),
    multiplier: turn.multiplier.toFixed(),
    weight_fresh: catalog.weights.fresh.toFixed(),
    weight_cached: catalog.weights.cached.toFixed(),
    weight_output: catalog.weights.output.toFixed(),
    oe_per_credit: catalog.weights.oePerCredit.toFixed(),
    provider_cost_usd: providerCost(model, answer, usage),
    credits_burned: charge.burned.toFixed(),
    credits_charged: charge.charged.toFixed(),
    credits_absorbed: charge.absorbed.toFixed(),
    usd_per_credit: config.usdPerCredit.toFixed(),
    latency_ms: answer.latencyMs,
    status: answer.cut ? "partial" : "success",
    usage_source: usage.source,
    pricing_version: catalog.version,
    pricing_revision: catalog.revision,
  };
}
