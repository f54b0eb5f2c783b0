// Text that came from outside, made fit for a text column: PostgreSQL refuses NUL and half a surrogate pair, and would lose the whole row.

export const MAX_TEXT_OCTETS = 1024 * 1024;

/** The text without NUL, with U+FFFD for every lone surrogate, and at most `limit` octets of UTF-8, ending on a whole character. */
export function storableText(text: string, limit: number = MAX_TEXT_OCTETS): string {
  const clean = text.replaceAll("\0", "").toWellFormed();
  if (Buffer.byteLength(clean, "utf8") <= limit) return clean;
  const { read } = new TextEncoder().encodeInto(clean, new Uint8Array(limit));
  return clean.slice(0, read);
}
