// The tool `file_read`: the text of a file of the turn's own session, a page at a time. What is not there, not ready or not readable is an
// answer for the model, and no error.

import * as v from "valibot";
import type { FileTexts } from "./file-texts.ts";
import { fittedText, MOST_TOLD_OCTETS } from "./fitted.ts";
import type { ToolSpec } from "./tool.ts";

const MOST_PAGE = 1_000_000;

const Arguments = v.strictObject({
  file_id: v.pipe(v.string(), v.uuid()),
  page: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_PAGE)), 1),
});

/** The tool over these files. */
export function fileRead(files: FileTexts): ToolSpec<typeof Arguments> {
  return {
    takes: Arguments,
    run: async ({ file_id: file, page }, { where }) => {
      const found = await files.read(where, file, page);
      if (found.status !== "completed") return found;
      const { status, filename, pages, isTruncated } = found;
      const text = fittedText(found.text, MOST_TOLD_OCTETS);
      const partly = text.length < found.text.length;
      return {
        status,
        filename,
        page,
        pages,
        ...(isTruncated && { file_is_truncated: true }),
        ...(partly && { page_is_truncated: true }),
        text,
      };
    },
  };
}
