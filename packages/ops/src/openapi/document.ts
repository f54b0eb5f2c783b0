// The OpenAPI document, made from the validators and descriptions of every function's routes. What a route takes and says stands where
// the route does; what is true of all of them is added here: body refusals, headers, shared responses, recorded examples.

import { generateSpecs } from "hono-openapi";
import { readConfig } from "@pantheon/core/config/config.ts";
import type { Log } from "@pantheon/core/log.ts";
import { COMMON_REFUSALS } from "@pantheon/edge/output/describe.ts";
import { applications, createDeps } from "@pantheon/functions/whole.ts";
import { HEAD, HEADERS, REQUEST_ID, SECURITY_SCHEMES } from "./head.ts";

/** What was really asked and answered: by operationId, and refusals by their status. */
export type Examples = {
  readonly operations: Readonly<Record<string, Example>>;
  readonly refusals: Readonly<Record<string, unknown>>;
};

type Example = { readonly request?: unknown; readonly response?: unknown };

type Content = Record<string, { schema: unknown; example?: unknown }>;
type Response = { description: string; headers?: Record<string, unknown>; content?: Content };
type Operation = {
  operationId: string;
  parameters?: { in: string; name: string }[];
  requestBody?: { content: Content };
  responses: Record<string, Response | { $ref: string }>;
};
type Paths = Record<string, Record<string, Operation>>;

/** The whole document: every function's routes under one head, paths in the order of their names. */
export async function openApiDocument(examples: Examples): Promise<object> {
  const parts = await Promise.all(
    everyFunction().map((app) => generateSpecs(app, { defaultValidationErrorResponse: false, excludeStaticFile: false })),
  );
  const paths = plain(byName(parts.flatMap((part) => Object.entries(part.paths)))) as Paths;
  for (const [address, path] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(path)) {
      complete(operation, method !== "get" && !/^\/(?:webhooks|v1)\//.test(address)); // these say themselves what they refuse
      share(operation);
      if (!address.startsWith("/v1/")) exemplify(operation, examples.operations[operation.operationId] ?? {}, examples.refusals);
    }
  }
  const schemas = byName(parts.flatMap((part) => Object.entries(plain(part.components.schemas ?? {}))));
  const responses = structuredClone(SHARED);
  for (const [name, status] of SHARED_REFUSALS) giveExample(responses[name]?.content, examples.refusals[status]);
  return { ...HEAD, paths, components: { securitySchemes: SECURITY_SCHEMES, headers: HEADERS, responses, schemas } };
}

const silent: Log = { info() {}, warn() {}, error() {}, count() {} };

/** The applications as they are deployed, on a configuration that reaches nobody: nothing connects before a request is answered. */
function everyFunction() {
  const config = readConfig({ DATABASE_URL: "postgres://nowhere.invalid/none", AUTH_ISSUER: "https://nowhere.invalid" });
  const deps = createDeps({ config, log: silent, clock: Date.now, maxConnections: 1 });
  return Object.values(applications(deps));
}

/** What every write may answer to a body, also one that takes none. */
const BODY_REFUSALS = {
  400: "The body is not JSON in UTF-8",
  413: "The body is too large",
  415: "The content type is not application/json, or the body is encoded",
};

/** The refusals that many operations have in the same words, by the names of their components. */
const SHARED_REFUSALS = [
  ["MalformedRequest", 400, BODY_REFUSALS[400]],
  ["Unauthenticated", 401, COMMON_REFUSALS[401]],
  ["NotAdmin", 403, "Not an admin"],
  ["PayloadTooLarge", 413, BODY_REFUSALS[413]],
  ["UnsupportedMediaType", 415, BODY_REFUSALS[415]],
  ["InvalidRequest", 422, COMMON_REFUSALS[422]],
  ["Internal", 500, COMMON_REFUSALS[500]],
  ["Unavailable", 503, COMMON_REFUSALS[503]],
] as const;

const SHARED = Object.fromEntries(SHARED_REFUSALS.map(([name, status, text]) => [name, refusal(status, text)]));

function refusal(status: number, description: string): Response {
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  return withHeaders(status, { description, content });
}

/** Adds what is true of every operation: the refusals of a body where there may be one, and the headers. */
function complete(operation: Operation, mayHaveBody: boolean): void {
  const isKeyed = operation.parameters?.some(({ name }) => name === "Idempotency-Key") ?? false;
  operation.parameters = [...(operation.parameters ?? []), REQUEST_ID];
  if (mayHaveBody) {
    const refusals = Object.entries(BODY_REFUSALS).map(([status, text]) => [status, refusal(Number(status), text)] as const);
    operation.responses = { ...Object.fromEntries(refusals), ...operation.responses };
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if ("description" in response) operation.responses[status] = withHeaders(Number(status), response, isKeyed);
  }
}

function withHeaders(status: number, response: Response, isKeyed = false): Response {
  const names: (keyof typeof HEADERS)[] = ["X-Request-Id", "Pantheon-Version"];
  if (status < 300 && isKeyed) names.push("Idempotency-Replayed");
  if (status === 401) names.push("WWW-Authenticate");
  if (status === 409 || status === 429 || status === 503) names.push("Retry-After");
  const headers = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
  return { ...response, headers: { ...headers, ...response.headers } };
}

/** A request and the success that it was really answered with; of the refusals, those that bring members of their own. */
function exemplify({ requestBody, responses }: Operation, { request, response }: Example, refusals: Examples["refusals"]): void {
  const json = requestBody?.content["application/json"]; // what is asked in a form has no example
  giveExample(json && { json }, request);
  for (const [status, said] of Object.entries(responses)) {
    if (!("content" in said)) continue;
    if (Number(status) < 300 && status !== "202") giveExample(said.content, response); // what waits is answered by a shape of its own
    if (status === "402" || status === "412") giveExample(said.content, refusals[status]);
  }
}

function giveExample(content: Content | undefined, example: unknown): void {
  const [body] = Object.values(content ?? {});
  if (body && example !== undefined) body.example = example;
}

/** Refers to a shared response instead of saying it again. */
function share(operation: Operation): void {
  const names = new Map(Object.entries(SHARED).map(([name, response]) => [JSON.stringify(response), name]));
  for (const [status, response] of Object.entries(operation.responses)) {
    const name = names.get(JSON.stringify(response));
    if (name !== undefined) operation.responses[status] = { $ref: `#/components/responses/${name}` };
  }
}

/** As JSON has it: without what is undefined. */
function plain(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}

/** A record with its entries in the order of their names, by code unit: the same on every machine. */
function byName<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
