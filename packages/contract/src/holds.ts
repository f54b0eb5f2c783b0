// Holds on the wire: credits that are held for a model call which somebody else makes, and are settled by what it used; and usage that is
// booked after the fact.

import * as v from "valibot";
import { ReceiptLine } from "./account.ts";
import { positiveDecimal } from "./decimal-input.ts";
import { amount } from "./money.ts";
import { TurnUsage } from "./turn-read.ts";
import { Decimal, Id, named, OpaqueId, text, Time } from "./wire.ts";

/** The most tokens of a class that one hold or booking may name: a batch is one too. */
const MOST_TOKENS = 100_000_000;
const TOKENS_RULE = `must be a whole number from 0 to ${MOST_TOKENS}`;
const Tokens = v.pipe(v.number(TOKENS_RULE), v.integer(TOKENS_RULE), v.minValue(0, TOKENS_RULE), v.maxValue(MOST_TOKENS, TOKENS_RULE));
const OUTPUT_RULE = `must be a whole number from 1 to ${MOST_TOKENS}`;
const OutputTokens = v.pipe(
  v.number(OUTPUT_RULE),
  v.integer(OUTPUT_RULE),
  v.minValue(1, OUTPUT_RULE),
  v.maxValue(MOST_TOKENS, OUTPUT_RULE),
);

/** The most credits that one hold or booking may state. */
const Credits = positiveDecimal(amount("100000"), 8);

const LEASE_RULE = "must be a whole number from 10 to 3600";
const LeaseSeconds = v.pipe(v.number(LEASE_RULE), v.integer(LEASE_RULE), v.minValue(10, LEASE_RULE), v.maxValue(3_600, LEASE_RULE));
const USUAL_LEASE_SECONDS = 600;

const METADATA_RULE = "must be at most 16 texts of at most 500 characters under names of at most 64";
const Metadata = v.pipe(
  v.record(v.pipe(v.string(), v.check(isPlain, METADATA_RULE), v.maxLength(64, METADATA_RULE)), text(0, 500)),
  v.check((given) => Object.keys(given).length <= 16, METADATA_RULE),
  v.metadata({ maxProperties: 16, description: `What you wrote on it; nothing here reads it. It ${METADATA_RULE}.` }),
);

/** No control characters, and no name that an object has of its own. */
function isPlain(name: string): boolean {
  return /^[^\p{Cc}\p{Cs}]+$/u.test(name) && name !== "__proto__";
}

const OnBehalfOf = v.pipe(
  v.optional(OpaqueId),
  v.description("The person whose credits are meant. Only with an API key that an admin has let act for others."),
);

const COMMON_ENTRIES = { model_alias: text(1, 64), metadata: v.optional(v.nullable(Metadata), null), on_behalf_of: OnBehalfOf };

const Used = v.pipe(
  v.optional(v.strictObject({ input_tokens_fresh: Tokens, input_tokens_cached: v.optional(Tokens, 0), output_tokens: Tokens })),
  v.description("The tokens that were used. Not beside `credits`."),
);

const USED_ENTRIES = {
  usage: Used,
  credits: v.pipe(v.optional(Credits), v.description("Credits to charge, for what is not priced by tokens. Not beside `usage`.")),
  provider_cost_usd: v.pipe(
    v.optional(v.nullable(positiveDecimal(amount("100000"), 8)), null),
    v.description("What you paid for it. It counts as the house's cost when a key says it that an admin has let act for others."),
  ),
};

const ONE_OF_TWO = "must give either usage or credits";

type UsedOrCredits = { readonly usage?: object | undefined; readonly credits?: unknown };

function isEither({ usage, credits }: UsedOrCredits): boolean {
  return (usage === undefined) !== (credits === undefined);
}

export const HoldCreate = named(
  "HoldCreate",
  "What is to be held, for a model call that you make yourself: the price of `input_tokens` and `max_output_tokens` under the alias, or `credits`.",
  v.pipe(
    v.strictObject({
      ...COMMON_ENTRIES,
      input_tokens: v.optional(Tokens),
      max_output_tokens: v.optional(OutputTokens),
      credits: v.optional(Credits),
      lease_seconds: v.pipe(
        v.optional(LeaseSeconds, USUAL_LEASE_SECONDS),
        v.description("How long it is held. What is not settled by then costs nothing."),
      ),
    }),
    v.check(
      ({ input_tokens: input, max_output_tokens: output, credits }) =>
        credits === undefined ? input !== undefined && output !== undefined : input === undefined && output === undefined,
      "must give either input_tokens and max_output_tokens, or credits",
    ),
  ),
);

export const Hold = named(
  "Hold",
  "Credits that are held until they are settled, voided, or the time is over.",
  v.object({ id: v.string(), hold: v.pipe(Decimal, v.description("Credits.")), expires_at: Time }),
);

export const HoldPath = v.strictObject({ hold_id: Id });

export const HoldSettle = named(
  "HoldSettle",
  "What the call used: tokens, which are charged at the price that the hold was opened at, or credits.",
  v.pipe(
    v.strictObject(USED_ENTRIES),
    v.check((given) => isEither(given), ONE_OF_TWO),
  ),
);

export const HoldSettled = named(
  "HoldSettled",
  "A hold that is settled. Asked for again it is the same.",
  v.object({
    id: v.pipe(v.string(), v.description("Also the turn's, under which it stands in lists and receipts.")),
    model_alias: v.string(),
    usage: v.nullable(TurnUsage),
    credits_charged: Decimal,
    credits_burned: Decimal,
    balance_after: Decimal,
    low_balance: v.boolean(),
    receipt: ReceiptLine,
    settled_at: Time,
  }),
);

export const HoldExtend = named("HoldExtend", "For how long from now it is to be held.", v.strictObject({ lease_seconds: LeaseSeconds }));

export const UsageBook = named(
  "UsageBook",
  "What was used, to be booked after the fact. Send an `Idempotency-Key`: it is what is booked once.",
  v.pipe(
    v.strictObject({ ...COMMON_ENTRIES, ...USED_ENTRIES }),
    v.check((given) => isEither(given), ONE_OF_TWO),
  ),
);
