// Pricing versions as they are read: the active one, one by name, and the list of them. Each with what its prices earn, so that an admin
// sees it before anybody pays it.

import { sql } from "kysely";
import type * as v from "valibot";
import type { PriceList, PriceWarning, PricingVersionHead, PricingVersionRead } from "@pantheon/contract/prices.ts";
import type { VersionState } from "@pantheon/contract/vocabulary.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { amount, format, type Amount } from "@pantheon/contract/money.ts";
import type { List } from "@pantheon/contract/page.ts";
import { rfc3339, type Clock } from "@pantheon/contract/time.ts";
import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";
import type { Model } from "../models/model.ts";
import { priceRead, warningsOf } from "./economics.ts";
import { readRecentUse, type RecentUse } from "./recent-use.ts";
import type { Weights } from "./weights.ts";

/** What prices are judged by: the models with their list prices, what a credit costs, and what day it is. */
export type Economy = {
  readonly db: Database;
  readonly models: Readonly<Record<string, Model>>;
  readonly usdPerCredit: Amount;
  readonly clock: Clock;
};

/** A version whole, of one moment: its prices by alias, and the revision that they are true at. */
export type WholeVersion = {
  readonly revision: string;
  readonly version: string;
  readonly label: string;
  readonly effectiveDate: string;
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly weights: Weights;
  /** Credits for a use of each tool, by its name. */
  readonly toolCredits: Readonly<Record<string, string>>;
  readonly prices: readonly { readonly model_alias: string; readonly multiplier: string; readonly pricing_version: string }[];
};

/** The active version's prices, and what they earn. 503 when none is active. */
export async function readPrices(economy: Economy): Promise<v.InferInput<typeof PriceList>> {
  const version = await activeVersion(economy.db);
  return { pricing_version: version.version, ...(await earning(economy, version)) };
}

/** One version whole, and what its prices would earn. 404 when there is none of that name. */
export async function readVersion(economy: Economy, name: string): Promise<v.InferInput<typeof PricingVersionRead>> {
  const version = await findVersion(economy.db, name);
  if (version === null) throw versionNotFound();
  const { label, effectiveDate, isActive, createdAt } = version;
  return {
    version: version.version,
    label,
    effective_date: effectiveDate,
    is_active: isActive,
    state: stateOf(isActive, effectiveDate, today(economy)),
    created_at: rfc3339(createdAt),
    tool_credits: version.toolCredits,
    ...(await earning(economy, version)),
  };
}

/** Every version, the newest first. */
export function listVersions({ db }: Economy): List<VersionRow> {
  return listOf({
    on: db.query,
    rows: db.query.selectFrom("pricing_versions").select(["version", "label", "effective_date", "is_active", "created_at"]),
    order: [
      ["created_at", "time"],
      ["version", "opaque"],
    ],
  });
}

export type VersionRow = { version: string; label: string; effective_date: string; is_active: boolean; created_at: Date };

/** A row of the list as it leaves. */
export function versionView(row: VersionRow, economy: Pick<Economy, "clock">): v.InferInput<typeof PricingVersionHead> {
  return { ...row, state: stateOf(row.is_active, row.effective_date, today(economy)), created_at: rfc3339(row.created_at) };
}

/** The day, UTC, by which an effective date has come or has not. */
export function today({ clock }: Pick<Economy, "clock">): string {
  return rfc3339(new Date(clock())).slice(0, "YYYY-MM-DD".length);
}

export function versionNotFound(): DomainError {
  return new DomainError("not_found", "Pricing version not found.");
}

/** The active version. 503 when none is. */
export async function activeVersion(db: Database): Promise<WholeVersion> {
  const version = await findVersion(db, null);
  if (version === null) throw new DomainError("not_configured", "No pricing version is active.");
  return version;
}

/** A version by its name, or the active one; null when there is none. One query, so that everything is of one moment. */
export async function findVersion(db: Database, name: string | null): Promise<WholeVersion | null> {
  const rows = await db.query
    .selectFrom("runtime_settings as s")
    .innerJoin("pricing_versions as v", (join) => (name === null ? join.on("v.is_active", "=", true) : join.on("v.version", "=", name)))
    .leftJoin("model_pricing as m", "m.pricing_version", "v.version")
    .select(["s.revision", "v.version", "v.label", "v.effective_date", "v.is_active", "v.created_at"])
    .select(["v.weight_fresh", "v.weight_cached", "v.weight_output", "v.oe_per_credit", "v.tool_credits", "m.model_alias", "m.multiplier"])
    .orderBy(sql`m.model_alias collate "C"`)
    .execute();
  const [first] = rows;
  if (!first) return null;
  return {
    revision: first.revision,
    version: first.version,
    label: first.label,
    effectiveDate: first.effective_date,
    isActive: first.is_active,
    createdAt: first.created_at,
    weights: {
      fresh: amount(first.weight_fresh),
      cached: amount(first.weight_cached),
      output: amount(first.weight_output),
      oePerCredit: amount(first.oe_per_credit),
    },
    toolCredits: first.tool_credits,
    prices: rows.flatMap(({ model_alias: alias, multiplier }) =>
      alias === null || multiplier === null
        ? []
        : [{ model_alias: alias, multiplier: format(amount(multiplier)), pricing_version: first.version }],
    ),
  };
}

/** What an admin should know of these prices. `recent` is null where the use of the last days could not be read. */
export function warningsAbout(
  { models, usdPerCredit }: Economy,
  { weights, prices }: Pick<WholeVersion, "weights" | "prices">,
  recent: RecentUse | null,
): v.InferInput<typeof PriceWarning>[] {
  const terms = { weights, usdPerCredit };
  const useOf = (alias: string) => (recent === null ? "unknown" : (recent.of.get(alias) ?? null));
  return prices.flatMap((price) => warningsOf(price, terms, models[price.model_alias] ?? null, useOf(price.model_alias)));
}

async function earning(economy: Economy, version: WholeVersion) {
  const { models, usdPerCredit, db } = economy;
  const recent = await readRecentUse(db.report);
  const terms = { weights: version.weights, usdPerCredit };
  const read = (price: WholeVersion["prices"][number]) =>
    priceRead(price, terms, models[price.model_alias] ?? null, recent.of.get(price.model_alias) ?? null);
  return {
    revision: version.revision,
    recent_days: recent.days,
    items: version.prices.map(read),
    warnings: warningsAbout(economy, version, recent),
  };
}

function stateOf(isActive: boolean, effectiveDate: string, day: string): VersionState {
  if (isActive) return "active";
  return effectiveDate > day ? "upcoming" : "ready";
}
