// Refusals as programs made for OpenAI's API read them, with the statuses at which they do the right thing: what will not get better is not
// tried again by any of them, and out of credits is 402 with everything in its message, since most show nothing else.

import type * as v from "valibot";
import type { CompletionError } from "@pantheon/contract/completions.ts";
import type { DomainError, ErrorCode } from "@pantheon/contract/error.ts";

type Told = v.InferInput<typeof CompletionError>;

/** The response to a refused request, worded as its API has it. */
export function refused(refusal: DomainError, words: (refusal: DomainError) => object = told): Response {
  const status = statusAtDoor(refusal);
  const headers = new Headers({ "Content-Type": "application/json" });
  if (status === 401) headers.set("WWW-Authenticate", "Bearer");
  if (refusal.retryAfter !== undefined) headers.set("Retry-After", String(Math.min(refusal.retryAfter, MOST_RETRY_SECONDS)));
  if (FINAL.has(refusal.code)) headers.set("x-should-retry", "false");
  return new Response(JSON.stringify(words(refusal)), { status, headers });
}

/** What is said of a refusal: in a response, or as the last event of a stream that broke off. */
export function told(refusal: DomainError): Told {
  const { code, errors } = refusal;
  const metadata = code === "insufficient_credits" ? refusal.members : undefined;
  return {
    error: {
      message: wordsOf(refusal),
      type: typeOf(refusal),
      code: CODES[code] ?? code,
      param: errors?.[0]?.path || null,
      ...(metadata && { metadata }),
    },
  };
}

/** OpenAI's SDKs wait a minute at most; what asks for more is tried at once, or never. */
const MOST_RETRY_SECONDS = 60;

/** Told with a status that is otherwise tried again, though it will not get better. */
const FINAL: ReadonlySet<ErrorCode> = new Set(["not_configured", "schema_behind", "idempotency_expired"]);

/** By programs' own names, where they have one. */
const CODES: Partial<Record<ErrorCode, string>> = {
  unauthenticated: "invalid_api_key",
  unknown_model_alias: "model_not_found",
  context_budget_exceeded: "context_length_exceeded",
};

/** 422 is tried seven times by one of them: it is 400 here, and an unknown model is 404. */
export function statusAtDoor({ code, status }: DomainError): number {
  if (code === "unknown_model_alias") return 404;
  if (code === "session_busy") return 503;
  return status === 422 || status === 415 ? 400 : status;
}

function typeOf(refusal: DomainError): string {
  const status = statusAtDoor(refusal);
  if (status === 401) return "authentication_error";
  if (status === 402) return "insufficient_quota";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

function wordsOf({ code, message, errors, members }: DomainError): string {
  if (code === "unauthenticated") return "Incorrect API key provided, or none: send it as Authorization: Bearer.";
  if (code === "insufficient_credits") {
    const { available, estimated_cost: cost, top_up_url: url } = members;
    const where = typeof url === "string" ? ` Top up at ${url}` : "";
    return `Insufficient credits: this call needs ${amountIn(cost)}, ${amountIn(available)} are available.${where}`;
  }
  if (code !== "invalid_request" || errors === undefined) return message;
  return errors.map(({ path, message: rule }) => (path === "" ? `The body ${rule}.` : `${path} ${rule}.`)).join(" ");
}

function amountIn(member: unknown): string {
  return typeof member === "string" ? member : "more";
}
