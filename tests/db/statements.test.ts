// The statements as their readers find them: every part has a name in words and a line that says what it is, no line is too wide, and none
// of what is said to readers reaches the server.

import { sql, type RawBuilder } from "kysely";
import { describe, expect, it } from "vitest";
import { prepared, type Slots } from "@pantheon/core/db/prepared.ts";
import { projectFiles } from "../support/project-files.ts";

const SOURCES = ["packages/core/src/*/statements/*.ts", "packages/core/src/audit/{audited,keyed}.ts"];
const MAX_COLUMNS = 110;
/** The first line of a CTE, as every statement writes it. */
const CTE = /^(?<indent>\s*)(?<name>[a-z_]\w*) as (?:materialized )?\($/;
/** A CTE that begins in the middle of a line, or has more than its name in the first. */
const CROOKED = /\b(?:with|,)\s+[a-z_]\w* as (?:materialized )?\(|^\s*[a-z_]\w* as (?:materialized )?\(\s*(?:select|insert|update)\b/;

describe("the sources of the statements", () => {
  it("name every part in words, and say above it what it is", async () => {
    const parts = (await sourceLines()).flatMap((line) => {
      const name = CTE.exec(line.text)?.groups?.["name"];
      return name === undefined ? [] : [{ ...line, name }];
    });
    expect(parts.length).toBeGreaterThan(50);
    expect(parts.filter(({ name }) => name.length < 3).map(({ at, name }) => `${at} ${name}`)).toEqual([]);
    expect(parts.filter(({ before }) => !/^\s*-- \S/.test(before)).map(({ at, name }) => `${at} ${name}`)).toEqual([]);
  });

  it("begin every part on a line of its own", async () => {
    expect((await sourceLines()).filter(({ text }) => CROOKED.test(text)).map(({ at, text }) => `${at} ${text}`)).toEqual([]);
  });

  it("have no line of SQL that is wider than 110 columns", async () => {
    expect((await sourceLines()).filter(({ text }) => text.length > MAX_COLUMNS).map(({ at, text }) => `${at} ${text}`)).toEqual([]);
  });

  it("call a slot `slot`, which no part is named", async () => {
    const files = await projectFiles(...SOURCES);
    expect(files.filter(({ text }) => /\$\{p\.|\(p\) =>/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

describe("a prepared statement", () => {
  type Input = { id: string; name: string };
  const made = (build: (slots: Slots<Input>) => RawBuilder<unknown>) => prepared<Input, unknown>("one", build);

  it("leaves its comments in the source, with whatever they name", () => {
    const bare = made((slot) => sql`select 1\n where id = ${slot.id}::uuid\n   and name = ${slot.name}::text`);
    const said = made(
      (slot) =>
        sql`-- $7 is no slot, and neither is ${slot.name}\nselect 1\n   -- whose\n where id = ${slot.id}::uuid\n   and name = ${slot.name}::text\n--`,
    );
    expect(said.text.trimEnd()).toBe(bare.text);
    expect(said.values({ id: "a", name: "b" })).toEqual(["a", "b"]);
  });

  it("is the same statement under the same name when only a comment changed", () => {
    const [first, second] = ["-- as it is", "-- as it was"].map((comment) =>
      made((slot) => sql`${sql.raw(comment)}\nselect ${slot.id}::uuid`),
    );
    expect(second?.name).toBe(first?.name);
    expect(made((slot) => sql`select ${slot.id}::text`).name).not.toBe(first?.name);
  });

  it("keeps dashes that are no comment", () => {
    expect(made((slot) => sql`select '--' || ${slot.id}::text, 1 --1`).text).toBe("select '--' || $1::text, 1 --1");
  });

  it("is refused when a slot has no cast, also below a comment", () => {
    expect(() => made((slot) => sql`-- cast below\nselect ${slot.id}`)).toThrow("has no cast");
  });
});

/** Each line of each template of SQL that has more than one, with the line before it. */
async function sourceLines(): Promise<{ at: string; text: string; before: string }[]> {
  const files = await projectFiles(...SOURCES);
  expect(files.length).toBeGreaterThan(15);
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    return sqlLines(lines).map((number) => ({
      at: `${path}:${number + 1}`,
      text: lines[number] ?? "",
      before: lines[number - 1] ?? "",
    }));
  });
}

/** The numbers of the lines that SQL stands in: from a line that opens a template to the one that closes the last of them. */
function sqlLines(lines: readonly string[]): number[] {
  let open = 0;
  return lines.flatMap((line, number) => {
    const isSaid = /^\s*(?:\/\/|\/?\*)/.test(line); // a comment of the code may quote a word of the SQL
    const before = open;
    if (!isSaid) open = ticksIn(line) % 2 === 0 ? open : 1 - open;
    return before === 1 || open === 1 ? [number] : [];
  });
}

function ticksIn(line: string): number {
  return line.split("`").length - 1;
}
