// How a route is described to the OpenAPI document.

import { describeRoute, resolver } from "hono-openapi";
import type * as v from "valibot";
import { problemResponse } from "./problem.ts";

type Description = {
  summary: string;
  tag: string;
  description?: string;
  /** The success: its status, and its body unless it has none. */
  answers: readonly [status: 200 | 201 | 204, schema?: v.GenericSchema];
  /** Of the success; JSON unless it says otherwise. */
  mediaType?: string;
  /** True for what is called without a token. */
  open?: boolean;
  /** The refusals that are this route's own; 401, 422, 500 and 503 are said of every route. */
  refusals?: Readonly<Record<number, string>>;
};

const COMMON_REFUSALS = {
  401: "No token, or not a valid one",
  422: "The request breaks a rule; `errors` says where",
  500: "A fault of ours",
  503: "Not configured, or the database is away",
};

/** Describes a route: what it answers, and every refusal as a problem document. */
export function describe({ summary, tag, description, answers, mediaType = "application/json", open = false, refusals = {} }: Description) {
  const [status, schema] = answers;
  const success = { description: summary, ...(schema && { content: { [mediaType]: { schema: resolver(schema) } } }) };
  const { 401: unauthenticated, ...anyone } = COMMON_REFUSALS;
  const common = open ? anyone : { 401: unauthenticated, ...anyone };
  const problems = Object.entries({ ...common, ...refusals }).map(([code, text]) => [code, problemResponse(text)] as const);
  return describeRoute({
    summary,
    tags: [tag],
    ...(description && { description }),
    ...(open && { security: [] }),
    responses: { [status]: success, ...Object.fromEntries(problems) },
  });
}
