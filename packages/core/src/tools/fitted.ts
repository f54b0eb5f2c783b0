// How much of what a tool found is told: as much as a result has room for, measured as the JSON that a model reads. Pure.

/** Octets of JSON that the part of a result has which grows with what was found. The rest of a result is small beside it (toolbox.ts). */
export const MOST_TOLD_OCTETS = 14 * 1_024;

/** The longest beginning of a text, of whole characters, whose JSON is at most so many octets; a little less than the longest where much of it is escaped. */
export function fittedText(text: string, most: number): string {
  let fitted = text;
  for (;;) {
    const written = Buffer.byteLength(JSON.stringify(fitted));
    if (written <= most) return fitted;
    const octets = Math.floor((Buffer.byteLength(fitted) * most) / written) - 1;
    const { read } = new TextEncoder().encodeInto(fitted, new Uint8Array(Math.max(0, octets)));
    fitted = fitted.slice(0, read);
  }
}

/** The first items of a list whose JSON, all together, is at most so many octets. */
export function fittedList<Item>(items: readonly Item[], most: number): readonly Item[] {
  let octets = 2;
  const beyond = items.findIndex((item) => (octets += Buffer.byteLength(JSON.stringify(item)) + 1) > most);
  return beyond === -1 ? items : items.slice(0, beyond);
}
