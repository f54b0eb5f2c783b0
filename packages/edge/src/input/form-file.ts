// A file in a form, as browsers and curl send one: one part, and nothing beside it. The same address may take JSON instead.

import { createHash } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { resolver, uniqueSymbol } from "hono-openapi";
import * as v from "valibot";
import { DomainError } from "@pantheon/contract/error.ts";
import type { AppEnv } from "../shell/app-env.ts";
import { isForm } from "./is-form.ts";
import { describeIssue, invalidRequest } from "./faults.ts";
import { body } from "./validate.ts";

/**
 * Reads a form with one file in its field `file` into `c.var.sentFile`; null for a request that is no form. 400 for what is no form, 422
 * for another or a second field, no file, an empty one, or a name that breaks its rule. `c.var.sentBody` says name and digest, which is
 * what an idempotency key stands for.
 */
export function formFile(form: v.GenericSchema, filename: v.GenericSchema<string, string>): MiddlewareHandler<AppEnv> {
  const read: MiddlewareHandler<AppEnv> = async (c, next) => {
    if (!isForm(c.req.header("Content-Type"))) return next();
    const sent = fileOf(await parts(c.req.raw));
    const name = v.safeParse(filename, sent.name, { abortPipeEarly: true, message: describeIssue });
    if (!name.success) throw invalidRequest([{ path: "filename", message: name.issues[0].message }]);
    const bytes = new Uint8Array(await sent.arrayBuffer());
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    c.set("sentFile", { filename: name.output, bytes });
    c.set("sentBody", { filename: name.output, sha256 });
    return next();
  };
  return Object.assign(read, { [uniqueSymbol]: { target: "form", ...resolver(form) } });
}

/** Reads a JSON body, as `body` does, where no form was sent. Of a request that sent one, `c.req.valid("json")` says nothing. */
export function jsonUnlessForm<S extends Parameters<typeof body>[0]>(schema: S): ReturnType<typeof body<S>> {
  const json = body(schema);
  const read: typeof json = (c, next) => (c.var.sentFile === null ? json(c, next) : next());
  return Object.assign(read, { [uniqueSymbol]: { target: "json", ...resolver(schema) } });
}

async function parts(request: Request): Promise<FormData> {
  try {
    return await request.formData();
  } catch (cause) {
    throw new DomainError("malformed_request", "The body is not a valid form.", { cause });
  }
}

function fileOf(form: FormData): File {
  const sent = [...form];
  const [first] = sent;
  if (first === undefined || sent.length > 1 || first[0] !== "file") {
    throw invalidRequest([{ path: "file", message: "must be the form's one field" }]);
  }
  const [, file] = first;
  if (!(file instanceof File)) throw invalidRequest([{ path: "file", message: "must be a file" }]);
  if (file.size === 0) throw invalidRequest([{ path: "file", message: "must not be empty" }]);
  return file;
}
