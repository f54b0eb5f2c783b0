// The OpenAPI document as a flat list of operations, for tests that hold answers against it.

import * as v from "valibot";

export type Operation = {
  /** Method and path template: `GET /api/v1/sessions/{session_id}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  /** A token is wanted. */
  readonly secured: boolean;
  readonly takesBody: boolean;
  readonly parameters: readonly { in: string; name: string; required: boolean }[];
  /** By status, ascending. `shape` is the component's name; null for none, and for a schema without a name. */
  readonly responses: readonly { status: number; mediaTypes: string[]; hasSchema: boolean; shape: string | null; headers: string[] }[];
};

/**
 * The product's own operations, by its own conventions. Reads the document, which must name its one security scheme and describe every
 * operation by the parts that a test looks at.
 */
export function operationsOf(text: string): Operation[] {
  return everyOperationOf(text).filter(({ path }) => !isDoor(path));
}

/** The operations that speak to programs as other APIs do. */
export function doorOperationsOf(text: string): Operation[] {
  return everyOperationOf(text).filter(({ path }) => isDoor(path));
}

function isDoor(path: string): boolean {
  return path.startsWith("/v1/");
}

function everyOperationOf(text: string): Operation[] {
  const document = v.parse(Document, JSON.parse(text));
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([verb, { security, requestBody, responses, ...said }]) => {
      const method = verb.toUpperCase();
      return Object.assign(said, {
        name: `${method} ${path}`,
        method,
        path,
        secured: (security ?? document.security).length > 0,
        takesBody: requestBody !== undefined,
        responses: Object.entries(responses).map(([status, response]) =>
          responseOf(Number(status), "description" in response ? response : shared(document.components.responses, response.$ref)),
        ),
      });
    }),
  );
}

const Ref = v.strictObject({ $ref: v.string() });
const Content = v.record(v.string(), v.object({ schema: v.looseObject({ $ref: v.optional(v.string()) }) }));
const Response = v.object({
  description: v.string(),
  content: v.optional(Content, {}),
  headers: v.record(v.string(), Ref),
});
const RequestContent = v.strictObject({ "application/json": v.unknown(), "multipart/form-data": v.optional(v.unknown()) });
const Bearer = v.array(v.strictObject({ bearer: v.tuple([]) }));
const Document = v.object({
  openapi: v.literal("3.1.0"),
  security: Bearer,
  paths: v.record(
    v.string(),
    v.record(
      v.string(),
      v.object({
        operationId: v.string(),
        summary: v.string(),
        tags: v.array(v.string()),
        security: v.optional(Bearer),
        parameters: v.optional(v.array(v.object({ in: v.string(), name: v.string(), required: v.optional(v.boolean(), false) })), []),
        requestBody: v.optional(v.object({ required: v.literal(true), content: RequestContent })),
        responses: v.record(v.string(), v.union([Response, Ref])),
      }),
    ),
  ),
  components: v.object({
    securitySchemes: v.strictObject({ bearer: v.looseObject({ type: v.literal("http"), scheme: v.literal("bearer") }) }),
    responses: v.record(v.string(), Response),
    headers: v.record(v.string(), v.unknown()),
    schemas: v.looseObject({ Problem: v.looseObject({}) }),
  }),
});

function shared(responses: Readonly<Record<string, v.InferOutput<typeof Response>>>, ref: string) {
  const response = responses[ref.replace("#/components/responses/", "")];
  if (!response) throw new Error(`there is no ${ref}`);
  return response;
}

function responseOf(status: number, { content, headers }: v.InferOutput<typeof Response>) {
  const schemas = Object.values(content).map(({ schema }) => schema);
  return {
    status,
    mediaTypes: Object.keys(content),
    hasSchema: schemas.length > 0,
    shape: schemas[0]?.$ref?.replace("#/components/schemas/", "") ?? null,
    headers: Object.keys(headers),
  };
}
