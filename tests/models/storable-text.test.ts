// Text that is kept can be sent again: in a JSON body, which Lambda carries as a string of JSON.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { storableText } from "@pantheon/core/models/storable-text.ts";

const LIMIT = 1_000;
const sentOctets = (text: string): number => Buffer.byteLength(JSON.stringify(JSON.stringify(text))) - '"\\"\\""'.length;

it.each([
  ["quotes", '"'],
  ["backslashes", "\\"],
  ["line ends", "\n"],
  ["tabs", "\t"],
  ["letters", "a"],
  ["letters of two octets", "é"],
  ["letters of three", "語"],
  ["letters of four", "😀"],
])("a text of %s is kept whole up to its limit", (_what, character) => {
  const text = character.repeat(Math.floor(LIMIT / Buffer.byteLength(character)));
  expect(storableText(text, LIMIT)).toBe(text);
});

it("a text of control characters is kept as far as it can be sent", () => {
  const kept = storableText("\u0001".repeat(LIMIT), LIMIT);
  expect([kept.length, sentOctets(kept)]).toEqual([571, 571 * 7]);
});

it("no text that is kept takes more than four octets for each of the limit, ends in half a character, or is anything but a beginning", () => {
  const unit = fc.constantFrom("\u0001", "\u001B", "\n", '"', "\\", "a", "é", "語", "😀", "\uD83D", "\0");
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 200 }), fc.integer({ min: 1, max: 120 }), (units, limit) => {
      const text = units.join("");
      const kept = storableText(text, limit);
      expect(sentOctets(kept)).toBeLessThanOrEqual(4 * limit);
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(limit);
      expect(kept.isWellFormed()).toBe(true);
      expect(text.replaceAll("\0", "").toWellFormed().startsWith(kept)).toBe(true);
    }),
  );
});
