// A model call of the house's own beside a turn's (a summary, a choice of who answers): recorded with what the provider asks for it, and
// charged nothing.

import { ZERO } from "@pantheon/contract/money.ts";
import { OCTETS_PER_TOKEN } from "../ledger/statements/gate.ts";
import { inputEstimate, outputEstimate } from "../metering/estimate.ts";
import { normaliseUsage } from "../metering/usage.ts";
import type { ModelAnswer } from "../models/collect.ts";
import { ModelRefusal } from "../models/gateway.ts";
import type { Model } from "../models/model.ts";
import { charge } from "../pricing/charge.ts";
import { attemptCost, type CallRecord } from "./call-record.ts";
import type { OpenedTurn } from "./open.ts";
import type { TurnDeps } from "./request.ts";

export type InternalOrder = {
  readonly alias: string;
  readonly model: Model;
  readonly messages: readonly { readonly role: "system" | "user"; readonly content: string }[];
  readonly maxOutputTokens: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
};

/** What such calls have come to: those that were answered, and in USD what attempts that gave nothing cost us all the same. */
export type Spent = { readonly calls: CallRecord[]; readonly lostUsd: string[] };

/** The answer, which may be cut. What it costs is added to `spent`, whatever comes of it. Throws what the gateway refuses. */
export async function askedInternally(deps: TurnDeps, turn: OpenedTurn, order: InternalOrder, spent: Spent): Promise<ModelAnswer> {
  const { model, messages, timeoutMs, signal } = order;
  const maxOutputTokens = Math.min(order.maxOutputTokens, model.outputLimit);
  const request = { messages, tools: [], sampling: {}, maxOutputTokens, stream: true };
  const answer = await deps.gateway.answer({ model, request, timeoutMs, ...(signal && { signal }) }).catch((error: unknown) => {
    if (error instanceof ModelRefusal) spent.lostUsd.push(...error.attempts.flatMap((attempt) => attemptCost(model, attempt)));
    throw error;
  });
  spent.calls.push(internalRecord(turn, order, answer, spent.calls.length));
  return answer;
}

function internalRecord(turn: OpenedTurn, order: InternalOrder, answer: ModelAnswer, index: number): CallRecord {
  const { alias, model, messages, maxOutputTokens } = order;
  const octets = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  const usage = normaliseUsage(answer.usage, {
    inputEstimate: inputEstimate(octets, OCTETS_PER_TOKEN),
    outputEstimate: outputEstimate(answer, OCTETS_PER_TOKEN),
    maxInput: model.contextWindow,
    maxOutput: Math.max(maxOutputTokens, 1),
    credibleInput: model.credible.input,
    credibleOutput: model.credible.output,
    cut: answer.cut !== null,
  });
  const price = charge(usage, { weights: turn.catalog.weights, multiplier: turn.multiplier });
  const free = { ...price, exact: ZERO, charged: ZERO, burned: ZERO };
  return { index, alias, route: answer.route, answer, usage, charge: free, status: "internal" };
}
