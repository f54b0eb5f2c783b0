// One call to a provider of a few lines, over real HTTP, and what came of it.

import { readFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { callModel, type Call } from "@pantheon/core/models/call.ts";
import { ModelFailure, type Failure } from "@pantheon/core/models/failure.ts";
import type { DialectName, Provider, Route } from "@pantheon/core/models/model.ts";
import type { UsageReport } from "@pantheon/core/models/report.ts";
import type { ModelRequest, ToolCall } from "@pantheon/core/models/request.ts";
import { serving } from "./given-answer.ts";
import { PROJECT } from "./project-files.ts";

export type Outcome = {
  readonly text: string;
  readonly pieces: readonly string[];
  readonly calls: readonly ToolCall[];
  readonly reasoning: number;
  readonly finish: string | null;
  readonly cut: Failure["kind"] | null;
  /** Why nothing came at all. */
  readonly failure: Failure | null;
  readonly usage: UsageReport | null;
  readonly named: { readonly requestId: string | null; readonly model: string | null } | null;
};

export const QUESTION: ModelRequest = {
  messages: [{ role: "user", content: "canary-question" }],
  tools: [],
  sampling: {},
  maxOutputTokens: 256,
  stream: true,
};

const PRICES = { fresh: "1", cacheRead: "0.1", cacheWrite: "1.25", cacheWriteHour: "2", output: "5" };

/** A route to this provider, in its own dialect. */
export function givenRoute(provider: Provider, more: Partial<Route> = {}): Route {
  const dialect: DialectName = provider === "anthropic" || provider === "google" ? provider : "openai-compatible";
  return { provider, dialect, model: "asked-for", prices: PRICES, tiers: [], caching: "automatic", leastThinking: 0, ...more };
}

/** Asks the provider at `baseUrl` once, with a canary as the key. */
export async function askOnce(provider: Provider, baseUrl: string, more: Partial<Call> = {}): Promise<Outcome> {
  const limits = { signal: new AbortController().signal, silenceMs: 5_000, idleMs: 5_000 };
  const call = { route: givenRoute(provider), request: QUESTION, key: "canary-key", baseUrl, clock: Date.now, ...limits, ...more };
  const pieces: string[] = [];
  const calls: ToolCall[] = [];
  const seen: { -readonly [Name in keyof Outcome]?: Outcome[Name] } = {};
  let reasoning = 0;
  try {
    for await (const events of callModel(call)) {
      for (const event of events) {
        if (event.type === "text") pieces.push(event.text);
        else if (event.type === "tool_call") calls.push(event.call);
        else if (event.type === "reasoning") reasoning += event.octets;
        else if (event.type === "finish") seen.finish = event.reason;
        else if (event.type === "cut") seen.cut = event.failure.kind;
        else if (event.type === "usage") seen.usage = event.report;
        else seen.named = { requestId: event.requestId, model: event.model };
      }
    }
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error;
    [seen.failure, seen.usage] = [error.failure, error.usage];
  }
  const nothing = { finish: null, cut: null, failure: null, usage: null, named: null };
  return { ...nothing, ...seen, text: pieces.join(""), pieces, calls, reasoning };
}

/** Serves one body to whatever is asked, in pieces of so many octets, each written by itself. */
export function servingBody(body: Buffer, contentType: string, octets: number = body.length) {
  const listener: RequestListener = (request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": contentType });
    const write = (from: number): void => {
      if (from >= body.length) return void response.end();
      response.write(body.subarray(from, from + octets), () => write(from + octets));
    };
    write(0);
  };
  return serving(listener);
}

/** A recorded answer, as it goes over the wire. */
export function fixture(dialect: DialectName, name: string): Promise<Buffer> {
  return readFile(join(PROJECT, "tests/fixtures/dialects", dialect, `${name}.txt`));
}
