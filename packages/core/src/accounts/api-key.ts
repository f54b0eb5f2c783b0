// The text of an API key: made, recognised and digested here, and never kept. `pan_`, then 48 characters of base64url: 32 random bytes
// and the CRC-32 of all before them, by which whoever finds such a text can tell a key from a word that looks like one.

import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { DomainError } from "@pantheon/contract/error.ts";
import type { KeyState } from "@pantheon/contract/vocabulary.ts";

/** What every key begins with. */
export const KEY_MARK = "pan_";

const SECRET_BYTES = 32;
const PREFIX_LENGTH = KEY_MARK.length + 8;
const FORM = /^pan_[A-Za-z0-9_-]{48}$/;

/** A new key: its text, which is shown once; how it begins; and the digest that stands for it from then on. */
export type NewKey = { readonly text: string; readonly prefix: string; readonly hash: string };

/** 256 bits by chance. */
export function newKey(): NewKey {
  const secret = randomBytes(SECRET_BYTES);
  const text = `${KEY_MARK}${Buffer.concat([secret, checksum(secret)]).toString("base64url")}`;
  return { text, prefix: text.slice(0, PREFIX_LENGTH), hash: digest(text) };
}

/**
 * The digest by which a key is looked up, in hexadecimal digits; null for a text that cannot be a key, so that nobody asks the database
 * about it. Whether the key is good only its row says: by `createKeyring` for a request that reads, and in the open statement, as the
 * slots `apiKey` and `keyHash`, for one that runs a turn.
 */
export function keyHash(text: string): string | null {
  if (!FORM.test(text)) return null;
  const bytes = Buffer.from(text.slice(KEY_MARK.length), "base64url");
  const isWhole = checksum(bytes.subarray(0, SECRET_BYTES)).equals(bytes.subarray(SECRET_BYTES));
  return isWhole ? digest(text) : null;
}

/** The refusal of a key that opens nothing: 401. The reason is for our own log line. */
export function keyRefused(why: Exclude<KeyState, "good"> | "unknown"): DomainError {
  return new DomainError("unauthenticated", "Authentication required.", { reason: `key_${why}` });
}

function checksum(secret: Uint8Array): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(secret, crc32(KEY_MARK)));
  return four;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
