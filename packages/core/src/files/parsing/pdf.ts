// PDF: the text of its pages, each marked, by Mozilla's reader without its drawing. Nothing in a document is run or fetched.

import { getDocumentProxy } from "unpdf";
import { lines, Unreadable, type Lines } from "./parsed.ts";

/** The text page by page, until it is enough. Throws Unreadable for a protected or broken document, and for one of pictures alone. */
export async function pdfLines(bytes: Uint8Array): Promise<Lines> {
  const document = await getDocumentProxy(bytes.slice(), QUIET).catch((error: unknown) => {
    const isLocked = error instanceof Error && error.name === "PasswordException";
    throw new Unreadable(isLocked ? "The document is protected by a password." : "The document is damaged, or is no PDF.");
  });
  const read = lines();
  let characters = 0;
  for (let number = 1; number <= document.numPages && !read.isFull; number += 1) {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    const text = items.map((item) => ("str" in item ? `${item.str}${item.hasEOL ? "\n" : ""}` : "")).join("");
    characters += text.trim().length;
    read.add(`[Page ${number}]\n${text.trim()}\n`);
    page.cleanup();
  }
  if (characters === 0) throw new Unreadable("No text was found in it: its pages may be pictures.");
  return read;
}

const QUIET = { isEvalSupported: false, disableFontFace: true, useSystemFonts: false, verbosity: 0, stopAtErrors: false };
