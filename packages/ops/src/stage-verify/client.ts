// Requests to a stage, as the evidence needs them: by whom, how long it took, which build answered. Knows no route.

import { performance } from "node:perf_hooks";
import { newId } from "@pantheon/contract/id.ts";

/** Whose token goes along; null sends none. */
export type Caller = "user" | "admin" | "empty" | null;

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body when it is JSON, else undefined. */
  readonly json: unknown;
  readonly requestId: string;
};

export type Request = {
  readonly as?: Caller;
  readonly body?: object;
  readonly key?: string;
  readonly ifMatch?: string;
  /** Another base than the stage's, for a function that has an address of its own. */
  readonly at?: string;
};

export type Ask = (method: string, path: string, request?: Request) => Promise<Answer>;

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

/** A function ends within 29 s and a gateway at 30, so a request that is given up has no effect to come. */
const TIMEOUT_MS = 35_000;

/**
 * A client of the stage at `url`; what is under /admin goes to `adminUrl` when there is one. Redirects are answers like any other: a token
 * is never carried to another host. Rejects with NoAnswer.
 */
export function createClient({ url, adminUrl, tokens }: { url: string; adminUrl: string | null; tokens: Tokens }): Client {
  const versions = new Map<string | null, string[]>();
  const ask: Ask = async (method, path, { as = null, body, key, ifMatch, at } = {}) => {
    const requestId = `verify-${newId()}`;
    const base = at ?? (adminUrl !== null && path.startsWith("/api/v1/admin/") ? adminUrl : url);
    const token = as === null ? null : tokens[as];
    const headers = {
      "X-Request-Id": requestId,
      ...(tokens.build && { "Pantheon-Build-Token": tokens.build }),
      ...(token !== null && { Authorization: `Bearer ${token}` }),
      ...(body && { "Content-Type": "application/json" }),
      ...(key !== undefined && { "Idempotency-Key": key }),
      ...(ifMatch !== undefined && { "If-Match": `"${ifMatch}"` }),
    };
    const answer = await send(`${base}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) }, requestId);
    const version = answer.headers.get("pantheon-version");
    versions.set(version, [...(versions.get(version) ?? []), `${method} ${path.split("?")[0]}`]);
    return answer;
  };
  return { ask, versions };
}

async function send(address: string, request: RequestInit, requestId: string): Promise<Answer> {
  const began = performance.now();
  try {
    const response = await fetch(address, { ...request, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    const { status, headers } = response;
    return { status, headers, text, json: parsed(text), requestId: headers.get("x-request-id") ?? requestId };
  } catch (error) {
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    throw new NoAnswer(`no answer after ${seconds} s (${reasonOf(error)})`, requestId);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The system's code where there is one: messages of the network can hold addresses. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return error instanceof Error ? error.name : "unknown";
}
