// What a call ends in when it does not succeed: a refusal of the product, or no response at all.

import type { ErrorCode, InputFault } from "@pantheon/contract/error.ts";
import type { Received } from "./received.ts";

/** The codes of the product, and `unreadable` for a response that is not the product's: of a gateway in between, for one. */
export type RefusalCode = ErrorCode | "unreadable";

/** A refusal. `message` is the document's `detail`, for people; `code` is for programs. */
export class PantheonError extends Error {
  override readonly name = "PantheonError";
  readonly code: RefusalCode;
  readonly status: number;
  readonly requestId: string;
  /** Every fault of bad input by its path; empty for any other refusal. */
  readonly errors: readonly InputFault[];
  /** The whole document, with the members that belong to this code: a 402's figures, a 412's revision. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Seconds until it is worth trying again, when the product said so. */
  readonly retryAfter: number | null;

  constructor({ status, json, requestId, retryAfter }: Received) {
    const document = documentOf(json);
    super(typeof document["detail"] === "string" ? document["detail"] : `The response was ${status}, and no problem document.`);
    // A newer build may know a code that this one does not: it is handed on as it is.
    this.code = typeof document["code"] === "string" ? (document["code"] as ErrorCode) : "unreadable";
    this.status = status;
    this.requestId = requestId;
    this.errors = Array.isArray(document["errors"]) ? (document["errors"] as InputFault[]) : [];
    this.members = document;
    this.retryAfter = retryAfter;
  }
}

/** No response came, or it broke off. Whether a write took effect is not known: send it again under the same key. */
export class NoResponse extends Error {
  override readonly name = "NoResponse";
  readonly requestId: string;

  constructor(requestId: string, cause: unknown) {
    super("No response came, or it broke off.", { cause });
    this.requestId = requestId;
  }
}

function documentOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null ? { ...json } : {};
}
