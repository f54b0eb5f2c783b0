// The one place that asks the API. `call` is the whole interface: a name of routes.ts, what that address is given, and its answer.

import { accessToken, signInEnded } from "../session/session.ts";
import type { Routes } from "./routes.ts";

/** What any call may carry beside what its address wants. */
export type CallOptions = {
  readonly signal?: AbortSignal;
  /** Idempotency-Key: the same key does a thing once. */
  readonly key?: string;
  /** If-Match: refused with 412 when the revision is another one by now. */
  readonly ifRevision?: string;
};

export type Name = keyof Routes;
export type Given<Of extends Name> = Routes[Of]["given"];
export type Answer<Of extends Name> = Routes[Of]["answer"];

type Parts = {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** In place of a body: the browser names the kind and the boundary. */
  readonly form?: FormData;
};

/** A refusal of the API. `message` is its sentence for people; `code` is for programs; `faults` say which input is wrong, and how. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly faults: readonly { readonly path: string; readonly message: string }[];
  /** The whole document, with what belongs to its code: the figures of a 402. */
  readonly members: unknown;

  constructor(status: number, problem: Problem) {
    super(problem.detail ?? "The API answered something that cannot be read.");
    this.status = status;
    this.code = problem.code ?? "unreadable";
    this.requestId = problem.request_id ?? null;
    this.faults = problem.errors ?? [];
    this.members = problem;
  }
}

type Problem = {
  readonly detail?: string;
  readonly code?: string;
  readonly request_id?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
};

/** Asks one address. Throws Refused for what the API refuses, and what `fetch` throws when it cannot be reached. */
export async function call<Of extends Name>(name: Of, given: Given<Of>, options: CallOptions = {}): Promise<Answer<Of>> {
  const response = await send(name, given, options);
  if (response.status === 401) signInEnded();
  const json: unknown = await response.json().catch(() => null);
  if (!response.ok || (json === null && response.status !== 204)) throw new Refused(response.status, problemOf(json, response));
  return json;
}

/** The response as it comes, for what is not JSON: a file, a stream. */
export async function send(name: string, given: Parts, { signal, key, ifRevision }: CallOptions = {}): Promise<Response> {
  const [method = "GET", template = ""] = name.split(" ");
  const path = template.replaceAll(/\{(\w+)\}/g, (_whole, slot: string) => encodeURIComponent(given.path?.[slot] ?? ""));
  const headers = new Headers({ Accept: "application/json" });
  const token = await accessToken();
  if (token === null) throw new Refused(401, { detail: "Your sign-in has ended.", code: "unauthenticated" });
  headers.set("Authorization", `Bearer ${token}`);
  if (key !== undefined) headers.set("Idempotency-Key", key);
  if (ifRevision !== undefined) headers.set("If-Match", `"${ifRevision}"`);
  if (given.body !== undefined) headers.set("Content-Type", "application/json");
  return fetch(`/api/v1${path}${queryOf(given.query)}`, {
    method,
    headers,
    ...(given.body !== undefined && { body: JSON.stringify(given.body) }),
    ...(given.form !== undefined && { body: given.form }),
    ...(signal && { signal }),
  });
}

/** A file, whole. Throws Refused like `call`. */
export async function fileOf(name: string, given: Parts): Promise<Blob> {
  const response = await send(name, given);
  if (response.status === 401) signInEnded();
  if (!response.ok) throw await refusalOf(response);
  return response.blob();
}

/** The refusal that a response is. */
export async function refusalOf(response: Response): Promise<Refused> {
  return new Refused(response.status, problemOf(await response.json().catch(() => null), response));
}

function queryOf(query: Parts["query"] = {}): string {
  const entries = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return entries.length === 0 ? "" : `?${new URLSearchParams(entries).toString()}`;
}

function problemOf(json: unknown, response: Response): Problem {
  const said: Problem = typeof json === "object" && json !== null ? json : {};
  const id = said.request_id ?? response.headers.get("x-request-id");
  return { ...said, ...(id !== null && { request_id: id }) };
}
