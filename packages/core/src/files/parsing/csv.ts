// CSV: quotes, separators and line ends as papaparse knows them.

import Papa from "papaparse";
import { lines, rowText, type Lines } from "./parsed.ts";

/** A line for each row, its cells trimmed and joined; rows of nothing are left out. Ends as soon as it is enough. */
export function csvLines(text: string): Lines {
  const read = lines();
  Papa.parse<string[]>(text, {
    skipEmptyLines: "greedy",
    step: ({ data }, parser) => {
      if (!read.add(rowText(data))) parser.abort();
    },
  });
  return read;
}
