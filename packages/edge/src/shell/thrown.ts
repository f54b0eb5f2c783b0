// What a thrown thing becomes for the caller: a refusal of ours as it is, anything else a fixed text. Owns the log line of a failure;
// knows nothing of responses.

import { HTTPException } from "hono/http-exception";
import { BrokenInvariant, DomainError } from "@pantheon/contract/error.ts";
import type { Log, LogFields } from "@pantheon/core/log.ts";

/** Never throws. A failure that is not a refusal is logged with its name and place, not with its message, which may quote data. */
export function refusalOf(thrown: unknown, log: Log, fields: LogFields): DomainError {
  if (thrown instanceof DomainError) return thrown;
  if (thrown instanceof HTTPException && thrown.status < 500) return frameworkRefusal(thrown);
  if (thrown instanceof BrokenInvariant) {
    log.count("invariant_broken", fields);
    log.error("An invariant does not hold.", { ...fields, invariant: thrown.message, stack: placeOf(thrown) });
  } else {
    log.error("A request failed.", { ...fields, error: thrown instanceof Error ? thrown.name : typeof thrown, stack: placeOf(thrown) });
  }
  return new DomainError("internal", "Something went wrong on our side.", { cause: thrown });
}

/** What the framework itself throws is about the transport of a request. */
function frameworkRefusal(thrown: HTTPException): DomainError {
  switch (thrown.status) {
    case 401:
      return new DomainError("unauthenticated", "Authentication required.", { cause: thrown });
    case 404:
      return new DomainError("not_found", "Not found.", { cause: thrown });
    case 413:
      return new DomainError("payload_too_large", "The request body is too large.", { cause: thrown });
    case 415:
      return new DomainError("unsupported_media_type", "The content type is not supported.", { cause: thrown });
    default:
      return new DomainError("malformed_request", "The request is malformed.", { cause: thrown });
  }
}

const MAX_FRAMES = 8;

/** The stack's frames without its first line, which is the message. */
function placeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const frames = thrown.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return frames
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim())
    .join(" < ");
}
