// The catalogue: what a container knows of prices, in memory. Owns loading it and dropping it when a statement finds it stale.
// A turn never reads prices: it carries this catalogue's revision, and the database refuses a stale one (contract section 2).

import * as v from "valibot";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Database } from "../db/database.ts";
import type { Log } from "../log.ts";

export type Catalog = {
  /** Raised by every change of a price or a setting. */
  readonly revision: string;
  /** The active pricing version. */
  readonly version: string;
  readonly weights: { readonly fresh: Amount; readonly cached: Amount; readonly output: Amount; readonly oePerCredit: Amount };
  readonly multipliers: ReadonlyMap<string, Amount>;
  /** Credits for a use of a tool, by its name; what is not named costs nothing. */
  readonly toolCredits: ReadonlyMap<string, Amount>;
  /** `{alias: {multiplier, window}}` of every alias that can be run, as the open statement reads it. */
  readonly prices: string;
};

export type CatalogCache = {
  /** Loads it before anybody asks, unless it is there. Never rejects: whoever asks for what could not be loaded loads it. */
  warm(): Promise<void>;
  /** The catalogue in memory; one query in a container's life, and none while it stays true. */
  current(): Promise<Catalog>;
  /** The catalogue after `stale` was found to be out of date. Parallel callers share one query. */
  after(stale: string): Promise<Catalog>;
};

/** `windows`: the context window of every alias that has a model behind it, in tokens. An alias without one is not run. */
export function createCatalogCache(db: Database, windows: ReadonlyMap<string, number>, log: Log): CatalogCache {
  let known: Catalog | null = null;
  let loading: Promise<Catalog> | null = null;

  const load = (): Promise<Catalog> => {
    loading ??= loadCatalog(db, windows)
      .then((loaded) => {
        log.info("catalogue loaded", { revision: loaded.revision, pricing_version: loaded.version });
        known = loaded;
        return loaded;
      })
      .finally(() => (loading = null));
    return loading;
  };

  const warm = async (): Promise<void> => {
    if (known) return;
    await load().catch((error: unknown) => {
      log.warn("The catalogue could not be loaded ahead.", { error: error instanceof Error ? error.name : typeof error });
    });
  };

  return {
    warm,
    current: async () => known ?? load(),
    after: async (stale) => (known && known.revision !== stale ? known : load()),
  };
}

const NO_MULTIPLIER = amount("1");

/** The multiplier of an alias; 1.0 for one that is not in the catalogue (contract section 2). Running such an alias is refused elsewhere. */
export function multiplierOf(catalog: Catalog, alias: string): Amount {
  return catalog.multipliers.get(alias) ?? NO_MULTIPLIER;
}

/** The aliases that can be run: priced, and with a model behind them. In order. */
export function knownAliases({ prices }: Catalog): string[] {
  return Object.keys(v.parse(Prices, prices)).toSorted();
}

const Prices = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));

/** Settings, version and prices in one query, so that they are of one moment. */
export async function loadCatalog(db: Database, windows: ReadonlyMap<string, number>): Promise<Catalog> {
  const rows = await db.query
    .selectFrom("runtime_settings as s")
    .innerJoin("pricing_versions as v", (join) => join.on("v.is_active", "=", true))
    .innerJoin("model_pricing as m", "m.pricing_version", "v.version")
    .select([
      "s.revision",
      "v.version",
      "v.weight_fresh",
      "v.weight_cached",
      "v.weight_output",
      "v.oe_per_credit",
      "v.tool_credits",
      "m.model_alias",
      "m.multiplier",
    ])
    .orderBy("m.model_alias")
    .execute();
  const [first] = rows;
  if (!first) throw new DomainError("not_configured", "No pricing version is active.");
  const multipliers = new Map(rows.map((row) => [row.model_alias, amount(row.multiplier)]));
  return {
    revision: first.revision,
    version: first.version,
    weights: {
      fresh: amount(first.weight_fresh),
      cached: amount(first.weight_cached),
      output: amount(first.weight_output),
      oePerCredit: amount(first.oe_per_credit),
    },
    multipliers,
    toolCredits: new Map(Object.entries(first.tool_credits).map(([name, credits]) => [name, amount(credits)])),
    prices: JSON.stringify(Object.fromEntries(runnable(multipliers, windows))),
  };
}

function runnable(multipliers: ReadonlyMap<string, Amount>, windows: ReadonlyMap<string, number>) {
  return [...multipliers].flatMap(([alias, multiplier]) => {
    const window = windows.get(alias);
    return window === undefined ? [] : [[alias, { multiplier: format(multiplier), window }] as const];
  });
}
