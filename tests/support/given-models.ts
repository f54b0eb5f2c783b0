// A gateway under test over providers of a few lines, with what it logged.

import type { RequestListener } from "node:http";
import type { ModelEvent } from "@pantheon/core/models/attempts.ts";
import type { ModelAnswer } from "@pantheon/core/models/collect.ts";
import { createGateway, ModelRefusal, type Gateway, type GatewayDeps, type ModelCall } from "@pantheon/core/models/gateway.ts";
import type { Model, Provider, Route } from "@pantheon/core/models/model.ts";
import { serving } from "./given-answer.ts";
import { givenRoute, QUESTION } from "./given-call.ts";
import { expectNoSecrets } from "./given-gateway.ts";
import { quietLog, type QuietLog } from "./quiet-log.ts";

export type GivenModels = {
  readonly gateway: Gateway;
  readonly log: QuietLog;
  /** A call of the model whose routes are these, with 20 s of time. */
  readonly call: (providers: readonly [Provider, ...Provider[]], more?: Partial<ModelCall>) => ModelCall;
  readonly ask: (providers: readonly [Provider, ...Provider[]], more?: Partial<ModelCall>) => Promise<ModelAnswer>;
};

/** A gateway whose providers stand at these addresses. Its keys are canaries. */
export function givenModels(baseUrls: Partial<Record<Provider, string>>, more: Partial<GatewayDeps> = {}): GivenModels {
  const log = quietLog();
  const keys = Object.fromEntries(Object.keys(baseUrls).map((provider) => [provider, `canary-key-${provider}`]));
  const gateway = createGateway({ keys, baseUrls, log, clock: Date.now, ticks: () => performance.now(), ...more });
  return { gateway, log, call: callOf, ask: (providers, given) => gateway.answer(callOf(providers, given)) };
}

function callOf([first, ...others]: readonly [Provider, ...Provider[]], more: Partial<ModelCall> = {}): ModelCall {
  const model = givenModel(givenRoute(first), ...others.map((provider) => givenRoute(provider)));
  return { model, request: QUESTION, timeoutMs: 20_000, ...more };
}

export function givenModel(...routes: readonly [Route, ...Route[]]): Model {
  const capabilities = {
    tools: true,
    images: true,
    reasoning: true,
    sampling: [],
    samplingWithReasoning: [],
    temperatureMax: 2,
    responseFormats: [],
  };
  return { contextWindow: 128_000, outputLimit: 8_192, credible: { input: 256_000, output: 32_768 }, capabilities, routes };
}

/** The refusal of a call, proved to hold nothing of the keys, the question, an address or a provider's words. */
export async function modelRefusalOf(answer: Promise<unknown>): Promise<ModelRefusal> {
  const error = await answer.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelRefusal)) throw new Error("the call was not refused", { cause: error });
  expectNoSecrets([error.message, error.stack, error.attempts, error.members, error.cause]);
  return error;
}

/** Every event of a call, as it came. */
export async function eventsOf(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const seen: ModelEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

export type Counted = { readonly url: string; readonly close: () => Promise<void>; readonly calls: () => number };

/** A provider that counts its calls; the n-th one, from 1, is answered by what `answerOf` gives for it. */
export async function counting(answerOf: (call: number) => RequestListener): Promise<Counted> {
  let calls = 0;
  const server = await serving((request, response) => {
    request.resume();
    calls += 1;
    return answerOf(calls)(request, response);
  });
  return { ...server, calls: () => calls };
}

/** Refuses with this status, and words that nobody may see. */
export function refusing(status: number, headers: Readonly<Record<string, string>> = {}): RequestListener {
  return (_, response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end('{"error":{"message":"canary"}}');
}

/** Streams these parts, each as one write. */
export function streaming(...parts: readonly string[]): RequestListener {
  return (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const part of parts) response.write(part);
    response.end();
  };
}
