// Refusals on the wire: RFC 9457 problem documents and the headers that go with them. Decides no status; that is error.ts.

import type { DomainError } from "@pantheon/contract/error.ts";
import type { ProblemDocument } from "@pantheon/contract/problem.ts";

/** The response to a refused request. */
export function problem(error: DomainError, requestId: string): Response {
  const headers = new Headers({ "Content-Type": PROBLEM_JSON });
  if (error.status === 401) headers.set("WWW-Authenticate", challengeOf(error.reason));
  if (error.retryAfter !== undefined) headers.set("Retry-After", String(error.retryAfter));
  return new Response(JSON.stringify(problemDocument(error, requestId)), { status: error.status, headers });
}

/**
 * How one signs in (RFC 6750), and why a token was not taken. Only what is found out after its signature was good is told in words: whoever
 * holds such a token can read the same in it. Of all others nobody learns which rule they broke.
 */
function challengeOf(reason: string | null): string {
  if (reason === null || reason === "none") return "Bearer";
  const why = TOLD_TO_HOLDERS[reason];
  return `Bearer error="invalid_token"${why === undefined ? "" : `, error_description="${why}"`}`;
}

/** By the reasons of auth/verifier.ts that stand behind a good signature. */
const TOLD_TO_HOLDERS: Readonly<Record<string, string>> = {
  expired: "expired",
  claim_exp: "without a usable expiry",
  claim_nbf: "not valid yet",
  claim_iat: "issued in the future",
  claim_iss: "of another issuer",
  claim_aud: "for another audience",
  claim_sub: "without a usable subject",
  lifetime: "valid for too long",
  role: "of another role",
  anonymous: "of an anonymous user",
};

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
