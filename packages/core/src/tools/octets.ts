// What the offer of a tool weighs, for a turn's first hold. A file of its own, since opening a turn needs nothing else of tools.

import type { ToolName } from "@pantheon/contract/vocabulary.ts";

/** Octets that the offer of a tool has at most, with what a provider wraps it in and the list of files (offers.ts). */
export const TOOL_OCTETS: Readonly<Record<ToolName, number>> = { search: 2_048, file_read: 4_096 };
