// The one way to a model: asks the provider, retries what failed before any text came, and says what was received.
// It knows no user, wallet or price to the user, and decides nothing about charging: what a cut or a missing usage block costs is metering's.

import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Log } from "../log.ts";
import type { Clock, Ticks } from "@pantheon/contract/time.ts";
import { NO_FACTS } from "./chunk.ts";
import type { ModelAnswer } from "./model-answer.ts";
import type { ModelCall } from "./model-call.ts";
import { CONTEXT, ProviderFailure } from "./provider-failure.ts";
import { storableText } from "./storable-text.ts";
import { streamAnswer, type Progress, type Received } from "./stream-answer.ts";

export type GatewayDeps = {
  /** Null when none is set: then every call is refused as `not_configured`. */
  readonly apiKey: string | null;
  /** Base of the OpenAI-compatible API, without a trailing slash. */
  readonly baseUrl: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly ticks: Ticks;
  readonly fetch?: typeof fetch;
};

export type Gateway = {
  /**
   * Asks a model. Resolves with a whole or a cut answer, an empty one too. Refuses with `not_configured`, with `provider_failed` when no
   * text came (after at most two more attempts; with `retryAfter` on a rate limit) and with `provider_timeout` when the time is over,
   * also when some text had come: such a call costs the user nothing, and what had come goes to `onLost`. Refuses with
   * `context_budget_exceeded` when the provider finds the prompt too long.
   */
  answer(call: ModelCall): Promise<ModelAnswer>;
};

/** A gateway over the AI SDK, which is loaded by the first call, so a container that runs no turn never loads it. */
export function createGateway(deps: GatewayDeps): Gateway {
  return { answer: (call) => answer(deps, call) };
}

const MAX_RETRIES = 2;

async function answer(deps: GatewayDeps, call: ModelCall): Promise<ModelAnswer> {
  const { apiKey, baseUrl, clock, ticks, log } = deps;
  if (apiKey === null || apiKey === "") throw new DomainError("not_configured", "No model provider is configured.");
  const timeout = new DomainError("provider_timeout", "The model provider did not answer in time.");
  if (call.timeoutMs <= 0) throw timeout;
  const connection = { apiKey, baseUrl, clock, fetch: deps.fetch ?? fetch };
  const started = ticks();
  const latency = () => Math.round(ticks() - started);
  const deadline = new AbortController();
  const progress: Progress = { text: "", facts: NO_FACTS };
  const timer = setTimeout(() => deadline.abort(timeout), call.timeoutMs);
  try {
    const received = await pRetry(() => streamAnswer(connection, call, deadline.signal, progress), {
      retries: MAX_RETRIES,
      minTimeout: 0, // shouldRetry waits: only there is the provider's own wish known
      signal: deadline.signal,
      onFailedAttempt: ({ error, attemptNumber }) => logFailure(log, call, error, attemptNumber),
      shouldRetry: ({ error, attemptNumber }) => waitToRetry(error, attemptNumber, started + call.timeoutMs - ticks(), deadline.signal),
    });
    return answerOf(call, received, latency());
  } catch (error) {
    if (progress.text !== "" || progress.facts.usage !== null) {
      call.onLost?.(answerOf(call, { ...progress, cut: true }, latency()));
    }
    throw deadline.signal.aborted ? timeout : refusalOf(error);
  } finally {
    clearTimeout(timer);
  }
}

function answerOf(call: ModelCall, { text, cut, facts }: Received, latencyMs: number): ModelAnswer {
  return {
    text: storableText(text),
    cut,
    finishReason: facts.finishReason,
    usage: facts.usage,
    provider: call.model.provider,
    providerModel: facts.model ?? call.model.providerModel,
    providerRequestId: facts.id,
    costUsd: facts.costUsd,
    latencyMs,
  };
}

/** What failed and how often, by status and class alone: the provider's words may hold the user's. */
function logFailure(log: Log, call: ModelCall, error: Error, attempt: number): void {
  const { status, reason } = error instanceof ProviderFailure ? error : { status: null, reason: error.name };
  log.warn("model attempt failed", { provider_model: call.model.providerModel, attempt, status, reason });
}

/** Waits as long as the provider asked, or 0.2 to 0.8 s; false when trying again is no use or does not fit into the time left. */
async function waitToRetry(error: Error, attempt: number, timeLeftMs: number, signal: AbortSignal): Promise<boolean> {
  if (!(error instanceof ProviderFailure) || !error.retryable) return false;
  const waitMs = error.retryAfterMs ?? 200 * attempt * (1 + Math.random());
  if (waitMs >= timeLeftMs) return false;
  await sleep(waitMs, undefined, { signal });
  return true;
}

/** The cause is not passed on: errors of the SDK carry the request and the provider's answer. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof ProviderFailure)) return error;
  if (error.reason === CONTEXT)
    return new DomainError("context_budget_exceeded", "The message does not fit into the model's context window.");
  const isRateLimit = error.status === 429 && error.retryAfterMs !== null;
  return new DomainError(
    "provider_failed",
    "The model provider failed to answer.",
    isRateLimit ? { retryAfter: Math.max(1, Math.ceil((error.retryAfterMs ?? 0) / 1_000)) } : {},
  );
}
