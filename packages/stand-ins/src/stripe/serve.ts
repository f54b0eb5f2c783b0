// One request to the stand-in Stripe, from the first byte to the last: key, parameters, idempotency, the endpoint, the answer in Stripe's
// shape, and the failures that were asked for.

import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "../read-body.ts";
import { API_VERSION, mint, type Account } from "./account.ts";
import { ENDPOINTS, type Call, type Endpoint } from "./endpoints.ts";
import { expand, refuseUnexpandable } from "./expand.ts";
import { takeFault, type Fault } from "./faults.ts";
import { listOf, readForm, refuseUnknown } from "./form.ts";
import { underKey, type Answer, type Keys } from "./keys.ts";
import { injected, StripeRefusal } from "./refusal.ts";

export type StripeState = {
  readonly account: Account;
  /** By mode, since a test key and a live key are never the same caller. */
  readonly keys: { readonly live: Keys; readonly test: Keys };
  readonly faults: Fault[];
  /** Authorised requests by line: `POST /v1/payment_intents`. */
  readonly counts: Map<string, number>;
};

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly text: string;
  readonly livemode: boolean;
  readonly key: string | null;
  readonly requestId: string;
  readonly fault: Fault | null;
};

/** Serves one request; a caller that leaves early changes nothing. */
export async function serve(state: StripeState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = mint("req");
  const version = header(request, "stripe-version") ?? API_VERSION;
  response.setHeader("Content-Type", "application/json").setHeader("Request-Id", requestId).setHeader("Stripe-Version", version);
  response.setHeader("Date", new Date(state.account.clock()).toUTCString()); // the account's time, as its objects and events have it
  const body = await readBody(request, MAX_BODY_OCTETS);
  try {
    if (body === null) throw invalid(413, "The body is too large.");
    const livemode = modeOf(request);
    const [pathname = "", search = ""] = (request.url ?? "").split("?", 2);
    const line = `${request.method} ${pathname}`;
    state.counts.set(line, (state.counts.get(line) ?? 0) + 1);
    if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:\.[a-z]+)?$/.test(version)) throw invalid(400, "The API version cannot be read.");
    refuseContentType(request, body);
    const fault = takeFault(state.faults, line);
    const key = request.method === "POST" ? header(request, "idempotency-key") : null;
    const text = request.method === "POST" ? body : search;
    reply(state, { method: request.method ?? "GET", path: pathname, text, livemode, key, requestId, fault }, response);
  } catch (error) {
    send(response, refused(error, requestId));
  }
}

function reply(state: StripeState, asked: Asked, response: ServerResponse): void {
  const { fault, key } = asked;
  if (fault !== null && !fault.afterEffect && strikes(fault, response)) return;
  if (fault !== null && typeof fault.how === "object" && !fault.afterEffect && fault.how.status !== 500) throw injected(fault.how.status);
  if (key === null) {
    const { answer } = perform(state, asked);
    if (fault === null || !fault.afterEffect || !strikes(fault, response)) send(response, answer);
    return;
  }
  response.setHeader("Idempotency-Key", key);
  const keys = asked.livemode ? state.keys.live : state.keys.test;
  const { answer, isReplay } = underKey({ keys, now: state.account.clock() }, key, fingerprintOf(asked), () => perform(state, asked));
  if (fault?.afterEffect === true && strikes(fault, response)) return;
  if (isReplay) response.setHeader("Idempotent-Replayed", "true").setHeader("Original-Request", answer.requestId);
  if (answer.status >= 500) response.setHeader("Stripe-Should-Retry", "false"); // the same key would only bring it again
  send(response, answer);
}

/** Hangs or resets the connection, when that is the fault; true when it did. A request that hangs ends with its caller or the server. */
function strikes({ how }: Fault, response: ServerResponse): boolean {
  if (how === "reset") response.socket?.resetAndDestroy();
  return how === "hang" || how === "reset";
}

/** Does what was asked and makes the answer of it; a status that was asked for replaces the answer, before or after the effect. */
function perform(state: StripeState, asked: Asked): { answer: Answer; isKept: boolean } {
  const { fault, requestId } = asked;
  try {
    if (fault !== null && typeof fault.how === "object" && !fault.afterEffect) throw injected(fault.how.status);
    const json = run(state.account, asked);
    if (fault !== null && typeof fault.how === "object") return { answer: refused(injected(fault.how.status), requestId), isKept: true };
    return { answer: { status: 200, body: JSON.stringify(json, null, 2), requestId }, isKept: true };
  } catch (error) {
    return { answer: refused(error, requestId), isKept: !(error instanceof StripeRefusal && error.unbegun) };
  }
}

function run(account: Account, { method, path, text, livemode, key, requestId }: Asked): unknown {
  const { endpoint, id } = endpointOf(method, path);
  const form = readForm(text);
  refuseUnknown(form, [...endpoint.parameters, "expand"]);
  const call: Call = { account, livemode, id, form, request: { id: requestId, idempotency_key: key } };
  const paths = listOf(form, "expand") ?? [];
  refuseUnexpandable(paths, endpoint.expands);
  return expand(account, endpoint.answer(call), paths);
}

function endpointOf(method: string, path: string): { endpoint: Endpoint; id: string } {
  for (const endpoint of ENDPOINTS) {
    const match = new RegExp(`^${endpoint.path.replace(":id", "([A-Za-z0-9_%.-]+)")}$`).exec(path);
    if (match !== null && endpoint.method === method) return { endpoint, id: match[1] ?? "" };
  }
  throw invalid(404, `There is nothing at ${method} ${path}.`);
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** A secret key comes as a bearer token or as the user of basic authentication. Throws StripeRefusal for anything else. */
function modeOf(request: IncomingMessage): boolean {
  const [scheme = "", value = ""] = (request.headers.authorization ?? "").split(" ");
  const key = scheme.toLowerCase() === "basic" ? (Buffer.from(value, "base64").toString("utf8").split(":")[0] ?? "") : value;
  const mode = /^(?:sk|rk)_(test|live)_./.exec(key)?.[1];
  if (mode === undefined) throw invalid(401, "There is no valid API key in the request.");
  return mode === "live";
}

function refuseContentType(request: IncomingMessage, body: string): void {
  if (request.method !== "POST" || body === "") return;
  if (header(request, "content-type")?.startsWith("application/x-www-form-urlencoded") !== true) {
    throw invalid(400, "The body must be a form (application/x-www-form-urlencoded).");
  }
}

function invalid(status: number, message: string): StripeRefusal {
  return new StripeRefusal(status, { type: "invalid_request_error", message }, { unbegun: true });
}

/** The same parameters in another order are the same request. */
function fingerprintOf({ method, path, text }: Asked): string {
  return JSON.stringify([method, path, [...new URLSearchParams(text)].map(([name, value]) => `${name}=${value}`).toSorted()]);
}

function refused(error: unknown, requestId: string): Answer {
  const refusal = error instanceof StripeRefusal ? error : ownFailure(error);
  const { more, ...body } = refusal.body;
  return { status: refusal.status, body: JSON.stringify({ error: { ...body, ...more } }, null, 2), requestId };
}

/** A mistake of the stand-in's own: said, so that the test that met it can be understood. */
function ownFailure(error: unknown): StripeRefusal {
  return new StripeRefusal(500, { type: "api_error", message: `The stand-in itself failed: ${String(error)}` });
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status).end(body);
}

const MAX_BODY_OCTETS = 64 * 1024; // more than any form should be
