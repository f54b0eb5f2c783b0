// Holds in tests: opened, settled, voided and kept for longer over HTTP, by somebody with a token or with a key.

import { newId } from "@pantheon/contract/id.ts";
import type { GivenKey } from "./given-key.ts";
import type { Answer, TestWorld } from "./world.ts";

/** Who asks: a person, or a key. */
export type By = string | Pick<GivenKey, "headers">;

const asked = (by: By) => (typeof by === "string" ? { user: by } : { user: null, headers: by.headers });

/** 1,000 input and 1,000 output tokens of the default model: 0.135 credits. */
export const TERMS = { model_alias: "default", input_tokens: 1_000, max_output_tokens: 1_000 };
/** What such a call used: 600 × 0.35 + 400 × 0.1 + 500 = 750 OE tokens, 0.075 credits. */
export const USED = { usage: { input_tokens_fresh: 600, input_tokens_cached: 400, output_tokens: 500 } };

export function hold(world: TestWorld, by: By, more: Record<string, unknown> = {}, key?: string): Promise<Answer> {
  return world.call("POST", "/api/v1/holds", { ...asked(by), body: { ...TERMS, ...more }, ...(key !== undefined && { key }) });
}

export function holdCredits(world: TestWorld, by: By, credits: string, more: Record<string, unknown> = {}): Promise<Answer> {
  return world.call("POST", "/api/v1/holds", { ...asked(by), body: { model_alias: "default", credits, ...more } });
}

export function settle(world: TestWorld, by: By, id: string, used: Record<string, unknown> = USED): Promise<Answer> {
  return world.call("POST", `/api/v1/holds/${id}/settle`, { ...asked(by), body: used });
}

export function voidHold(world: TestWorld, by: By, id: string): Promise<Answer> {
  return world.call("DELETE", `/api/v1/holds/${id}`, asked(by));
}

export function extend(world: TestWorld, by: By, id: string, seconds = 600): Promise<Answer> {
  return world.call("POST", `/api/v1/holds/${id}/extend`, { ...asked(by), body: { lease_seconds: seconds } });
}

export function book(world: TestWorld, by: By, more: Record<string, unknown> = {}, key: string | null = newId()): Promise<Answer> {
  const body = { model_alias: "default", ...("credits" in more ? {} : USED), ...more };
  return world.call("POST", "/api/v1/usage", { ...asked(by), body, ...(key !== null && { key }) });
}
