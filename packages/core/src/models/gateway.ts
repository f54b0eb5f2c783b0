// The one way to a model: takes the routes of an alias in order, tries another one as long as nothing was sent on, and says what was
// received. It knows no user, wallet or price to the user, and decides nothing about charging: what a cut answer or a missing usage
// report costs is metering's.

import { setTimeout as sleep } from "node:timers/promises";
import { DomainError } from "@pantheon/contract/error.ts";
import { loadedOnce } from "../loaded-once.ts";
import type { Log } from "../log.ts";
import type { Clock, Ticks } from "@pantheon/contract/time.ts";
import { nextRoute, type Attempt, type ModelEvent, type Next } from "./attempts.ts";
import { collect, type ModelAnswer } from "./collect.ts";
import type { Exchange } from "./exchange.ts";
import { failureOf, ModelFailure, type Failure } from "./failure.ts";
import type { Model, Provider, Route } from "./model.ts";
import { BASE_URLS } from "./providers.ts";
import type { ModelRequest } from "./request.ts";
import { createRests, type Rests } from "./rests.ts";

export type GatewayDeps = {
  /** A route whose provider has no key here is not used. */
  readonly keys: Readonly<Partial<Record<Provider, string | null>>>;
  /** Where a provider is reached, when not at its own address. Without a trailing slash. */
  readonly baseUrls?: Readonly<Partial<Record<Provider, string>>>;
  readonly log: Log;
  /** For dates that a provider names. Durations and deadlines are the ticks': a clock may be set while a call runs. */
  readonly clock: Clock;
  readonly ticks: Ticks;
  /** The network, when left out. */
  readonly exchange?: Exchange;
  /** How long a provider may send nothing at all. Milliseconds; 20 s when left out. */
  readonly idleMs?: number;
};

export type ModelCall = {
  readonly model: Model;
  readonly request: ModelRequest;
  /** For everything: the attempts, the waits between them and the answer itself. */
  readonly timeoutMs: number;
  /** Stops the call: before any text it is refused, after that the answer is cut. */
  readonly signal?: AbortSignal;
};

export type Gateway = {
  /**
   * Asks a model and yields its answer as it comes: first the route, last `finish` (usage may follow it) or `cut`. The text of all
   * pieces together is safe to store: no NUL, no lone surrogates, at most 1 MiB of UTF-8 (what is longer is left out). Throws a
   * `ModelRefusal` before the first event and never after it: `not_configured`, `provider_failed` (with `retryAfter` on a rate limit),
   * `provider_timeout`, or `context_budget_exceeded` when the provider finds the prompt too long. Whoever stops reading ends the call.
   */
  stream(call: ModelCall): AsyncGenerator<ModelEvent, void, undefined>;
  /** The same answer, collected. An answer that our own time cut is refused with `provider_timeout`, since nobody is charged for it. */
  answer(call: ModelCall): Promise<ModelAnswer>;
};

/** No answer. The attempts say what each route did; none of it is for the caller's eyes. */
export class ModelRefusal extends DomainError {
  readonly attempts: readonly Attempt[];

  constructor(code: keyof typeof DETAILS, attempts: readonly Attempt[], retryAfter?: number) {
    super(code, DETAILS[code], retryAfter === undefined ? {} : { retryAfter });
    this.name = "ModelRefusal";
    this.attempts = attempts;
  }
}

const DETAILS = {
  not_configured: "No model provider is configured.",
  provider_failed: "The model provider failed to answer.",
  provider_timeout: "The model provider did not answer in time.",
  context_budget_exceeded: "The message does not fit into the model's context window.",
};

/** A gateway over these keys. Keeps which routes rest, and nothing else, between calls. */
export function createGateway(deps: GatewayDeps): Gateway {
  const rests = createRests(deps.ticks);
  return {
    stream: async function* (call) {
      for await (const events of stream(deps, rests, call)) yield* events;
    },
    answer: async (call) => {
      const answer = await collect(stream(deps, rests, call), deps.ticks);
      if (answer.cut?.kind !== "late") return answer;
      const { provider, model: providerModel } = answer.route;
      const last = { provider, providerModel, failure: answer.cut, latencyMs: answer.latencyMs, usage: answer.usage };
      throw new ModelRefusal("provider_timeout", [...answer.attempts, last]);
    },
  };
}

/** Events that came together stay together: whoever wants them one by one takes them apart last. */
type Batches<Result> = AsyncGenerator<readonly ModelEvent[], Result, undefined>;

