// What somebody's own turns used, on the wire: one turn whole, and sums by day and model (contract section 4).

import * as v from "valibot";
import { Receipt } from "./account.ts";
import { TurnRead } from "./turn-read.ts";
import { KEYED_ENTRIES, KeyFilter } from "./keyed.ts";
import { Count, DAY_ENTRIES, Decimal, named } from "./wire.ts";

export const ToolText = named(
  "ToolText",
  "What a tool was asked by the model, as it wrote it, and what it was told. Of the `call_index`-th of the turn's `tool_calls`.",
  v.object({ call_index: Count, tool_name: v.string(), arguments: v.string(), result: v.string() }),
);

export const OwnTurn = named(
  "OwnTurn",
  "A turn of yours with the receipt of its debit (null while nothing was charged) and the texts of its tools, which are erased with its other text.",
  v.object({ turn: TurnRead, receipt: v.nullable(Receipt), tool_texts: v.array(ToolText) }),
);

const GROUPS = ["day", "model", "key"] as const;
const GROUP_RULE = "must be day, model or key, or some of them with commas between them";

export const OwnSummaryQuery = v.strictObject({
  ...DAY_ENTRIES,
  api_key_id: KeyFilter,
  group_by: v.pipe(
    v.optional(v.string(), ""),
    v.transform((text) => (text === "" ? [] : text.split(","))),
    v.array(v.picklist(GROUPS, GROUP_RULE), GROUP_RULE),
    v.check((groups) => new Set(groups).size === groups.length, GROUP_RULE),
    v.description(
      "What the rows are grouped by: `day`, `model`, `key`, or some of them (`day,key`); without it there are none. A row without a key is of calls that came without one.",
    ),
    v.metadata({ type: "string", examples: ["day,model"] }),
  ),
});

const USED = {
  calls: Count,
  input_tokens: Count,
  output_tokens: Count,
  credits_burned: Decimal,
  credits_charged: Decimal,
};

export const OwnSummary = named(
  "OwnSummary",
  "What you used and were charged between two days, both included, in total and by what was asked for; the newest day and the dearest model first.",
  v.object({
    from: v.string(),
    to: v.string(),
    total: v.object(USED),
    rows: v.array(v.object({ date: v.nullable(v.string()), model_alias: v.nullable(v.string()), ...KEYED_ENTRIES, ...USED })),
  }),
);
