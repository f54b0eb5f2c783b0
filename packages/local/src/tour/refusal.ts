// Why a turn of the tour failed, in words that name what to look at. The product tells its callers nothing of its provider; the person
// who started it may know what the provider's status was.

import type { PantheonError } from "@pantheon/client/error.ts";
import type { World } from "../world.ts";

const PROVIDER_FAULTS: ReadonlySet<string> = new Set(["provider_failed", "provider_timeout"]);

/** One line: the provider's refusal by the variable that it concerns, else the product's own words. */
export function refusalOf(world: Pick<World, "modelFailure">, { code, message }: PantheonError): string {
  const failure = world.modelFailure();
  if (!PROVIDER_FAULTS.has(code) || failure === null) return message;
  if (failure.status === null) return `the model provider cannot be reached (${failure.reason}): see the network, or OPENROUTER_BASE_URL`;
  return BY_STATUS[failure.status] ?? `the model provider answered ${failure.status}`;
}

const BY_STATUS: Readonly<Record<number, string>> = {
  401: "OPENROUTER_API_KEY was refused by the provider (401): correct it, or unset it for the stand-in",
  402: "the account of OPENROUTER_API_KEY has no credit left (402)",
  403: "OPENROUTER_API_KEY may not use this model (403)",
  404: "OPENROUTER_BASE_URL knows no such address or model (404)",
  429: "the provider limits OPENROUTER_API_KEY (429): try later",
};
