// What reading a file comes to, whatever it is: pages of text, or why there are none in words for people.

/** `why` is a whole sentence for people, and never what a parser said. */
export type Parsed =
  | { readonly mimeType: string; readonly pages: readonly string[]; readonly isTruncated: boolean }
  | { readonly why: string };

/** A file that cannot be read, for a reason that a person understands. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** The most characters that are kept of a file's text. */
export const MOST_CHARACTERS = 2_000_000;

/** The most characters of a page: what a model is shown at once. */
export const PAGE_CHARACTERS = 16_000;

/** Text that grows line by line, and says when it is enough. */
export type Lines = {
  /** Adds a line. False: it is enough, and no more is taken. */
  add(line: string): boolean;
  readonly isFull: boolean;
  text(): string;
};

export function lines(): Lines {
  const parts: string[] = [];
  let size = 0;
  return {
    add(line) {
      if (size <= MOST_CHARACTERS) parts.push(line);
      size += line.length + 1;
      return size <= MOST_CHARACTERS;
    },
    get isFull() {
      return size > MOST_CHARACTERS;
    },
    text: () => parts.join("\n"),
  };
}

/** The text as it is kept: one kind of line end, and nothing that a database or a reader chokes on. Throws Unreadable for no text. */
export function inPages(text: string, isCut: boolean): { pages: string[]; isTruncated: boolean } {
  const clean = text
    .slice(0, MOST_CHARACTERS)
    .toWellFormed()
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(UNPRINTABLE, "")
    .replaceAll(/[^\S\n]+$/gm, "")
    .trim();
  if (clean === "") throw new Unreadable("No text was found in it.");
  return { pages: pagesOf(clean), isTruncated: isCut || text.length > MOST_CHARACTERS };
}

// oxlint-disable-next-line no-control-regex -- these are what is taken out
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f\ufeff\ufffe\uffff]/g;

/** A page ends with a line where it can, and never inside a character. */
function pagesOf(text: string): string[] {
  const pages: string[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + PAGE_CHARACTERS, text.length);
    if (to < text.length) {
      const lineEnd = text.lastIndexOf("\n", to - 1);
      if (lineEnd > from) to = lineEnd + 1;
      else if (isHighSurrogate(text.charCodeAt(to - 1))) to -= 1;
    }
    pages.push(text.slice(from, to));
    from = to;
  }
  return pages;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** A cell of a table, on one line. */
export function cellText(cell: string): string {
  return cell.trim().replaceAll(/\s*[\r\n]+\s*/g, " ");
}

/** A row of a table: its cells between bars. */
export function rowText(cells: readonly string[]): string {
  return cells.map(cellText).join(" | ");
}
