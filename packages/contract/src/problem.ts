// A refusal on the wire: the problem document of RFC 9457, and the members that belong to one code.

import * as v from "valibot";
import { ERROR_CODES } from "./error.ts";
import { LIMIT_NAMES, LIMIT_SCOPES } from "./vocabulary.ts";
import { Count, Decimal, named, Time } from "./wire.ts";

const COMMON = {
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.pipe(v.string(), v.description("For people; it may change.")),
  request_id: v.string(),
};

const Fault = named(
  "InputFault",
  "One fault in the input: where (`a.b.0`), and the rule that it breaks.",
  v.object({ path: v.string(), message: v.string() }),
);

/** The schema of every refusal. Some codes bring members of their own. */
export const Problem = named(
  "Problem",
  "A refusal (RFC 9457). `code` is for programs and stays.",
  v.looseObject({ ...COMMON, code: v.picklist(ERROR_CODES), errors: v.optional(v.array(Fault)) }),
);

export type ProblemDocument = v.InferOutput<typeof Problem>;

const CheaperAlias = named(
  "CheaperAlias",
  "An alias that would run on the available credits, what it would hold, and for how many output tokens.",
  v.object({ model_alias: v.string(), estimated_cost: Decimal, affordable_output_tokens: Count }),
);

export const LimitMet = named(
  "LimitMet",
  "The limit that stands in the way.",
  v.object({
    scope: v.pipe(v.picklist(LIMIT_SCOPES), v.description("Whose limit it is: the person's, or the API key's.")),
    name: v.picklist(LIMIT_NAMES),
    most: Decimal,
    left: v.pipe(Decimal, v.description("What is left of it, without what running turns hold.")),
    resets_at: v.pipe(v.nullable(Time), v.description("When it is whole again; null when no time brings it back.")),
  }),
);

export const InsufficientCredits = named(
  "InsufficientCredits",
  "402: nothing was run. `hold` is what the turn would have held: what must be free where no overdraft is allowed. `limit_reached`: the credits are there, and `limit` does not let them be spent.",
  v.looseObject({
    ...COMMON,
    code: v.picklist(["insufficient_credits", "limit_reached"]),
    limit: v.optional(LimitMet),
    balance: Decimal,
    held: Decimal,
    available: Decimal,
    hold: Decimal,
    estimated_cost: v.pipe(
      Decimal,
      v.description(
        "What such a turn has cost you lately: the mean of its alias among your last 50 model calls; the hold when there is none.",
      ),
    ),
    top_up_url: v.nullable(v.string()),
    affordable_output_tokens: v.pipe(Count, v.description("How many output tokens the available credits pay in full beside the input.")),
    cheaper_aliases: v.pipe(v.array(CheaperAlias), v.description("What would run now, the cheapest first.")),
  }),
);

export const PreconditionFailed = named(
  "PreconditionFailed",
  "412: prices or settings have changed since the revision in `If-Match`. `revision` is the one of now.",
  v.looseObject({ ...COMMON, code: v.literal("precondition_failed"), revision: v.string() }),
);
