// Refusals on the wire: RFC 9457 problem documents and the headers that go with them. Decides no status; that is error.ts.

import * as v from "valibot";
import { resolver } from "hono-openapi";
import type { DomainError } from "@pantheon/contract/error.ts";

/** The answer to a refused request. */
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

/** The schema of every refusal, for the spec and for tests. */
export const ProblemSchema = v.pipe(
  v.looseObject({
    type: v.string(),
    title: v.string(),
    status: v.number(),
    detail: v.string(),
    code: v.string(),
    request_id: v.string(),
    errors: v.optional(v.array(v.strictObject({ path: v.string(), message: v.string() }))),
  }),
  v.metadata({ ref: "Problem" }),
);

export type ProblemDocument = v.InferOutput<typeof ProblemSchema>;

/** How the spec describes a refusal: one entry of a route's `responses`. */
export function problemResponse(description: string): {
  description: string;
  content: Record<string, { schema: ReturnType<typeof resolver> }>;
} {
  return { description, content: { [PROBLEM_JSON]: { schema: resolver(ProblemSchema) } } };
}

const PROBLEM_JSON = "application/problem+json";
