// Tools in words.

import type { Tool } from "../../api/shapes.ts";

/** What a session's model may do with each. */
export const MAY: Readonly<Record<Tool, string>> = { search: "Search the web", file_read: "Read the files of this session" };

const DOES: Readonly<Record<string, readonly [now: string, done: string]>> = {
  search: ["Searches the web", "Searched the web"],
  file_read: ["Reads a file", "Read a file"],
};

/** A use of a tool while it runs. A model may name a tool that there is not. */
export function doing(tool: string): string {
  return DOES[tool]?.[0] ?? "Uses a tool";
}

/** The same when it is over. */
export function didWords(tool: string, isGood: boolean): string {
  const done = DOES[tool]?.[1] ?? "Asked for a tool that there is not";
  return isGood ? done : `${done}, in vain`;
}
