// The proxy's reading of the wire: statements are found whole however TCP cuts the bytes, and nothing of them is changed.

import { expect, it } from "vitest";
import { statementsOf } from "./wire.ts";

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const text = (...parts: string[]): Buffer => Buffer.from(parts.map((part) => `${part}\0`).join(""));
const startup = message("", Buffer.concat([Buffer.from([0, 3, 0, 0]), text("user", "ada", "")]));
const password = message("p", text("a password"));
const named = Buffer.concat([
  message("P", text("settle_turn_0123abcd", "select 1")),
  message("B", Buffer.concat([text("", "settle_turn_0123abcd"), Buffer.alloc(6)])),
  message("D", text("P")),
  message("E", Buffer.concat([text(""), Buffer.alloc(4)])),
  message("S", Buffer.alloc(0)),
]);
const nameless = Buffer.concat([
  message("P", text("", "select 2")),
  message("B", Buffer.concat([text("", ""), Buffer.alloc(6)])),
  message("S", Buffer.alloc(0)),
]);
const simple = message("Q", text("select 3"));
const goodbye = message("X", Buffer.alloc(0));
const all = Buffer.concat([startup, password, named, nameless, simple, goodbye]);

it.each([1, 2, 3, 5, 7, 64, all.length])("pieces of %i octets give the same statements and the same bytes", (size) => {
  const names: string[] = [];
  const passed: Buffer[] = [];
  const take = statementsOf(
    ({ name, bytes }) => {
      names.push(name);
      passed.push(bytes);
    },
    (bytes) => passed.push(bytes),
  );
  for (let at = 0; at < all.length; at += size) take(all.subarray(at, at + size));
  expect(names).toEqual(["settle_turn", "query", "query"]);
  expect(Buffer.concat(passed)).toEqual(all);
});
