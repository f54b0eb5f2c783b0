// Text that came from outside, made fit for a text column: PostgreSQL refuses NUL and half a surrogate pair, and would lose the whole row.

export const MAX_TEXT_OCTETS = 1024 * 1024;

/**
 * What a character may take as it leaves, and an octet of the limit stands for: a body is JSON, which Lambda carries as a string of JSON.
 * A quote takes four octets there, a control character seven; so a text of control characters is cut sooner (page.ts).
 */
const WRITTEN_OCTETS = 4;

/**
 * The text without NUL, with U+FFFD for every lone surrogate, and at most `limit` octets of UTF-8, ending on a whole character; and at
 * most four times as many octets as it leaves.
 */
export function storableText(text: string, limit: number = MAX_TEXT_OCTETS): string {
  const clean = text.replaceAll("\0", "").toWellFormed();
  return sendable(Buffer.byteLength(clean, "utf8") <= limit ? clean : firstOctets(clean, limit), limit * WRITTEN_OCTETS);
}

function firstOctets(text: string, limit: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read);
}

/** Only what JSON writes as \u00XX takes more than four octets for one, so only a text with such characters is ever cut here. */
function sendable(text: string, limit: number): string {
  let left = limit;
  for (let at = 0; at < text.length; at += 1) {
    left -= writtenOctets(text.charCodeAt(at));
    if (left < 0) return text.slice(0, at).replace(HALF_PAIR_AT_THE_END, "");
  }
  return text;
}

const HALF_PAIR_AT_THE_END = /[\uD800-\uDBFF]$/;
/** Backspace, tab, line feed, form feed and carriage return have escapes of two letters. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);
/** The quote and the backslash. */
const ESCAPED: ReadonlySet<number> = new Set([0x22, 0x5c]);

/** What a UTF-16 unit takes as it leaves, at most. */
function writtenOctets(unit: number): number {
  if (unit < 0x20) return SHORT_ESCAPES.has(unit) ? 3 : 7;
  if (ESCAPED.has(unit)) return 4;
  return unit < 0x80 ? 1 : 3;
}
