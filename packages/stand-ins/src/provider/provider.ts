// The stand-in model provider: the OpenAI chat API over real HTTP, with OpenRouter's additions, answering by rule.
// Owns the server and what a test may ask it. How a request is served stands in serve.ts, misbehaviour by model name in behaviour.ts.

import { once } from "node:events";
import { createServer } from "node:http";
import type { Clock } from "@pantheon/contract/time.ts";
import { serve } from "./serve.ts";
import type { ProviderRequest, ProviderState } from "./serve.ts";

export type Provider = {
  /** Base of the API, for `OPENROUTER_BASE_URL`: ends in /v1. */
  readonly url: string;
  /** Well-formed, authorised requests so far: to every model, to one. */
  calls(): number;
  callsTo(model: string): number;
  /** Requests whose caller went away before the answer had ended. */
  abandoned(): number;
  /** Requests that are being served now. */
  inFlight(): number;
  /** The last 100 requests, oldest first. */
  readonly requests: readonly ProviderRequest[];
  /** Makes a model behave like another name (`behave("openai/gpt-4o-mini", "fake-503")`), or like itself again (null). */
  behave(model: string, like: string | null): void;
  close(): Promise<void>;
};

export type ProviderOptions = {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Waited before every answer. */
  readonly delayMs?: number;
  /** Where `fake-redirect` points. */
  readonly redirectTo?: string;
  readonly clock?: Clock;
};

/** Starts the provider; it listens when this resolves. Rejects with the system's error when the port is taken. */
export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const { port = 0, host = "127.0.0.1" } = options;
  const state = newState(options);
  const server = createServer((request, response) => void serve(state, request, response)).listen(port, host);
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://${host}:${typeof address === "object" && address !== null ? address.port : port}/v1`,
    calls: () => [...state.counts.values()].reduce((sum, count) => sum + count, 0),
    callsTo: (model) => state.counts.get(model) ?? 0,
    abandoned: () => state.abandoned,
    inFlight: () => state.inFlight,
    requests: state.requests,
    behave: (model, like) => {
      if (like === null) state.likeness.delete(model);
      else state.likeness.set(model, like);
    },
    close: async () => {
      const closed = once(server, "close");
      state.closing.abort();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function newState({ delayMs = 0, redirectTo = "http://127.0.0.1:9/", clock = Date.now }: ProviderOptions): ProviderState {
  const counts = new Map<string, number>();
  const likeness = new Map<string, string>();
  return { clock, delayMs, redirectTo, counts, likeness, requests: [], closing: new AbortController(), abandoned: 0, inFlight: 0 };
}
