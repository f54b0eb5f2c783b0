// The gateway of the local world: the product's own, timed, with what went wrong last, and with an end: a world that stops waits for no
// model.

import { DomainError } from "@pantheon/contract/error.ts";
import type { Gateway } from "@pantheon/core/models/gateway.ts";
import type { Log } from "@pantheon/core/log.ts";

/** Why a model call failed: the provider's status, or null and the reason why there was none (ECONNREFUSED). Never the provider's text. */
export type ModelFailure = { readonly status: number | null; readonly reason: string };

export type Models = {
  /** The log to make the product with: it reads along what the gateway says of failed attempts. */
  readonly log: Log;
  wrap(gateway: Gateway): Gateway;
  /** The newest failed attempt, if one failed since the last answer. */
  failure(): ModelFailure | null;
  /** From now on every call fails, those under way too: the product voids their turns. */
  end(): void;
};

/** `onCall` is told what each call took, in milliseconds. */
export function watchModels(log: Log, onCall: (ms: number) => void): Models {
  const ending = Promise.withResolvers<never>();
  ending.promise.catch(() => {}); // without a call under way nobody hears of it
  let failure: ModelFailure | null = null;
  return {
    log: {
      ...log,
      warn: (message, fields = {}) => {
        if (message === FAILED_ATTEMPT) failure = failureOf(fields);
        log.warn(message, fields);
      },
    },
    wrap: (gateway) => ({
      answer: async (call) => {
        const began = performance.now();
        try {
          const answer = await Promise.race([ending.promise, gateway.answer(call)]);
          failure = null;
          return answer;
        } finally {
          onCall(performance.now() - began);
        }
      },
      stream: async function* (call) {
        const began = performance.now();
        const events = gateway.stream(call);
        try {
          for (;;) {
            const next = await Promise.race([ending.promise, events.next()]);
            if (next.done) break;
            yield next.value;
          }
          failure = null;
        } finally {
          onCall(performance.now() - began);
          events.return().catch(() => {}); // how a call that is left ends is no news
        }
      },
    }),
    failure: () => failure,
    end: () => ending.reject(new DomainError("provider_failed", "The local world is stopping.")),
  };
}

/** What core's gateway writes of an attempt that failed. */
const FAILED_ATTEMPT = "model attempt failed";

function failureOf(fields: Readonly<Record<string, unknown>>): ModelFailure {
  const { status, reason } = fields;
  return { status: typeof status === "number" ? status : null, reason: typeof reason === "string" ? reason : "unknown" };
}
