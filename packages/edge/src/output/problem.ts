// Refusals on the wire: RFC 9457 problem documents and the headers that go with them. Decides no status; that is error.ts.

import type { DomainError } from "@pantheon/contract/error.ts";
import type { ProblemDocument } from "@pantheon/contract/problem.ts";

/** The response to a refused request. */
export function problem(error: DomainError, requestId: string): Response {
  const headers = new Headers({ "Content-Type": PROBLEM_JSON });
  if (error.status === 401) headers.set("WWW-Authenticate", "Bearer");
  if (error.retryAfter !== undefined) headers.set("Retry-After", String(error.retryAfter));
  return new Response(JSON.stringify(problemDocument(error, requestId)), { status: error.status, headers });
}

/** The document itself. `detail` is for people, `code` for programs; members that belong to one code follow the common ones. */
export function problemDocument(error: DomainError, requestId: string): ProblemDocument {
  return {
    type: `/problems/${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    ...error.members,
  };
}

export const PROBLEM_JSON = "application/problem+json";
