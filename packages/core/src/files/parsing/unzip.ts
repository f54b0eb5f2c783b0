// What an Office document is packed in. Its parts are unpacked within bounds, and packed again without pictures and as long as they are, so
// that no reader behind this meets a part that unpacks to more than was allowed.

import { unzipSync, zipSync, type Unzipped } from "fflate";
import { Unreadable } from "./parsed.ts";

/** Of all text parts together, unpacked. */
const MOST_BYTES = 64 * 1_024 * 1_024;
const MOST_PARTS = 4_000;

/** The document without what is no text. Throws Unreadable for one that unpacks to too much, or does not unpack. */
export function textParts(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let left = MOST_BYTES;
  let parts = 0;
  const unpacked = unzipped(bytes, ({ name, originalSize }) => {
    parts += 1;
    if (parts > MOST_PARTS) throw tooLarge();
    if (!/\.(?:xml|rels)$/i.test(name)) return false;
    left -= originalSize;
    if (left < 0) throw tooLarge();
    return true;
  });
  return Uint8Array.from(zipSync(unpacked, { level: 0 }));
}

/** A part is unpacked into as many bytes as it says that it has, whatever it holds. */
function unzipped(bytes: Uint8Array, filter: (part: { name: string; originalSize: number }) => boolean): Unzipped {
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable("The document is damaged, or protected by a password.");
  }
}

function tooLarge(): Unreadable {
  return new Unreadable("The document unpacks to more than can be read.");
}
