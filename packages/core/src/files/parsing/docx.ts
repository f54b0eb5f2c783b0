// Word documents: their paragraphs, by mammoth.

import mammoth from "mammoth";
import { Unreadable } from "./parsed.ts";
import { textParts } from "./unzip.ts";

/** The text of the document, a paragraph a line. Throws Unreadable. */
export async function docxText(bytes: Uint8Array): Promise<string> {
  const buffer = Buffer.from(textParts(bytes));
  const { value } = await mammoth.extractRawText({ buffer }).catch(() => {
    throw new Unreadable("The document is damaged, or is no Word document.");
  });
  return value.replaceAll(/\n{2,}/g, "\n");
}
