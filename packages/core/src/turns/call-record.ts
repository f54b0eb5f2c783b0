// One model call of a turn: what it answered, what of it is billed and charged, and the row that its usage event becomes. Writes nothing.

import type { UsageEvent } from "../ledger/statements/settle-turn.ts";
import { OCTETS_PER_TOKEN } from "../ledger/statements/gate.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, roundHalfUp, sum, ZERO, type Amount } from "@pantheon/contract/money.ts";
import { inputEstimate, outputEstimate } from "../metering/estimate.ts";
import { normaliseUsage, type Usage } from "../metering/usage.ts";
import type { ModelAnswer } from "../models/collect.ts";
import { listCost, type Model, type Route } from "../models/model.ts";
import { capped, charge, type Charge } from "../pricing/charge.ts";
import type { TurnDeps } from "./request.ts";
import type { OpenedTurn } from "./open.ts";

export type CallRecord = {
  /** From 0, in the order in which the turn made its calls. */
  readonly index: number;
  readonly alias: string;
  /** The route that answered. */
  readonly route: Route;
  readonly answer: ModelAnswer;
  readonly usage: Usage;
  readonly charge: Charge;
  readonly status: UsageEvent["status"];
};

/** A call that was answered, as the turn knows it. */
export type AnsweredCall = {
  readonly alias: string;
  readonly model: Model;
  readonly answer: ModelAnswer;
  /** UTF-8 octets that the model was sent. */
  readonly octets: number;
};

/**
 * The record of a call that comes after `before`. All calls of a turn that is covered in full are charged together what was held at most:
 * the rest is absorbed.
 */
export function callRecord(turn: OpenedTurn, before: readonly CallRecord[], call: AnsweredCall): CallRecord {
  const usage = usageOf(turn, call);
  const whole = charge(usage, { weights: turn.catalog.weights, multiplier: turn.multiplier });
  return {
    index: before.length,
    alias: call.alias,
    route: call.answer.route,
    answer: call.answer,
    usage,
    charge: turn.coveredInFull ? capped(whole, leftOf(turn.hold, before)) : whole,
    status: call.answer.cut === null ? "success" : "partial",
  };
}

/** The usage that is billed: as reported, or estimated from the text and then never above the hold (contract section 2). */
export function usageOf(turn: OpenedTurn, { model, answer, octets }: AnsweredCall): Usage {
  return normaliseUsage(answer.usage, {
    inputEstimate: inputEstimate(octets, turn.octetsPerToken),
    outputEstimate: outputEstimate(answer, OCTETS_PER_TOKEN),
    maxInput: turn.inputTokensHeld,
    maxOutput: turn.maxOutputTokens,
    credibleInput: model.credible.input,
    credibleOutput: model.credible.output,
    cut: answer.cut !== null,
  });
}

function leftOf(hold: Amount, before: readonly CallRecord[]): Amount {
  const left = hold.minus(sum(before.map(({ charge: { charged } }) => charged)));
  return left.lt(ZERO) ? ZERO : left;
}

const COST_DECIMALS = 8;

/** What the provider asks of us, in USD with 8 decimals: its own figure, or the list price of the usage. Never below zero. */
export function providerCost({ route, costUsd }: Pick<ModelAnswer, "route" | "costUsd">, usage: Usage): string {
  const { fresh, cached: cacheRead, cacheWrite, cacheWriteHour, output } = usage;
  const tokens = { fresh: fresh - cacheWrite - cacheWriteHour, cacheRead, cacheWrite, cacheWriteHour, output };
  const cost = costUsd === null ? listCost(route, tokens) : amount(costUsd);
  return roundHalfUp(cost.lt(ZERO) ? ZERO : cost, COST_DECIMALS).toFixed();
}

/** What a failed attempt that reported usage is billed to us; nothing where it reported none. */
export function attemptCost(model: Model, { provider, providerModel, usage }: ModelAnswer["attempts"][number]): string[] {
  const route = model.routes.find((one) => one.provider === provider && one.model === providerModel);
  if (usage === null || route === undefined) return [];
  const none = { inputEstimate: 0, outputEstimate: 0, maxInput: 0, maxOutput: 0 };
  const bounds = { ...none, credibleInput: model.credible.input, credibleOutput: model.credible.output, cut: true };
  return [providerCost({ route, costUsd: usage.providerCostUsd }, normaliseUsage(usage, bounds))];
}

/** A shorter prompt says more of what wraps it than of its language. */
const LEAST_MEASURED_OCTETS = 4_096;
const DENSITY_DECIMALS = 4;

/** Octets of prompt to a token as the provider counted it, for the session's next turns (gate.ts); null when it says nothing. */
export function densityOf(turn: OpenedTurn, usage: Usage): string | null {
  const tokens = usage.fresh + usage.cached;
  if (usage.source !== "reported" || tokens === 0 || turn.octets < LEAST_MEASURED_OCTETS) return null;
  const density = (turn.octets / tokens).toFixed(DENSITY_DECIMALS);
  return Number(density) > 0 ? density : null;
}

/** The row that the settle statement writes. */
export function usageEvent({ config }: Pick<TurnDeps, "config">, turn: OpenedTurn, record: CallRecord): UsageEvent {
  const { catalog } = turn;
  const { answer, usage, charge: charged } = record;
  return {
    id: newId(),
    call_index: record.index,
    provider: answer.provider,
    model_alias: record.alias,
    provider_model: answer.providerModel,
    provider_request_id: answer.providerRequestId,
    input_tokens_fresh: usage.fresh,
    input_tokens_cached: usage.cached,
    output_tokens: usage.output,
    reasoning_tokens: usage.reasoning,
    total_tokens: usage.total,
    oe_tokens_computed: charged.oe.toFixed(),
    multiplier: turn.multiplier.toFixed(),
    weight_fresh: catalog.weights.fresh.toFixed(),
    weight_cached: catalog.weights.cached.toFixed(),
    weight_output: catalog.weights.output.toFixed(),
    oe_per_credit: catalog.weights.oePerCredit.toFixed(),
    provider_cost_usd: providerCost(answer, usage),
    credits_burned: charged.burned.toFixed(),
    credits_charged: charged.charged.toFixed(),
    credits_absorbed: charged.absorbed.toFixed(),
    usd_per_credit: config.usdPerCredit.toFixed(),
    latency_ms: answer.latencyMs,
    status: record.status,
    usage_source: usage.source,
    pricing_version: catalog.version,
    pricing_revision: catalog.revision,
  };
}
