// What an answer says, read by the shape that a row needs of it, and no stricter: an older build may answer less, and a newer one more.

import * as v from "valibot";
import type { Answer } from "./client.ts";

/** An answer that is not the expected one. The message says what it was: status, code and detail, never a body. */
export class Surprise extends Error {
  override readonly name = "Surprise";
  readonly requestId: string;

  constructor(message: string, { requestId }: Pick<Answer, "requestId">) {
    super(message);
    this.requestId = requestId;
  }
}

/** The body of an answer of this status. Throws Surprise. */
export function read<Shape extends v.GenericSchema>(answer: Answer, status: number, shape: Shape): v.InferOutput<Shape> {
  if (answer.status !== status) throw new Surprise(statusLine(answer), answer);
  const result = v.safeParse(shape, answer.json);
  if (result.success) return result.output;
  const places = [...new Set(result.issues.map((issue) => v.getDotPath(issue) ?? "the body"))];
  throw new Surprise(`${answer.status}, but not as expected at ${places.slice(0, 5).join(", ")}`, answer);
}

/** Status, code and detail of a refusal; of anything else the status alone. */
export function statusLine(answer: Answer): string {
  const refusal = v.safeParse(Problem, answer.json);
  return refusal.success ? `${answer.status} ${refusal.output.code}: ${oneLine(refusal.output.detail)}` : String(answer.status);
}

const Problem = v.object({ code: v.pipe(v.string(), v.regex(/^[a-z_]{1,64}$/)), detail: v.string() });

const MAX_DETAIL = 160;

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").slice(0, MAX_DETAIL);
}
