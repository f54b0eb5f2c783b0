// The shapes of prices and pricing versions, as far as the pages read them.

import type { Decimal, Time } from "./shapes.ts";

type Classes = { readonly fresh: Decimal; readonly cached: Decimal; readonly output: Decimal };

/** Dollars are for a million tokens. `recent_use` is what the last 30 days would have earned at this multiplier. */
export type Price = {
  readonly model_alias: string;
  readonly multiplier: Decimal;
  readonly pricing_version: string;
  readonly sold_usd: Classes;
  readonly list_cost_usd: Classes | null;
  readonly break_even_multiplier: Decimal | null;
  readonly recent_use: {
    readonly revenue_usd: Decimal;
    readonly provider_cost_usd: Decimal;
    readonly margin_usd: Decimal;
    readonly break_even_multiplier: Decimal | null;
  } | null;
};
type Listed = {
  readonly revision: string;
  readonly items: readonly Price[];
  readonly warnings: readonly { readonly code: string; readonly alias: string; readonly text: string }[];
};
export type Prices = Listed & { readonly pricing_version: string };
export type PricingVersion = {
  readonly version: string;
  readonly label: string;
  readonly effective_date: string;
  readonly is_active: boolean;
};
export type VersionHead = PricingVersion & { readonly state: "active" | "ready" | "upcoming"; readonly created_at: Time };
export type Version = VersionHead & Listed;
