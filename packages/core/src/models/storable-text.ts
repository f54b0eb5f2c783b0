// Text that came from outside, made fit for a text column: PostgreSQL refuses NUL and half a surrogate pair, and would lose the whole row.

export const MAX_TEXT_OCTETS = 1024 * 1024;

/** The text without NUL, with U+FFFD for every lone surrogate, and at most `limit` octets of UTF-8, ending on a whole character. */
export function storableText(text: string, limit: number = MAX_TEXT_OCTETS): string {
  const clean = text.replaceAll("\0", "").toWellFormed();
  if (Buffer.byteLength(clean, "utf8") <= limit) return clean;
  const { read } = new TextEncoder().encodeInto(clean, new Uint8Array(limit));
  return clean.slice(0, read);
}

export type TextPieces = {
  /** What may be sent on after this piece; "" when there is nothing yet, or no more. */
  take(piece: string): string;
  /** What was kept back: half a pair whose other half never came. */
  rest(): string;
};

/**
 * Makes a text that comes in pieces storable. What it gives, put together, is what `storableText` makes of the whole; a surrogate
 * pair that two pieces share comes whole, with the second. What is beyond the limit is left out.
 */
export function storablePieces(limit: number = MAX_TEXT_OCTETS): TextPieces {
  let left = limit;
  let half = "";
  /** Text without NUL. A shorter one after one that did not fit would leave a gap. */
  const fit = (text: string): string => {
    const clean = storableText(text, left);
    left = clean.length === text.length ? left - Buffer.byteLength(clean, "utf8") : 0;
    return clean;
  };
  return {
    take: (piece) => {
      if (left === 0) return "";
      const text = half + (piece.includes("\0") ? piece.replaceAll("\0", "") : piece);
      const end = text.charCodeAt(text.length - 1);
      const keeps = end >= 0xd800 && end <= 0xdbff;
      half = keeps ? text.slice(-1) : "";
      return fit(keeps ? text.slice(0, -1) : text);
    },
    rest: () => {
      const last = half;
      half = "";
      return fit(last);
    },
  };
}
