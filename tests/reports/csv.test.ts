// A list as a file: whole whatever its pages, refused when it is too large, and without anything that a spreadsheet would run.

import { describe, expect, it } from "vitest";
import { DomainError } from "@pantheon/contract/error.ts";
import type { List } from "@pantheon/contract/page.ts";
import { csvOf } from "@pantheon/core/reports/csv.ts";

/** A list of so many numbered rows; `told` is what it says that they are. */
function listOf(count: number, told = count): List<number> {
  return {
    positions: ["int"],
    read: async ({ limit, after }) => {
      const first = Number(after?.[0] ?? 0);
      const rows = Array.from({ length: Math.min(limit, count - first) }, (_, index) => first + index + 1);
      return { rows, keys: rows.map((row) => [String(row)]), total: told, hasMore: first + rows.length < count };
    },
  };
}

const row = (id: number) => ({ id });

describe("files", () => {
  it.each([0, 1, 999, 1_000, 1_001, 10_000])("have all of %i rows once, in the order of the list", async (count) => {
    const text = await csvOf(listOf(count), ["id"], row);
    expect(text).toBe(["id", ...Array.from({ length: count }, (_, index) => index + 1), ""].join("\r\n"));
  });

  it("are refused above the most rows, and above what can be sent", async () => {
    const refused = { code: "invalid_request", errors: [{ path: "from", message: expect.stringContaining("10000") }] };
    await expect(csvOf(listOf(10_001), ["id"], row)).rejects.toThrow(DomainError);
    await expect(csvOf(listOf(10_001, 5), ["id"], row)).rejects.toMatchObject(refused); // rows that came while it was read
    await expect(csvOf(listOf(5_000), ["id"], (id) => ({ id: `${id}${"x".repeat(1_000)}` }))).rejects.toMatchObject(refused);
  });

  it.each([
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1+1", "'-1+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ["\r=1", '"\'\r=1"'],
    ["＝1", "'＝1"],
    ["-", "'-"],
    ["-1.5", "-1.5"],
    ["-0", "-0"],
    ["1=1", "1=1"],
    ['a "b", c', '"a ""b"", c"'],
    ["a\nb", '"a\nb"'],
    [null, ""],
    [0, "0"],
    [-2, "-2"],
  ])("write %j as %j", async (value, cell) => {
    expect(await csvOf(listOf(1), ["id"], () => ({ id: value }))).toBe(`id\r\n${cell}\r\n`);
  });
});
