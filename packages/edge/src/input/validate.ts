// Parsing a request once, at the edge, with strict schemas: JSON body, query string, path. The middlewares carry their schemas, so
// that the OpenAPI document is made from them. How a fault is worded is faults.ts.

import type { Context, MiddlewareHandler } from "hono";
import { resolver, uniqueSymbol } from "hono-openapi";
import * as v from "valibot";
import { DomainError } from "@pantheon/contract/error.ts";
import type { AppEnv } from "../shell/app-env.ts";
import { describeIssue, faultsOf, invalidRequest, safeName } from "./faults.ts";

/** An object schema that refuses what it does not know, possibly followed by checks over the whole. */
type Strict = v.GenericSchema<unknown, object> & { readonly type: "strict_object"; readonly entries: v.ObjectEntries };

type Validator<Target extends "json" | "query" | "param", S extends Strict> = MiddlewareHandler<
  AppEnv,
  string,
  { in: Record<Target, v.InferInput<S>>; out: Record<Target, v.InferOutput<S>> }
>;

/**
 * Reads a JSON body into `c.req.valid("json")`. 415 for another content type or an encoding, 400 for what is no JSON in UTF-8, 422 for
 * what the schema refuses. Of a property that is given twice the last value counts, here and in `c.var.sentBody`, which is what to hash.
 */
export function body<S extends Strict>(schema: S): Validator<"json", S> {
  const read: Validator<"json", S> = async (c, next) => {
    c.req.addValidatedData("json", parse(schema, await objectIn(c)));
    await next();
  };
  return Object.assign(read, { [uniqueSymbol]: { target: "json", ...resolver(schema) } });
}

/** As `body`, for shapes that leave out what they do not know: programs made for other APIs send more than is asked for. */
export function looseBody<S extends v.GenericSchema<unknown, object>>(
  schema: S,
): MiddlewareHandler<AppEnv, string, { in: Record<"json", v.InferInput<S>>; out: Record<"json", v.InferOutput<S>> }> {
  const read: MiddlewareHandler<AppEnv> = async (c, next) => {
    const value = await objectIn(c);
    c.req.addValidatedData("json", parse(schema, value));
    await next();
  };
  return Object.assign(read, { [uniqueSymbol]: { target: "json", ...resolver(schema) } });
}

/** The body as an object, which is what an idempotency key stands for. */
async function objectIn(c: Context<AppEnv>): Promise<object> {
  refuseMediaType(c.req.header("Content-Type"), c.req.header("Content-Encoding"));
  const value = parseJson(await c.req.arrayBuffer());
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalidRequest([{ path: "", message: "must be an object" }]);
  c.set("sentBody", value);
  return value;
}

/**
 * For writes that take no body: there is none, or it is an object without properties, which means the same to an idempotency key too.
 * Anything else is refused like any body.
 */
export const noBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  if ((await c.req.arrayBuffer()).byteLength === 0) return next();
  return nothing(c, async () => {
    c.set("sentBody", null);
    await next();
  });
};

const nothing = body(v.strictObject({}));

/**
 * For writes that may take a body: none is read like an object without properties, and means the same to an idempotency key. Anything
 * else is read like any body.
 */
export function optionalBody<S extends Strict>(schema: S): Validator<"json", S> {
  const given = body(schema);
  const read: Validator<"json", S> = async (c, next) => {
    if ((await c.req.arrayBuffer()).byteLength > 0) {
      return given(c, async () => {
        if (Object.keys(Object(c.var.sentBody)).length === 0) c.set("sentBody", null);
        await next();
      });
    }
    c.req.addValidatedData("json", parse(schema, {}));
    await next();
  };
  return Object.assign(read, { [uniqueSymbol]: { target: "json", ...resolver(schema) } });
}

/** Reads the query string into `c.req.valid("query")`. Unknown and repeated parameters are refused like any other fault: 422. */
export function query<S extends Strict>(schema: S): Validator<"query", S> {
  const read: Validator<"query", S> = async (c, next) => {
    const values = new Map<string, string>();
    const repeated = new Set<string>();
    for (const [name, value] of new URL(c.req.url).searchParams) {
      if (values.has(name)) repeated.add(name);
      values.set(name, value);
    }
    if (repeated.size > 0) throw invalidRequest([...repeated].map((name) => ({ path: safeName(name), message: "must be given once" })));
    c.req.addValidatedData("query", parse(schema, Object.fromEntries(values)));
    await next();
  };
  return Object.assign(read, { [uniqueSymbol]: { target: "query", ...resolver(schema) } });
}

/** For routes that take no query parameters: any is refused. */
export const noQuery = query(v.strictObject({}));

/** Reads the path's parameters. What is no id of ours cannot exist, so it is answered exactly like an unknown one: 404 with `detail`. */
export function params<S extends Strict>(schema: S, detail = "Not found."): Validator<"param", S> {
  const read: Validator<"param", S> = async (c, next) => {
    const result = v.safeParse(schema, c.req.param());
    if (!result.success) throw new DomainError("not_found", detail);
    c.req.addValidatedData("param", result.output);
    await next();
  };
  return Object.assign(read, { [uniqueSymbol]: { target: "param", ...resolver(schema) } });
}

function parse<S extends v.GenericSchema<unknown, object>>(schema: S, value: object): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortPipeEarly: true, message: describeIssue });
  if (!result.success) throw invalidRequest(faultsOf(result.issues));
  return result.output;
}

function refuseMediaType(contentType: string | undefined, contentEncoding: string | undefined): void {
  const json = contentType !== undefined && /^application\/json *(?:; *charset *= *"?utf-8"? *)?$/i.test(contentType);
  if (!json) throw new DomainError("unsupported_media_type", "The content type must be application/json in UTF-8.");
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity") {
    throw new DomainError("unsupported_media_type", "Encoded bodies are not taken.");
  }
}

function parseJson(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DomainError("malformed_request", "The body is not valid JSON in UTF-8.", { cause });
  }
}
