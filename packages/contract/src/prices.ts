// Prices and pricing versions on the wire (contract section 5): what admins read and change, and what each price earns.

import * as v from "valibot";
import { positiveDecimal } from "./decimal-input.ts";
import { amount } from "./money.ts";
import { PRICE_WARNINGS, VERSION_STATES } from "./vocabulary.ts";
import { Count, Day, Decimal, named, OpaqueId, page, text, Time } from "./wire.ts";

const Multiplier = positiveDecimal(amount("100"), 4);
const Credits = positiveDecimal(amount("10000"), 8);
const Label = text(1, 64);

/** What a use of each tool costs, in credits; what is not named costs nothing. */
const ToolCredits = v.pipe(
  v.record(v.string(), Decimal),
  v.description("Credits for a use of a tool that worked, by its name; none for what is not named."),
);

export const AliasPath = v.strictObject({ model_alias: OpaqueId });
export const VersionPath = v.strictObject({ version: OpaqueId });

/** Raised by every change of a price or a setting. */
export const Revision = v.pipe(v.string(), v.description("Raised by every change of a price or a setting; for `If-Match`."));

export const PricePatch = named(
  "PricePatch",
  "The new multiplier of an alias in a pricing version.",
  v.strictObject({ multiplier: Multiplier, pricing_version: Label }),
);

const PRICE_ENTRIES = { model_alias: v.string(), multiplier: Decimal, pricing_version: v.string() };

export const Price = named("Price", "What an alias costs in a pricing version.", v.object(PRICE_ENTRIES));

export const PriceWarning = named(
  "PriceWarning",
  "What an admin should know of a price. It forbids nothing.",
  v.object({ code: v.picklist(PRICE_WARNINGS), alias: v.string(), text: v.pipe(v.string(), v.description("For people; it may change.")) }),
);

const Warnings = v.array(PriceWarning);

export const PatchedPrice = named(
  "PatchedPrice",
  "A price as it is from now on, and what an admin should know of it.",
  v.object({ ...PRICE_ENTRIES, warnings: Warnings }),
);

const ListCost = named(
  "ListCost",
  "What a million tokens cost in USD by the provider's list. A token that is written into a cache is sold as fresh input.",
  v.object({ fresh: Decimal, cached: Decimal, cache_write: Decimal, output: Decimal }),
);

const BreakEven = v.pipe(
  v.nullable(Decimal),
  v.description("The least multiplier of four decimals at which no token is sold below its list cost; null where none is enough."),
);

const RecentUse = named(
  "RecentUse",
  "What the use of the last 30 days, as the list's `recent_days` says them, would have earned at this multiplier, and what it cost.",
  v.object({
    call_count: Count,
    input_tokens_fresh: Count,
    input_tokens_cached: Count,
    output_tokens: Count,
    revenue_usd: Decimal,
    provider_cost_usd: Decimal,
    margin_usd: Decimal,
    break_even_multiplier: BreakEven,
  }),
);

export const PriceRead = named(
  "PriceRead",
  "What an alias is sold for, what it costs by list, and what it earns. `list_cost_usd` is null for an alias that cannot be run any more.",
  v.object({
    ...PRICE_ENTRIES,
    sold_usd: v.object({ fresh: Decimal, cached: Decimal, output: Decimal }),
    list_cost_usd: v.nullable(ListCost),
    break_even_multiplier: BreakEven,
    long_input: v.pipe(
      v.array(v.object({ above_input_tokens: Count, list_cost_usd: ListCost, break_even_multiplier: BreakEven })),
      v.description("What a call costs whose input is larger, where the provider asks more for it."),
    ),
    recent_use: v.pipe(v.nullable(RecentUse), v.description("Null where there was none.")),
  }),
);

const LIST_ENTRIES = {
  revision: Revision,
  recent_days: v.object({ from: v.string(), to: v.string() }),
  items: v.array(PriceRead),
  warnings: Warnings,
};

export const PriceList = named(
  "PriceList",
  "The prices of the active version, by alias, and what they earn.",
  v.object({ pricing_version: v.string(), ...LIST_ENTRIES }),
);

/** `aliases` are the models that can be run: a version that is given in full names each of them once. */
export function versionCreate(aliases: readonly string[]) {
  return named(
    "PricingVersionCreate",
    "A pricing version to make; without `items` it copies the active one. Before its `effective_date` has come (UTC) it cannot be activated.",
    v.strictObject({
      version: v.pipe(
        v.string(),
        v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 letters, digits, dots, underscores or hyphens"),
      ),
      label: Label,
      effective_date: Day,
      items: v.optional(
        v.pipe(
          v.array(v.strictObject({ model_alias: v.picklist(aliases), multiplier: Multiplier })),
          v.check(
            (items) => items.length === aliases.length && new Set(items.map((item) => item.model_alias)).size === aliases.length,
            "must name every model alias once",
          ),
        ),
      ),
      tool_credits: v.pipe(
        v.optional(v.strictObject({ search: v.optional(Credits), file_read: v.optional(Credits) })),
        v.description("Credits for a use of each tool; what is not named is free. Left out, it is as in the active version."),
      ),
    }),
  );
}

const VERSION_ENTRIES = { version: v.string(), label: v.string(), effective_date: v.string(), is_active: v.boolean() };
const KNOWN_ENTRIES = { ...VERSION_ENTRIES, state: v.picklist(VERSION_STATES), created_at: Time };

export const PricingVersion = named(
  "PricingVersion",
  "A pricing version with its prices.",
  v.object({ ...VERSION_ENTRIES, items: v.array(Price), tool_credits: ToolCredits, warnings: Warnings }),
);

export const ActivatedVersion = named(
  "ActivatedVersion",
  "The version that is active now.",
  v.object({ ...VERSION_ENTRIES, warnings: Warnings }),
);

export const PricingVersionHead = named(
  "PricingVersionHead",
  "A pricing version. `ready` can be activated, `upcoming` not before its `effective_date` (UTC).",
  v.object(KNOWN_ENTRIES),
);

export const PricingVersionRead = named(
  "PricingVersionRead",
  "A pricing version whole: its prices, what they earn, and what an admin should know before it is activated.",
  v.object({ ...KNOWN_ENTRIES, tool_credits: ToolCredits, ...LIST_ENTRIES }),
);

export const PricingVersionList = named(
  "PricingVersionList",
  "A page of pricing versions, newest first.",
  page("versions", PricingVersionHead),
);
