// The text of an API key: made by chance, recognised by its checksum.

import { describe, expect, it } from "vitest";
import { keyHash, newKey } from "@pantheon/core/accounts/api-key.ts";

describe("the text of a key", () => {
  it("is recognised by its checksum, whatever single character of it was changed", () => {
    const { text, prefix, hash } = newKey();
    expect(text).toMatch(/^pan_[A-Za-z0-9_-]{48}$/);
    expect([keyHash(text), text.startsWith(prefix), prefix.length]).toEqual([hash, true, 12]);
    const spoilt = Array.from(text, (character, index) => text.slice(0, index) + (character === "A" ? "B" : "A") + text.slice(index + 1));
    expect(spoilt.filter((one) => keyHash(one) !== null)).toEqual([]);
    for (const other of ["", "pan_", text.slice(0, -1), `${text}A`, text.toUpperCase(), ` ${text}`, `${text}\n`])
      expect(keyHash(other)).toBeNull();
  });

  it("is another each time", () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newKey().text)).size).toBe(1_000);
  });
});
