// Which function answers which addresses: what the gateway in front is configured with, here and in the cloud.

import type { FunctionName } from "@pantheon/edge/shell/app-env.ts";

/** Address prefixes by function; the longest that matches answers. */
export const ADDRESSES: Readonly<Record<FunctionName, readonly string[]>> = {
  turns: ["/api/v1/sessions", "/api/v1/health", "/api/v1/health/turns"],
  users: ["/api/v1", "/api/v1/health/users"],
  admin: ["/api/v1/admin", "/api/v1/health/admin"],
  "stripe-webhook": ["/webhooks/stripe", "/api/v1/health/stripe-webhook"],
};

/** The function that answers this path, or null when none does. */
export function functionFor(path: string): FunctionName | null {
  return PREFIXES.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))?.name ?? null;
}

const NAMES = ["turns", "users", "admin", "stripe-webhook"] as const satisfies readonly FunctionName[];

/** Longest first. */
const PREFIXES = NAMES.flatMap((name) => ADDRESSES[name].map((prefix) => ({ name, prefix }))).toSorted(
  (a, b) => b.prefix.length - a.prefix.length,
);
