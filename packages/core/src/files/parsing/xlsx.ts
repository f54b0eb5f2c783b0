// Excel workbooks: the cells of every sheet, as they show.

import readXlsxFile from "read-excel-file/universal";
import { lines, rowText, Unreadable, type Lines } from "./parsed.ts";
import { textParts } from "./unzip.ts";

/** Every sheet with its name above it, a line for each row that says something. Throws Unreadable. */
export async function xlsxLines(bytes: Uint8Array): Promise<Lines> {
  const sheets = await readXlsxFile(textParts(bytes).buffer).catch((error: unknown) => {
    throw error instanceof Unreadable ? error : new Unreadable("The document is damaged, or is no Excel workbook.");
  });
  const read = lines();
  let cells = 0;
  for (const { sheet, data } of sheets) {
    if (!read.add(`[Sheet ${sheet}]`)) break;
    for (const row of data) {
      const shown = row.map((cell) => cellOf(cell));
      if (shown.every((cell) => cell === "")) continue;
      cells += 1;
      if (!read.add(rowText(shown))) return read;
    }
  }
  if (cells === 0) throw new Unreadable("No text was found in it.");
  return read;
}

function cellOf(cell: unknown): string {
  if (cell instanceof Date) return cell.toISOString().replace("T00:00:00.000Z", "");
  return typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean" ? String(cell) : "";
}
