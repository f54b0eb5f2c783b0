// Refusals as programs made for Anthropic's API read them.

import type { DomainError } from "@pantheon/contract/error.ts";
import { statusAtDoor, told } from "./refused.ts";

/** What is said of a refusal, in Anthropic's shape. */
export function messageRefusal(refusal: DomainError) {
  const status = statusAtDoor(refusal);
  const { message } = told(refusal).error;
  const type = TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  return { type: "error", error: { type, message } } as const;
}

const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
};
