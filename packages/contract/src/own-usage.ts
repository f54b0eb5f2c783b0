// What somebody's own turns used, on the wire: one turn whole, and sums by day and model (contract section 4).

import * as v from "valibot";
import { Receipt } from "./account.ts";
import { TurnRead } from "./turn-read.ts";
import { Count, DAY_ENTRIES, Decimal, named } from "./wire.ts";

export const OwnTurn = named(
  "OwnTurn",
  "A turn of yours with the receipt of its debit; null while nothing was charged.",
  v.object({ turn: TurnRead, receipt: v.nullable(Receipt) }),
);

const GROUPS = ["day", "model"] as const;
const GROUP_RULE = "must be day, model, or both with a comma between them";

export const OwnSummaryQuery = v.strictObject({
  ...DAY_ENTRIES,
  group_by: v.pipe(
    v.optional(v.string(), ""),
    v.transform((text) => (text === "" ? [] : text.split(","))),
    v.array(v.picklist(GROUPS, GROUP_RULE), GROUP_RULE),
    v.check((groups) => new Set(groups).size === groups.length, GROUP_RULE),
    v.description("What the rows are grouped by: `day`, `model`, or `day,model`; without it there are none."),
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
    rows: v.array(v.object({ date: v.nullable(v.string()), model_alias: v.nullable(v.string()), ...USED })),
  }),
);
