// A gateway to one provider under test with what it logged, and the proof that a refusal tells nobody's secrets.

import { inspect } from "node:util";
import { expect } from "vitest";
import { DomainError } from "@pantheon/contract/error.ts";
import { collecting, type ModelAnswer } from "@pantheon/core/models/collect.ts";
import { createGateway, type ModelCall } from "@pantheon/core/models/gateway.ts";
import type { ModelRequest } from "@pantheon/core/models/request.ts";
import type { LogFields } from "@pantheon/core/log.ts";
import { QUESTION } from "./given-call.ts";
import { modelNamed } from "./given.ts";

export type GivenCall = Partial<Pick<ModelRequest, "messages" | "maxOutputTokens">> & Partial<Pick<ModelCall, "timeoutMs">>;

export type GivenGateway = {
  /** Asks a model by the provider's name for it, with a canary as the question and 20 s of time. */
  readonly ask: (providerModel: string, call?: GivenCall) => Promise<ModelAnswer>;
  /** The same as a stream, with every piece of its text; what our own time cut is an answer here. */
  readonly stream: (providerModel: string, call?: GivenCall) => Promise<{ pieces: string[]; answer: ModelAnswer }>;
  readonly lines: { readonly message: string; readonly fields: LogFields | undefined }[];
};

const ticks = () => performance.now();

function callOf(name: string, { timeoutMs = 20_000, ...request }: GivenCall = {}): ModelCall {
  return { model: modelNamed(name), request: { ...QUESTION, maxOutputTokens: 2_048, ...request }, timeoutMs };
}

/** A gateway to `baseUrl`. Its key is a canary too. */
export function givenGateway(baseUrl: string, apiKey: string | null = "canary-key"): GivenGateway {
  const lines: GivenGateway["lines"] = [];
  const record = (message: string, fields?: LogFields): void => {
    lines.push({ message, fields });
  };
  const log = { info: record, warn: record, error: record, count() {} };
  const gateway = createGateway({ keys: { openrouter: apiKey }, baseUrls: { openrouter: baseUrl }, log, clock: Date.now, ticks });
  return {
    ask: (name, call) => gateway.answer(callOf(name, call)),
    stream: async (name, call) => {
      const received = collecting(ticks);
      const pieces: string[] = [];
      for await (const event of gateway.stream(callOf(name, call))) {
        received.take(event);
        if (event.type === "text") pieces.push(event.text);
      }
      return { pieces, answer: received.answer() };
    },
    lines,
  };
}

/** The refusal of a call, proved to hold nothing of the key, the question, the address or the provider's words. */
export async function refusalOf(answer: Promise<ModelAnswer>): Promise<DomainError> {
  const error = await answer.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw new Error("the call was not refused", { cause: error });
  expectNoSecrets([error.message, error.stack, error.members, error.errors, error.cause]);
  return error;
}

/** Nothing that only a caller or a provider may know stands in a value. */
export function expectNoSecrets(value: unknown): void {
  expect(inspect(value, { depth: 9 })).not.toMatch(/canary|127\.0\.0\.1|stand-in|bad gateway/i);
}
