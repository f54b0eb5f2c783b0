// How a route of the door is described to the OpenAPI document: as other programs know it, with refusals in their shape.

import type { MiddlewareHandler } from "hono";
import { resolver, uniqueSymbol } from "hono-openapi";
import type * as v from "valibot";
import { CompletionError } from "@pantheon/contract/completions.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";

type Shape = v.GenericSchema;

type Description = {
  /** The operation's name in the document. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly responds: Shape;
  /** What each event of a stream is, where the request may ask for one. */
  readonly streams?: Shape;
  /** Whether a model is called: then there is more to refuse. */
  readonly refusals?: Readonly<Record<number, string>>;
};

const EVERYWHERE = { 401: "No key, or not a good one", 500: "A fault of ours", 503: "Not configured, or the database is away" };

const OF_CALLS = {
  400: "The request breaks a rule, or does not fit the model",
  402: "Not enough credits: nothing was run",
  403: "The account is suspended",
  404: "No such model",
  409: "The request with this key is still running",
  413: "Larger than 4.5 MB",
  502: "The model provider failed: nothing was charged",
  504: "The model provider was silent: nothing was charged",
};

/** Describes a route of the door. What it responds is JSON of the declared shape, or a stream of events. */
export function describeDoor({ id, summary, description, responds, streams, refusals }: Description): MiddlewareHandler<AppEnv> {
  const said = { ...EVERYWHERE, ...(streams && OF_CALLS), ...refusals };
  const spec = {
    operationId: id,
    summary,
    tags: ["door"],
    description: description ?? `${summary}.`,
    responses: {
      200: {
        description: summary,
        content: {
          "application/json": { schema: resolver(responds) },
          ...(streams && { "text/event-stream": { schema: resolver(streams) } }),
        },
      },
      ...Object.fromEntries(Object.entries(said).map(([code, text]) => [code, refusalSpec(text)])),
    },
  };
  const pass: MiddlewareHandler<AppEnv> = (_c, next) => next();
  return Object.assign(pass, { [uniqueSymbol]: { spec } });
}

function refusalSpec(description: string) {
  return { description, content: { "application/json": { schema: resolver(CompletionError) } } };
}
