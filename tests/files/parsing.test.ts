// Reading a file's bytes: every format becomes text, and what is broken, locked, too large or made to hurt ends in time with a reason that a
// person understands. In the thread that the product reads in.

import { strToU8 } from "fflate";
import { describe, expect, it } from "vitest";
import { parseInThread } from "@pantheon/core/files/parsing/thread.ts";
import type { Parsed } from "@pantheon/core/files/parsing/parsed.ts";
import { docx, lyingAbout, pdf, xlsx } from "../support/documents.ts";

const BOUNDS = { ms: 30_000, heapMb: 512, growthMb: 900 };
const read = (content: string | Uint8Array, bounds = BOUNDS) =>
  parseInThread(typeof content === "string" ? Buffer.from(content) : content, bounds);
const textOf = (parsed: Parsed) => ("why" in parsed ? parsed : [parsed.mimeType.split(/[/.]/).at(-1), parsed.pages.join("¶")]);

describe("the text of", () => {
  it.each<[what: string, content: string | Uint8Array, text: unknown]>([
    ["a CSV, with quotes, line ends and blanks", 'a, b \n"x\ny","say ""hi"""\n\n1,2\n', ["csv", 'a | b\nx y | say "hi"\n1 | 2']],
    ["a CSV with semicolons", "a;b\n1,5;2\n", ["csv", "a | b\n1,5 | 2"]],
    ["an old text of Western Europe", Buffer.from("caf\u00e9", "latin1"), ["plain", "café"]],
    ["a text in UTF-16", Buffer.from("\ufeffhé", "utf16le"), ["plain", "hé"]],
    ["a text with what nobody prints", "a\u0007b\r\nc  \r\n", ["plain", "ab\nc"]],
    ["a PDF", pdf(["Hello one", "Hello two"]), ["pdf", "[Page 1]\nHello one\n\n[Page 2]\nHello two"]],
    ["a Word document", docx(["First", "Second"]), ["document", "First\nSecond"]],
    [
      "a workbook",
      xlsx("Prices", [
        ["name", "usd"],
        ["tea", 2.5],
      ]),
      ["sheet", "[Sheet Prices]\nname | usd\ntea | 2.5"],
    ],
  ])("%s", async (_what, content, text) => {
    expect(textOf(await read(content))).toEqual(text);
  });

  it("a long file stands on pages that end with a line, and is cut after two million characters", async () => {
    const line = `${"x".repeat(99)}\n`;
    const parsed = await read(line.repeat(100_000));
    if ("why" in parsed) throw new Error(parsed.why);
    expect([parsed.isTruncated, parsed.pages.join("").length]).toEqual([true, 1_999_999]);
    expect(parsed.pages.every((page, index) => page.length <= 16_000 && (index === parsed.pages.length - 1 || page.endsWith("\n")))).toBe(
      true,
    );
  });
});

describe("a PDF is read whole:", () => {
  const LINE = "So much fits into one line of a page that is printed on paper.";

  it("every line of every page, up to two million characters, and then it is said to be cut", async () => {
    const page = (number: number): string => Array.from({ length: 40 }, (_, line) => `${number}.${line} ${LINE}`).join("\n");
    const parsed = await read(pdf(Array.from({ length: 120 }, (_, index) => page(index + 1))));
    if ("why" in parsed) throw new Error(parsed.why);
    const text = parsed.pages.join("");
    expect(parsed.isTruncated).toBe(false);
    expect(text.match(/^\[Page \d+\]$/gm)).toHaveLength(120);
    expect(text.match(new RegExp(LINE, "g"))).toHaveLength(120 * 40);
    expect(text.length).toBeGreaterThan(300_000);
  });

  it("and what lies beyond the edge of its paper is no text of it, as nobody sees it", async () => {
    const parsed = await read(pdf([`${"word ".repeat(100)}end`]));
    expect("why" in parsed ? parsed : parsed.pages.join("")).toMatch(/^\[Page 1\]\n(?:word )+w?o?r?d?$/);
  });
});

describe("what cannot be read says why:", () => {
  it.each<[what: string, content: string | Uint8Array, why: RegExp]>([
    ["bytes of no kind", new Uint8Array([1, 0, 2]), /none of these/],
    ["nothing but blanks", " \n ", /No text/],
    ["a PDF that is cut off", pdf(["Hello"]).slice(0, 60), /damaged/],
    ["a PDF with a password", pdf(["Hello"], { locked: true }), /password/],
    ["a PDF of pictures", pdf([""]), /pictures/],
    ["an archive that is cut off", docx(["Hello"]).slice(0, -30), /damaged/],
    ["a Word document without its words", docx([]), /No text|damaged/],
    ["a workbook of an empty sheet", xlsx("Empty", []), /No text/],
    ["an Office document with a password", Buffer.from("d0cf11e0a1b11ae1", "hex"), /password/],
  ])("%s", async (_what, content, why) => {
    const parsed = await read(content);
    expect("why" in parsed ? parsed.why : parsed).toMatch(why);
    expect(JSON.stringify(parsed)).not.toMatch(/ at |Error|node_modules/);
  });
});

describe("what is made to hurt ends:", () => {
  const zeros = new Uint8Array(80 * 1024 * 1024);

  it("an archive that unpacks to 80 MB", async () => {
    const bomb = docx(["Hello"], { "word/styles.xml": [zeros, { level: 6 }] });
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(await read(bomb)).toEqual({ why: "The document unpacks to more than can be read." });
  });

  it("the same, which says that it is small", async () => {
    const bomb = lyingAbout(docx(["Hello"], { "word/styles.xml": [zeros, { level: 6 }] }), "word/styles.xml", 10);
    const parsed = await read(bomb);
    expect("why" in parsed || parsed.pages.join("") === "Hello").toBe(true);
  });

  it("a picture in a document, however large, is not unpacked", async () => {
    expect(textOf(await read(docx(["Hello"], { "word/media/a.png": [zeros, { level: 6 }] })))).toEqual(["document", "Hello"]);
  });

  it("an archive of ten thousand parts", async () => {
    const parts = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`word/p${index}.xml`, strToU8("<a/>")]));
    expect(await read(docx(["Hello"], parts))).toEqual({ why: "The document unpacks to more than can be read." });
  });

  it("entities that grow into themselves are not followed", async () => {
    const xml = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><w:document xmlns:w="x"><w:body>&c;</w:body></w:document>`;
    const parsed = await read(docx([], { "word/document.xml": strToU8(xml) }));
    expect("why" in parsed).toBe(true);
  });

  it("a CSV of a million lines", async () => {
    const parsed = await read("a,b,c\n".repeat(1_000_000));
    expect("why" in parsed ? parsed : [parsed.mimeType, parsed.isTruncated]).toEqual(["text/csv", true]);
  });

  it("a cell at the far end of a sheet", async () => {
    const sheet = `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>`;
    const parsed = await read(xlsx("Far", [], { "xl/worksheets/sheet1.xml": strToU8(sheet) }));
    expect("why" in parsed || parsed.pages.length === 1).toBe(true);
  });

  it("a reader that is out of time, or out of memory, and nothing else with it", async () => {
    const large = "a,b,c\n".repeat(500_000);
    const why = "The file takes too much time or memory to be read.";
    expect(await read(large, { ...BOUNDS, ms: 1 })).toEqual({ why });
    expect(await read(large, { ...BOUNDS, growthMb: -1_000 })).toEqual({ why });
    expect(textOf(await read("still here"))).toEqual(["plain", "still here"]);
  });
});
