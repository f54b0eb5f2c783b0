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
  return fitting(text, { octets: limit, written: limit * WRITTEN_OCTETS }).text;
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
  let room: Room | null = { octets: limit, written: limit * WRITTEN_OCTETS };
  let half = "";
  const fit = (text: string): string => {
    if (room === null) return ""; // a shorter piece after one that did not fit would leave a gap
    const fitted = fitting(text, room);
    room = fitted.room;
    return fitted.text;
  };
  return {
    take: (piece) => {
      if (room === null) return "";
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

/** Octets of UTF-8 that a text may still have, and octets that it may take as it leaves. */
type Room = { readonly octets: number; readonly written: number };

/** Text whose units take one octet each, stored and written: most of what comes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** As much of the text as there is room for, and the room behind it: null when not all of it went in. */
function fitting(text: string, room: Room): { readonly text: string; readonly room: Room | null } {
  const { length } = text;
  if (length <= room.octets && length <= room.written && PLAIN.test(text)) {
    return { text, room: { octets: room.octets - length, written: room.written - length } };
  }
  const clean = text.replaceAll("\0", "").toWellFormed();
  const octets = Buffer.byteLength(clean, "utf8");
  const whole = octets <= room.octets ? clean : firstOctets(clean, room.octets);
  let left = room.written;
  for (let at = 0; at < whole.length; at += 1) {
    left -= writtenOctets(whole.charCodeAt(at));
    if (left < 0) return { text: whole.slice(0, at).replace(HALF_PAIR_AT_THE_END, ""), room: null };
  }
  return { text: whole, room: whole.length === clean.length ? { octets: room.octets - octets, written: left } : null };
}

function firstOctets(text: string, limit: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read);
}

const HALF_PAIR_AT_THE_END = /[\uD800-\uDBFF]$/;
/** Backspace, tab, line feed, form feed and carriage return have escapes of two letters. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);
/** The quote and the backslash. */
const ESCAPED: ReadonlySet<number> = new Set([0x22, 0x5c]);

/** What a UTF-16 unit takes as it leaves, at most. Only what JSON writes as \u00XX takes more than four octets for one. */
function writtenOctets(unit: number): number {
  if (unit < 0x20) return SHORT_ESCAPES.has(unit) ? 3 : 7;
  if (ESCAPED.has(unit)) return 4;
  return unit < 0x80 ? 1 : 3;
}
