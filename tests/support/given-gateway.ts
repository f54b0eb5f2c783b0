// A gateway under test with what it logged, and the proof that a refusal tells nobody's secrets.

import { inspect } from "node:util";
import { expect } from "vitest";
import { DomainError } from "@pantheon/contract/error.ts";
import { createGateway } from "@pantheon/core/llm/gateway.ts";
import type { ModelAnswer } from "@pantheon/core/llm/model-answer.ts";
import type { ModelCall } from "@pantheon/core/llm/model-call.ts";
import type { LogFields } from "@pantheon/core/log.ts";

export type GivenGateway = {
  /** Asks a model by the provider's name for it, with a canary as the question and 20 s of time. */
  readonly ask: (providerModel: string, call?: Partial<ModelCall>) => Promise<ModelAnswer>;
  readonly lines: { readonly message: string; readonly fields: LogFields | undefined }[];
};

/** A gateway to `baseUrl`. Its key is a canary too. */
export function givenGateway(baseUrl: string, apiKey: string | null = "canary-key"): GivenGateway {
  const lines: GivenGateway["lines"] = [];
  const record = (message: string, fields?: LogFields): void => {
    lines.push({ message, fields });
  };
  const log = { info: record, warn: record, error: record, count() {} };
  const gateway = createGateway({ apiKey, baseUrl, log, clock: Date.now, ticks: () => performance.now() });
  const usdPerMillion = { fresh: "0.15", cached: "0.075", output: "0.6" };
  const ask: GivenGateway["ask"] = (providerModel, call = {}) =>
    gateway.answer({
      model: {
        provider: "openrouter",
        providerModel,
        contextWindow: 128_000,
        credibleInput: 256_000,
        credibleOutput: 32_768,
        usdPerMillion,
      },
      messages: [{ role: "user", content: "canary-question" }],
      maxOutputTokens: 2_048,
      timeoutMs: 20_000,
      ...call,
    });
  return { ask, lines };
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
