// The events of a turn that is streamed, one JSON object in each `data:` line (contract section 3).

import * as v from "valibot";
import { ERROR_CODES } from "./error.ts";
import { TurnUsage } from "./turns.ts";
import { TOOL_STATES } from "./vocabulary.ts";
import { Decimal } from "./wire.ts";

export const TurnStarted = v.object({ type: v.literal("turn_started"), turn_id: v.string() });
export const Chunk = v.object({ type: v.literal("chunk"), delta: v.string() });
export const ToolUsed = v.object({ type: v.literal("tool"), tool_name: v.string(), status: v.picklist(TOOL_STATES) });
export const TurnDone = v.object({
  type: v.literal("done"),
  turn_id: v.string(),
  provider_model: v.string(),
  usage: TurnUsage,
  credits_burned: Decimal,
  balance_after: Decimal,
  low_balance: v.boolean(),
  summary_used_fallback: v.boolean(),
});
/** The turn ended without an answer: nothing was charged. */
export const TurnFailed = v.object({ type: v.literal("error"), code: v.picklist(ERROR_CODES), detail: v.string() });

export const StreamEvent = v.variant("type", [TurnStarted, Chunk, ToolUsed, TurnDone, TurnFailed]);
