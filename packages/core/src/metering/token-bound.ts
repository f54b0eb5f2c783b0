// How many tokens a text can have at most. Pure.

/**
 * The octets of the longer of the text and its NFKC form, which published tokenizers read one or the other of (SentencePiece normalises
 * by NFKC, byte-level BPE does not). No token of theirs is shorter than an octet of what they read: U+FDFA is three octets, and 33 in
 * NFKC. What wraps a text is not in it, and no margin.
 */
export function tokenBound(text: string): number {
  const octets = Buffer.byteLength(text, "utf8");
  if (octets === text.length) return octets; // ASCII is its own NFKC
  return Math.max(octets, Buffer.byteLength(text.normalize("NFKC"), "utf8"));
}
