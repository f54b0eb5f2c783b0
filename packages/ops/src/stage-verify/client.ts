// Requests to a stage, as the evidence needs them: by whom, how long it took, which build answered. Knows no route.

import { performance } from "node:perf_hooks";
import { NoResponse } from "@pantheon/client/error.ts";
import type { Received } from "@pantheon/client/received.ts";
import { createTransport, type Call, type Send } from "@pantheon/client/transport.ts";
import { newId } from "@pantheon/contract/id.ts";

/** Whose token goes along; null sends none. */
export type Caller = "user" | "admin" | "empty" | null;

export type Answer = Received;

export type Request = {
  readonly as?: Caller;
  /** An API key that goes along instead of a token. */
  readonly bearer?: string;
  readonly body?: object;
  /** Sent instead of a JSON body. */
  readonly form?: FormData;
  readonly key?: string;
  readonly ifMatch?: string;
  /** Another base than the stage's, for a function that has an address of its own. */
  readonly at?: string;
};

export type Ask = (method: Call["method"], path: string, request?: Request) => Promise<Answer>;

export type Client = {
  readonly ask: Ask;
  /** The builds that answered so far, by their `Pantheon-Version` (null: an answer without one), each with what it was asked. */
  readonly versions: ReadonlyMap<string | null, readonly string[]>;
};

export type Tokens = {
  readonly user: string;
  readonly admin: string;
  readonly empty: string | null;
  /** The stage's BUILD_TOKEN, where only those who have it are told which build answers. */
  readonly build?: string | null;
};

/** No answer came, or none that can be read. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly requestId: string;

  constructor(message: string, requestId: string) {
    super(message);
    this.requestId = requestId;
  }
}

/**
 * A client of the stage at `url`; what is under /admin goes to `adminUrl` when there is one. Every request is sent once, and a key goes
 * along only when it is given: what came of one request is the evidence. Redirects are answers like any other: a token is never carried
 * to another host. Rejects with NoAnswer.
 */
export function createClient({ url, adminUrl, tokens }: { url: string; adminUrl: string | null; tokens: Tokens }): Client {
  const versions = new Map<string | null, string[]>();
  const ask: Ask = async (method, path, { as = null, bearer, body, form, key = null, ifMatch, at } = {}) => {
    const base = at ?? (adminUrl !== null && path.startsWith("/api/v1/admin/") ? adminUrl : url);
    const token = bearer ?? (as === null ? null : tokens[as]);
    const requestId = `verify-${newId()}`;
    const call = { method, path, key, requestId, ...(body && { body }), ...(form && { form }), ...(ifMatch !== undefined && { ifMatch }) };
    const answer = await answered(createTransport({ url: base, token, fetch: sendingAs(tokens.build ?? null), retry: false }), call);
    const version = answer.headers.get("pantheon-version");
    versions.set(version, [...(versions.get(version) ?? []), `${method} ${path.split("?")[0]}`]);
    return answer;
  };
  return { ask, versions };
}

/** Without following redirects, and with the build token where there is one. */
function sendingAs(build: string | null): (address: string, request: RequestInit) => Promise<Response> {
  return (address, request) => {
    const headers = new Headers(request.headers);
    if (build !== null) headers.set("Pantheon-Build-Token", build);
    return fetch(address, { ...request, headers, redirect: "manual" });
  };
}

async function answered(send: Send, call: Call): Promise<Answer> {
  const began = performance.now();
  try {
    return await send(call);
  } catch (error) {
    if (!(error instanceof NoResponse)) throw error;
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    throw new NoAnswer(`no answer after ${seconds} s (${reasonOf(error.cause)})`, error.requestId);
  }
}

/** The system's code where there is one: messages of the network can hold addresses. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return error instanceof Error ? error.name : "unknown";
}
