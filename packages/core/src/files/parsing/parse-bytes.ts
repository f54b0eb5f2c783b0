// The text of a file's bytes, whatever they are. Runs in a thread of its own (thread.ts), which bounds its time and memory.

import { decoded, kindOf, MIME_TYPES, type FileKind } from "../kind.ts";
import { inPages, Unreadable, type Parsed } from "./parsed.ts";

/** Reads what can be read; what cannot is an outcome. Each reader is loaded by the first file of its kind. Never rejects. */
export async function parseBytes(bytes: Uint8Array): Promise<Parsed> {
  const found = kindOf(bytes);
  if ("why" in found) return { why: `The file ${found.why}.` };
  try {
    const { text, isFull } = await textOf(bytes, found.kind);
    return { mimeType: MIME_TYPES[found.kind], ...inPages(text, isFull) };
  } catch (error) {
    return { why: error instanceof Unreadable ? error.message : "The file is damaged, and could not be read." };
  }
}

async function textOf(bytes: Uint8Array, kind: FileKind): Promise<{ text: string; isFull: boolean }> {
  switch (kind) {
    case "csv":
      return whole((await import("./csv.ts")).csvLines(decoded(bytes)));
    case "pdf":
      return whole(await (await import("./pdf.ts")).pdfLines(bytes));
    case "docx":
      return { text: await (await import("./docx.ts")).docxText(bytes), isFull: false };
    case "xlsx":
      return whole(await (await import("./xlsx.ts")).xlsxLines(bytes));
    default:
      return { text: decoded(bytes), isFull: false };
  }
}

function whole(lines: { text(): string; readonly isFull: boolean }): { text: string; isFull: boolean } {
  return { text: lines.text(), isFull: lines.isFull };
}
