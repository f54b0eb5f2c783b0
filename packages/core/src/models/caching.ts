// Where prompt caching is asked for: behind the system prompt, and behind the history, which the next turn will send again.

import type { Route } from "./model.ts";
import type { Message } from "./request.ts";

const LEAST_OCTETS = 4_096; // some 1,024 tokens: below it no provider keeps anything, and the mark would only lengthen the request

/** The positions of the messages that a cache mark goes to: at most two. None where caching happens by itself, or is not worth it. */
export function cacheMarks(route: Route, messages: readonly Message[]): ReadonlySet<number> {
  if (route.caching === "automatic") return new Set();
  const candidates = [messages.findLastIndex(({ role }) => role === "system"), messages.length - 2];
  return new Set(candidates.filter((index) => index >= 0 && isLong(messages.slice(0, index + 1))));
}

function isLong(messages: readonly Message[]): boolean {
  let octets = 0;
  return messages.some((message) => (octets += sizeOf(message)) >= LEAST_OCTETS);
}

function sizeOf({ content }: Message): number {
  if (typeof content === "string") return Buffer.byteLength(content);
  return content.reduce((sum, part) => sum + (part.type === "text" ? Buffer.byteLength(part.text) : part.data.length), 0);
}
