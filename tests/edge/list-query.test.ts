// A cursor opens exactly one list of one user at exactly one place; anything else is the caller's fault and never the database's.

import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { DomainError } from "@pantheon/contract/error.ts";
import { ListQuery } from "@pantheon/contract/wire.ts";
import type { PositionPart } from "@pantheon/contract/page.ts";
import { decodeCursor, encodeCursor, pageOf } from "@pantheon/edge/input/list-query.ts";

const SCOPE = "/api/v1/sessions alice";
const ID = "01932f7d-0000-7000-8000-000000000001";
const BY_TIME = ["time", "id"] as const;
const POSITION = ["2026-11-20 10:03:00.123456+00", ID];

function refused(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch (error) {
    return error instanceof DomainError && error.code === "invalid_request" && error.errors?.[0]?.path === "cursor";
  }
}

function page(asked: object) {
  return pageOf(SCOPE, BY_TIME, v.parse(ListQuery, asked));
}

describe("a cursor", () => {
  it("opens at the position it was made for", () => {
    expect(decodeCursor(SCOPE, encodeCursor(SCOPE, POSITION), BY_TIME)).toEqual(POSITION);
    expect(decodeCursor(SCOPE, encodeCursor(SCOPE, ["123456789012345678"]), ["bigint"])).toEqual(["123456789012345678"]);
    expect(decodeCursor(SCOPE, encodeCursor(SCOPE, ["12", "2"]), ["int", "int"])).toEqual(["12", "2"]);
  });

  it("is refused when any one of its characters is another", () => {
    const cursor = encodeCursor(SCOPE, POSITION);
    const changed = Array.from(cursor).flatMap((letter, index) => {
      const others = ["A", "b", "9", "_", "=", " "].filter((other) => other !== letter);
      return others.map((other) => cursor.slice(0, index) + other + cursor.slice(index + 1));
    });
    expect(changed.filter((text) => !refused(() => decodeCursor(SCOPE, text, BY_TIME)))).toEqual([]);
    expect(changed.length).toBeGreaterThan(300);
  });

  it("is refused when cut, padded or extended", () => {
    const cursor = encodeCursor(SCOPE, POSITION);
    for (const text of [cursor.slice(1), cursor.slice(0, -1), `${cursor}=`, `${cursor}A`, ` ${cursor}`, "", "AAAA", cursor.slice(0, 16)]) {
      expect(refused(() => decodeCursor(SCOPE, text, BY_TIME))).toBe(true);
    }
  });

  it("is refused on another list and for another user", () => {
    const cursor = encodeCursor(SCOPE, POSITION);
    for (const scope of ["/api/v1/sessions bob", "/api/v1/users/me/usage alice", "", `${SCOPE}\n`]) {
      expect(refused(() => decodeCursor(scope, cursor, BY_TIME))).toBe(true);
    }
  });

  // Anyone who knows the algorithm can make one, so what it says must still be fit for the database.
  it.each<[string, readonly string[], readonly PositionPart[]]>([
    ["too short", [POSITION[0] ?? ""], BY_TIME],
    ["too long", [...POSITION, ID], BY_TIME],
    ["in another order", POSITION.toReversed(), BY_TIME],
    ["with SQL in it", ["'; drop table turns; --", ID], BY_TIME],
    ["with an id in capitals", [POSITION[0] ?? "", ID.toUpperCase()], BY_TIME],
    ["on 30 February", ["2023-02-30 10:00:00+00", ID], BY_TIME],
    ["on 29 February of a common year", ["2023-02-29 10:00:00+00", ID], BY_TIME],
    ["in month 13", ["2023-13-01 10:00:00+00", ID], BY_TIME],
    ["at 24:00", ["2023-01-01 24:00:00+00", ID], BY_TIME],
    ["at infinity", ["infinity", ID], BY_TIME],
    ["without a zone", ["2023-01-01 10:00:00", ID], BY_TIME],
    ["beyond bigint", ["9223372036854775808"], ["bigint"]],
    ["below zero", ["-1"], ["bigint"]],
    ["beyond int", ["2147483648", "1"], ["int", "int"]],
    ["empty", [""], ["bigint"]],
  ])("that was forged is refused: %s", (_name, position, shape) => {
    expect(refused(() => decodeCursor(SCOPE, encodeCursor(SCOPE, position), shape))).toBe(true);
  });

  it("that was forged without being a list at all is refused", () => {
    for (const payload of ["null", "1", '"1"', "{}", "[1]", "[null]", '[["1"]]', '{"length":1,"0":"1"}']) {
      expect(refused(() => decodeCursor(SCOPE, encodeCursor(SCOPE, JSON.parse(payload)), ["bigint"]))).toBe(true);
    }
  });

  it("may be any text without more than a refusal", () => {
    const anything = fc.oneof(fc.string({ unit: "binary" }), fc.base64String());
    const outcome = fc.check(fc.property(anything, (given) => refused(() => decodeCursor(SCOPE, given, BY_TIME))));
    expect(fc.defaultReportMessage(outcome)).toBeUndefined();
  });
});

describe("a list's query", () => {
  it("is the first 50 rows when nothing is asked", () => {
    expect(page({})).toEqual({ limit: 50, offset: 0, after: null });
  });

  it("takes both ends of every range", () => {
    expect(page({ limit: "1", offset: "0" })).toEqual({ limit: 1, offset: 0, after: null });
    expect(page({ limit: "200", offset: "10000" })).toEqual({ limit: 200, offset: 10_000, after: null });
    expect(page({ cursor: encodeCursor(SCOPE, POSITION) })).toEqual({ limit: 50, offset: 0, after: POSITION });
  });

  const NO_NUMBERS = [
    "",
    " ",
    "10abc",
    "0x1F",
    "1.5",
    "1e2",
    "+1",
    "-1",
    "01",
    "１",
    "١",
    "NaN",
    "Infinity",
    " 1",
    "1 ",
    "1_0",
    "9223372036854775808",
  ];
  it.each([...NO_NUMBERS, "0", "201"])("refuses limit=%j", (limit) => {
    expect(v.is(ListQuery, { limit })).toBe(false);
  });
  it.each([...NO_NUMBERS, "10001"])("refuses offset=%j", (offset) => {
    expect(v.is(ListQuery, { offset })).toBe(false);
  });

  it("refuses an offset beside a cursor, an offset of 0 too", () => {
    const cursor = encodeCursor(SCOPE, POSITION);
    for (const offset of ["0", "5"]) expect(refused(() => page({ offset, cursor }))).toBe(true);
  });
});
