// What a file is, by its content: its name says nothing. Looks at beginnings and ends only, so that a large file costs no more than a small one.

import { isUtf8 } from "node:buffer";

/** What can be read, and what it is called on the wire. */
export const MIME_TYPES = {
  text: "text/plain",
  markdown: "text/markdown",
  csv: "text/csv",
  json: "application/json",
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
} as const;

export type FileKind = keyof typeof MIME_TYPES;

/** The type of what nobody has looked at yet. */
export const UNKNOWN_TYPE = "application/octet-stream";

export type Kind = { readonly kind: FileKind } | { readonly why: string };

export const UNREADABLE = "is none of these by its content: text, Markdown, CSV, JSON, PDF, docx, xlsx";
const OLD_OFFICE = "is an Office document of the old form, or protected by a password";

/** What these bytes are, or why they cannot be read: words that follow "It". Markup such as SVG or HTML is plain text. */
export function kindOf(bytes: Uint8Array): Kind {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.subarray(0, PDF_HEADER_WITHIN).includes("%PDF-", 0, "latin1")) return { kind: "pdf" };
  if (all.subarray(0, 4).equals(ZIP)) return officeKind(all);
  if (all.subarray(0, 8).equals(OLE)) return { why: OLD_OFFICE };
  if (!isText(all)) return { why: UNREADABLE };
  return { kind: textKind(all) };
}

const PDF_HEADER_WITHIN = 1_024;
const ZIP = Buffer.from("504b0304", "hex");
const OLE = Buffer.from("d0cf11e0a1b11ae1", "hex");
const HEAD = 64 * 1_024;

/** The names of an archive's parts stand in it as they are. */
function officeKind(all: Buffer): Kind {
  if (!all.includes("[Content_Types].xml", 0, "latin1")) return { why: UNREADABLE };
  if (all.includes("word/document.xml", 0, "latin1")) return { kind: "docx" };
  if (all.includes("xl/workbook.xml", 0, "latin1")) return { kind: "xlsx" };
  return { why: UNREADABLE };
}

function isText(all: Buffer): boolean {
  if (isUtf16(all)) return all.length % 2 === 0;
  if (all.includes(0)) return false;
  // Neither UTF-8 nor binary: the older texts of Western Europe, one byte a character.
  return isUtf8(all) || !CONTROLS.test(all.subarray(0, HEAD).toString("latin1"));
}

// oxlint-disable-next-line no-control-regex -- these are what text has none of
const CONTROLS = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/;

function isUtf16(all: Buffer): boolean {
  return (all[0] === 0xff && all[1] === 0xfe) || (all[0] === 0xfe && all[1] === 0xff);
}

/** The text of bytes that are text. */
export function decoded(bytes: Uint8Array): string {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf16(all)) return new TextDecoder(all[0] === 0xff ? "utf-16le" : "utf-16be").decode(all);
  return new TextDecoder(isUtf8(all) ? "utf-8" : "windows-1252").decode(all);
}

function textKind(all: Buffer): FileKind {
  const head = decoded(all.subarray(0, HEAD));
  const tail = all.subarray(-HEAD).toString("latin1").trimEnd();
  if (/^\s*\{/.test(head) && tail.endsWith("}")) return "json";
  if (/^\s*\[/.test(head) && tail.endsWith("]")) return "json";
  if (/^(?:#{1,6} \S|```)/m.test(head)) return "markdown";
  return looksLikeCsv(head, all.length > HEAD) ? "csv" : "text";
}

const MOST_ROWS = 20;

/** Whether the first rows have as many cells as each other, by one of the separators. */
function looksLikeCsv(head: string, isCut: boolean): boolean {
  return SEPARATORS.some((separator) => {
    const widths = widthsOf(head, separator).slice(0, isCut ? -1 : undefined);
    const [first = 1] = widths;
    return first > 1 && widths.length > 1 && widths.filter((width) => width === first).length >= widths.length * 0.9;
  });
}

const SEPARATORS = [",", ";", "\t", "|"];

/** How many cells each of the first rows has; what stands in quotes separates nothing. */
function widthsOf(head: string, separator: string): number[] {
  const widths: number[] = [];
  let width = 1;
  let isQuoted = false;
  let isEmpty = true;
  for (const character of `${head}\n`) {
    if (character === '"') isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === separator) width += 1;
    if (character !== "\n") {
      isEmpty &&= character.trim() === "";
      continue;
    }
    if (!isEmpty) widths.push(width);
    if (widths.length > MOST_ROWS) break;
    width = 1;
    isEmpty = true;
  }
  return widths;
}
