// Tool calls between providers: ids that each of them takes, and tools for a history that has calls.

import { createHash } from "node:crypto";
import { newId } from "@pantheon/contract/id.ts";
import type { Provider } from "./model.ts";
import type { Message, Tool } from "./request.ts";

/** What a provider takes as an id. OpenRouter passes ids on to any of them, so the narrowest rule holds there. */
const ID_RULES: Readonly<Record<Provider, RegExp>> = {
  mistral: /^[A-Za-z0-9]{9}$/,
  openrouter: /^[A-Za-z0-9]{9}$/,
  anthropic: /^[A-Za-z0-9_-]{1,64}$/,
  google: /^[A-Za-z0-9_-]{1,64}$/,
  openai: /^[\x21-\x7e]{1,40}$/,
  deepseek: /^[\x21-\x7e]{1,40}$/,
  xai: /^[\x21-\x7e]{1,40}$/,
};

/**
 * The id under which this provider is told of a call, and of its result: the call's own where the provider takes it, else nine letters
 * and digits that follow from it. The same id always gives the same one, so call and result stay together.
 */
export function toolCallId(id: string, provider: Provider): string {
  if (ID_RULES[provider].test(id)) return id;
  const digest = createHash("sha256").update(id).digest().readBigUInt64BE();
  return digest.toString(36).padStart(13, "0").slice(-9);
}

/** An id for a call that came without one. */
export function newToolCallId(): string {
  return `call_${newId().replaceAll("-", "")}`;
}

/** The tools of a request: its own, or bare ones for the calls in its history, since some refuse such a history without any. */
export function declaredTools(
  tools: readonly Tool[],
  messages: readonly Message[],
): { readonly tools: readonly Tool[]; readonly mayCall: boolean } {
  if (tools.length > 0) return { tools, mayCall: true };
  const names = messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []).map(({ name }) => name) : []));
  const bare = [...new Set(names)].map((name) => ({ name, description: "", parameters: { type: "object", properties: {} } }));
  return { tools: bare, mayCall: false };
}