async function* stream(deps: GatewayDeps, rests: Rests, call: ModelCall): Batches<void> {
  const routes = call.model.routes.filter(({ provider }) => Boolean(deps.keys[provider]));
  if (routes.length === 0) throw new ModelRefusal("not_configured", []);
  if (call.timeoutMs <= 0) throw new ModelRefusal("provider_timeout", []);
  const deadline = deps.ticks() + call.timeoutMs;
  const stop = new AbortController();
  const end = (kind: "late" | "stopped") => stop.abort(new ModelFailure(failureOf(kind)));
  const timer = setTimeout(end, call.timeoutMs, "late");
  const leave = () => end("stopped");
  if (call.signal?.aborted) leave();
  call.signal?.addEventListener("abort", leave, { once: true });
  const attempts: Attempt[] = [];
  try {
    for (;;) {
      const next = await due(routes, attempts, rests, deadline - deps.ticks(), stop.signal);
      const answered = yield* attempt(deps, rests, call, next, { deadline, signal: stop.signal, attempts });
      if (answered) return;
    }
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener("abort", leave);
  }
}

/** The next attempt, when its time has come. Throws the refusal when there is none, or none that fits into the time left. */
async function due(
  routes: readonly Route[],
  attempts: readonly Attempt[],
  rests: Rests,
  leftMs: number,
  signal: AbortSignal,
): Promise<Next> {
  const next = nextRoute(routes, attempts, (route) => rests.isResting(route), Math.random());
  if (next === null || next.waitMs >= leftMs) throw refusalOf(attempts);
  if (next.waitMs > 0) await sleep(next.waitMs, undefined, { signal }).catch(() => {}); // the attempt itself sees that it is over
  return next;
}

type Ground = { readonly deadline: number; readonly signal: AbortSignal; readonly attempts: Attempt[] };

/** One attempt: true when it answered, wholly or not; false when it failed before anything was sent on, which is then noted. */
async function* attempt(deps: GatewayDeps, rests: Rests, call: ModelCall, next: Next, ground: Ground): Batches<boolean> {
  const { clock, ticks, idleMs = IDLE_MS } = deps;
  const { route } = next;
  const began = ticks();
  // A silent route must leave time for the next one.
  const silenceMs = next.othersLeft ? Math.min(idleMs, (ground.deadline - began) / 2) : idleMs;
  let answers = false;
  try {
    const reached = { key: deps.keys[route.provider] ?? "", baseUrl: deps.baseUrls?.[route.provider] ?? BASE_URLS[route.provider] };
    const limits = { signal: ground.signal, silenceMs, idleMs };
    const { callModel } = await loadCaller();
    const batches = callModel({ route, request: call.request, ...reached, exchange: deps.exchange, clock, ...limits });
    for await (const events of batches) {
      const begins: readonly ModelEvent[] = answers ? [] : [{ type: "route", route, attempts: ground.attempts }];
      answers = true;
      for (const event of events) {
        if (event.type === "finish") rests.succeeded(route);
        if (event.type === "cut") noteFailure(deps, rests, route, event.failure);
      }
      yield [...begins, ...events];
    }
    return true;
  } catch (error) {
    if (answers || !(error instanceof ModelFailure)) throw error;
    const { failure, usage } = error;
    ground.attempts.push({ provider: route.provider, providerModel: route.model, failure, latencyMs: Math.round(ticks() - began), usage });
    const names = { provider: route.provider, provider_model: route.model };
    deps.log.warn("model attempt failed", { ...names, attempt: ground.attempts.length, status: failure.status, reason: failure.kind });
    noteFailure(deps, rests, route, failure);
    return false;
  }
}

/** The dialects: read by the first call, and not by a cold start. */
const loadCaller = loadedOnce(() => import("./call.ts"));

const IDLE_MS = 20_000;

/** What a prompt, a person or our own clock is to blame for says nothing of a provider. */
const NOT_THEIRS: ReadonlySet<Failure["kind"]> = new Set(["context_length", "content_filter", "late", "stopped"]);

function noteFailure({ log }: GatewayDeps, rests: Rests, route: Route, failure: Failure): void {
  if (!NOT_THEIRS.has(failure.kind)) {
    const names = { provider: route.provider, provider_model: route.model };
    log.count("provider_failed", { ...names, status: failure.status, reason: failure.kind });
  }
  const seconds = rests.failed(route, failure);
  if (seconds !== null) log.warn("model route rests", { provider: route.provider, provider_model: route.model, seconds });
}

/** What the attempts come to: too long when the last one was told so, too late when it was, or all were silent; a rate limit says when to come again. */
function refusalOf(attempts: readonly Attempt[]): ModelRefusal {
  const kinds = attempts.map(({ failure }) => failure.kind);
  if (kinds.at(-1) === "context_length") return new ModelRefusal("context_budget_exceeded", attempts);
  if (kinds.at(-1) === "late" || kinds.every((kind) => kind === "silent")) return new ModelRefusal("provider_timeout", attempts);
  const waits = attempts.flatMap(({ failure }) => (failure.kind === "rate_limited" ? (failure.retryAfterSeconds ?? []) : []));
  return new ModelRefusal("provider_failed", attempts, waits.length === 0 ? undefined : Math.max(1, Math.min(...waits)));
}
