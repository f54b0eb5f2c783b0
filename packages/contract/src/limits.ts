// Limits on the wire: what a person or a key may spend and call, and what is used of it.

import * as v from "valibot";
import { positiveDecimal } from "./decimal-input.ts";
import { amount } from "./money.ts";
import { LIMIT_NAMES } from "./vocabulary.ts";
import { Count, Decimal, named, Time } from "./wire.ts";

const MOST_CALLS = 1_000_000;
const CALLS_RULE = `must be a whole number from 1 to ${MOST_CALLS}`;

const Credits = v.optional(v.nullable(positiveDecimal(amount("1000000000"), 8)));
const Calls = v.optional(
  v.nullable(v.pipe(v.number(CALLS_RULE), v.integer(CALLS_RULE), v.minValue(1, CALLS_RULE), v.maxValue(MOST_CALLS, CALLS_RULE))),
);

/** Limits as they are asked for. What is null or left out is no limit. */
export const LimitsPut = named(
  "LimitsPut",
  "Limits of spending (credits), of calls that begin, and of turns that run at once, by day, month, minute and hour of UTC. They replace those before; what is left out is not limited.",
  v.strictObject({
    credits_per_day: Credits,
    credits_per_month: Credits,
    credits_total: Credits,
    calls_per_minute: Calls,
    calls_per_hour: Calls,
    running: Calls,
  }),
);

export const LimitValues = named(
  "LimitValues",
  "Limits by their names; null is none.",
  v.object({
    credits_per_day: v.nullable(Decimal),
    credits_per_month: v.nullable(Decimal),
    credits_total: v.nullable(Decimal),
    calls_per_minute: v.nullable(Count),
    calls_per_hour: v.nullable(Count),
    running: v.nullable(Count),
  }),
);

export const LimitsSet = named("LimitsSet", "The limits that were set.", v.object({ user_id: v.string(), limits: LimitValues }));

export const LimitsInForce = named(
  "LimitsInForce",
  "What somebody is limited to: by themselves, and by an admin or the stage. The lower of both counts, and stands in `in_force` with what is used of it; what running turns hold counts as used.",
  v.object({
    user_id: v.string(),
    own: LimitValues,
    admin: LimitValues,
    in_force: v.array(
      v.object({
        name: v.picklist(LIMIT_NAMES),
        most: Decimal,
        used: Decimal,
        left: Decimal,
        resets_at: v.nullable(Time),
      }),
    ),
  }),
);
