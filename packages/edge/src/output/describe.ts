// How a route is described to the OpenAPI document, and how it responds: by the very shape that it declares.

import type { Context, MiddlewareHandler } from "hono";
import { resolver, uniqueSymbol } from "hono-openapi";
import type * as v from "valibot";
import { InsufficientCredits, PreconditionFailed, Problem } from "@pantheon/contract/problem.ts";
import type { AppEnv } from "../shell/app-env.ts";
import { PROBLEM_JSON } from "./problem.ts";

type Shape = v.GenericSchema;

type Description<Body extends Shape> = {
  /** The operation's name in the document and in clients: a verb and an object. */
  id: string;
  summary: string;
  tag: string;
  description?: string;
  /** The success: its status, and the shape of its body unless it has none. */
  responds: readonly [status: 200 | 201 | 204, shape?: Body];
  /** Another success, whose body was stored with its effect. */
  or?: readonly [status: 202, shape: Shape];
  /** Of the success; JSON unless it says otherwise. */
  mediaType?: string;
  /** The success carries the revision as its `ETag`. */
  etag?: boolean;
  /** The request may name the revision that it was made for in `If-Match`. */
  ifMatch?: boolean;
  /** True for what is called without a token. */
  open?: boolean;
  /** The refusals that are this route's own; 401, 422, 500 and 503 are said of every route. */
  refusals?: Readonly<Record<number, string>>;
};

/** What a described route responds with: JSON of the declared shape, under the declared status. */
type Responding<Body extends Shape> = { Variables: { respond: (value: v.InferInput<Body>) => Response } };

export const COMMON_REFUSALS = {
  401: "No token, or not a valid one",
  422: "The request breaks a rule; `errors` says where",
  500: "A fault of ours",
  503: "Not configured, or the database is away",
};

/**
 * Describes a route, every refusal as a problem document, and hands its handler `c.var.respond`, which takes what the declared shape
 * says and nothing else. A body that was stored with its effect goes out by `storedResponse` instead.
 */
export function describe<Body extends Shape>(description: Description<Body>): MiddlewareHandler<AppEnv & Responding<Body>> {
  const [status] = description.responds;
  const prepare = async (c: Context<AppEnv & Responding<Body>>, next: () => Promise<void>): Promise<void> => {
    c.set("respond", (value) => c.newResponse(JSON.stringify(value), status, { "Content-Type": "application/json" }));
    await next();
  };
  return Object.assign(prepare, { [uniqueSymbol]: { spec: specOf(description) } });
}

function specOf<Body extends Shape>({ id, summary, tag, description, ifMatch, open = false, ...said }: Description<Body>) {
  const [status] = said.responds;
  const { 401: unauthenticated, ...anyone } = COMMON_REFUSALS;
  const refusals = { ...(open ? anyone : { 401: unauthenticated, ...anyone }), ...said.refusals };
  const problems = Object.entries(refusals).map(([code, text]) => [code, refusalSpec(Number(code), text)] as const);
  return {
    operationId: id,
    summary,
    tags: [tag],
    description: description ?? `${summary}.`,
    ...(open && { security: [] }),
    ...(ifMatch && { parameters: [IF_MATCH] }),
    responses: { [status]: successSpec(summary, said), ...otherSpec(said.or), ...Object.fromEntries(problems) },
  };
}

function successSpec<Body extends Shape>(
  summary: string,
  { responds: [, shape], mediaType = "application/json", etag = false }: Pick<Description<Body>, "responds" | "mediaType" | "etag">,
) {
  return {
    description: summary,
    ...(etag && { headers: { ETag: { $ref: "#/components/headers/ETag" } } }),
    ...(shape && { content: { [mediaType]: { schema: resolver(shape) } } }),
  };
}

function otherSpec(other: Description<Shape>["or"]) {
  if (other === undefined) return {};
  const [status, shape] = other;
  return { [status]: { description: "Accepted, and not done yet", content: { "application/json": { schema: resolver(shape) } } } };
}

/** Two refusals bring members of their own. */
function refusalSpec(status: number, description: string) {
  const shape = status === 402 ? InsufficientCredits : status === 412 ? PreconditionFailed : Problem;
  return { description, content: { [PROBLEM_JSON]: { schema: resolver(shape) } } };
}

const IF_MATCH = {
  in: "header",
  name: "If-Match",
  description: 'The revision that the change was made for, in quotes: `"12"`. 412 when it is not the one of now.',
  schema: { type: "string" },
};
