// How a route of the door is described to the OpenAPI document: as other programs know it, with refusals in their shape.

import type { Context, MiddlewareHandler } from "hono";
import { resolver, uniqueSymbol } from "hono-openapi";
import type * as v from "valibot";
import { CompletionError } from "@pantheon/contract/completions.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";

type Shape = v.GenericSchema;

type Description<Body extends Shape> = {
  /** The operation's name in the document. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly responds: Body;
  /** What each event of a stream is, where the request may ask for one. */
  readonly streams?: Shape;
  /** Whether a model is called: then there is more to refuse. */
  readonly refusals?: Readonly<Record<number, string>>;
};

const EVERYWHERE = {
  401: "No key, or not a good one",
  403: "The account is suspended, or the key is not for this",
  500: "A fault of ours",
  503: "Not configured, or the database is away",
};

const OF_CALLS = {
  400: "The request breaks a rule, or does not fit the model",
  402: "Not enough credits: nothing was run",
  404: "No such model",
  409: "The request with this key is still running",
  413: "Larger than 4.5 MB",
  502: "The model provider failed: nothing was charged",
  504: "The model provider was silent: nothing was charged",
};

/** What a described route responds with: JSON of the declared shape. */
type Responding<Body extends Shape> = { Variables: { respond: (value: v.InferInput<Body>) => Response } };

/** Describes a route of the door, and hands its handler `c.var.respond`. What it streams instead, where it may, is a stream of events. */
export function describeDoor<Body extends Shape>(description: Description<Body>): MiddlewareHandler<AppEnv & Responding<Body>> {
  const prepare = async (c: Context<AppEnv & Responding<Body>>, next: () => Promise<void>): Promise<void> => {
    c.set("respond", (value) => c.newResponse(JSON.stringify(value), 200, { "Content-Type": "application/json" }));
    await next();
  };
  return Object.assign(prepare, { [uniqueSymbol]: { spec: specOf(description) } });
}

function specOf<Body extends Shape>({ id, summary, description, responds, streams, refusals }: Description<Body>) {
  const said = { ...EVERYWHERE, ...(streams && OF_CALLS), ...refusals };
  return {
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
}

function refusalSpec(description: string) {
  return { description, content: { "application/json": { schema: resolver(CompletionError) } } };
}
