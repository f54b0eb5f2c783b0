// Prices as an admin changes them. Every change is one statement with its audit row; what was charged before never moves. Each says what
// an admin should know of what it changed, and is not kept from it.

import type * as v from "valibot";
import type { ActivatedVersion, PatchedPrice, PricingVersion } from "@pantheon/contract/prices.ts";
import { once, type ActingAdmin, type WrittenResponse } from "../audit/once.ts";
import { patchPrice as PATCH_PRICE } from "./statements/patch-price.ts";
import { activateVersion as ACTIVATE_VERSION, createVersion as CREATE_VERSION } from "./statements/pricing-version.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { format, type Amount } from "@pantheon/contract/money.ts";
import { readRecentUseIfItCan } from "./recent-use.ts";
import { activeVersion, findVersion, today, versionNotFound, warningsAbout, type Economy } from "./versions.ts";

/**
 * Sets one multiplier, and says what an admin should know of it. 404 for an unknown pair; 412 when `ifRevision` is given and the revision
 * has moved on.
 */
export function patchPrice(
  economy: Economy,
  by: ActingAdmin,
  price: { version: string; alias: string; multiplier: Amount; ifRevision: string | null },
): Promise<WrittenResponse> {
  const { db } = economy;
  const multiplier = format(price.multiplier);
  const item = { model_alias: price.alias, multiplier, pricing_version: price.version };
  return once(db, by, async () => {
    const version = await findVersion(db, price.version); // for its weights, which never change
    if (version === null) throw priceNotFound();
    const warnings = warningsAbout(economy, { ...version, prices: [item] }, await readRecentUseIfItCan(db.query));
    const body: v.InferInput<typeof PatchedPrice> = { ...item, warnings };
    return {
      status: 200,
      body,
      run: (kept) => db.run(PATCH_PRICE, { ...kept, ...price, multiplier }),
      refusal: (row) => {
        if (!row?.known) return priceNotFound();
        return row.changed ? null : outdated(row.revision);
      },
    };
  });
}

function priceNotFound(): DomainError {
  return new DomainError("not_found", "Model alias not found for pricing version.");
}

function outdated(revision: string): DomainError {
  return new DomainError("precondition_failed", "Prices or settings have changed since that revision.", { members: { revision } });
}

export type NewVersion = {
  readonly version: string;
  readonly label: string;
  readonly effectiveDate: string;
  /** Every alias that can be run; null copies the active version. */
  readonly items: readonly { model_alias: string; multiplier: Amount }[] | null;
  /** Credits for a use of each tool, by its name; null leaves what the active version takes. */
  readonly toolCredits: Readonly<Record<string, Amount | undefined>> | null;
};

function decimals(credits: Readonly<Record<string, Amount | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(credits).flatMap(([name, one]) => (one === undefined ? [] : [[name, format(one)]])));
}

/** Makes a version that is not active yet, with the active one's weights. 409 when there is one of that name. */
export function createVersion(economy: Economy, by: ActingAdmin, asked: NewVersion): Promise<WrittenResponse> {
  const { db } = economy;
  const recentUse = readOnce(economy);
  return once(db, by, async () => {
    const recent = await recentUse();
    const active = await activeVersion(db);
    const items = (asked.items ?? active.prices).map((item) => ({
      model_alias: item.model_alias,
      multiplier: typeof item.multiplier === "string" ? item.multiplier : format(item.multiplier),
      pricing_version: asked.version,
    }));
    items.sort((a, b) => (a.model_alias < b.model_alias ? -1 : 1));
    const toolCredits = asked.toolCredits === null ? null : decimals(asked.toolCredits);
    const body: v.InferInput<typeof PricingVersion> = {
      version: asked.version,
      label: asked.label,
      effective_date: asked.effectiveDate,
      is_active: false,
      items,
      tool_credits: toolCredits ?? active.toolCredits,
      warnings: warningsAbout(economy, { ...active, prices: items }, recent),
    };
    const copies = asked.items === null || toolCredits === null;
    const input = {
      ...asked,
      items: JSON.stringify(items),
      toolCredits: toolCredits && JSON.stringify(toolCredits),
      ifRevision: copies ? active.revision : null,
    };
    return {
      status: 201,
      body,
      run: (kept) => db.run(CREATE_VERSION, { ...kept, ...input }),
      moved: PRICES_MOVE,
      errors: { [UNIQUE_VIOLATION]: (cause) => new DomainError("conflict", "There is a pricing version of that name.", { cause }) },
    };
  });
}

const UNIQUE_VIOLATION = "23505";

/**
 * Makes a version the active one, in one switch that binds the next turn everywhere. 404 when there is none of that name; 409 while its
 * effective date has not come; 412 when `ifRevision` is given and the revision has moved on.
 */
export function activateVersion(economy: Economy, by: ActingAdmin, name: string, ifRevision: string | null): Promise<WrittenResponse> {
  const { db } = economy;
  const recentUse = readOnce(economy);
  return once(db, by, async () => {
    const recent = await recentUse();
    const version = await findVersion(db, name);
    if (version === null) throw versionNotFound();
    const { label, effectiveDate, revision } = version;
    const day = today(economy);
    if (ifRevision !== null && ifRevision !== revision) throw outdated(revision);
    if (effectiveDate > day) throw notEffectiveYet(effectiveDate);
    const body: v.InferInput<typeof ActivatedVersion> = {
      version: name,
      label,
      effective_date: effectiveDate,
      is_active: true,
      warnings: warningsAbout(economy, version, recent),
    };
    const input = { version: name, ifRevision: revision, today: day };
    return { status: 200, body, run: (kept) => db.run(ACTIVATE_VERSION, { ...kept, ...input }), moved: PRICES_MOVE };
  });
}

function notEffectiveYet(date: string): DomainError {
  const detail = `This version takes effect on ${date} (UTC) and cannot be activated before.`;
  return new DomainError("not_effective_yet", detail, { members: { effective_date: date } });
}

/** The recent use, asked for by the first try alone: a sum of a month must not stand between the tries. */
function readOnce({ db }: Economy) {
  let reading: ReturnType<typeof readRecentUseIfItCan> | null = null;
  return () => (reading ??= readRecentUseIfItCan(db.query));
}

/** How a write that reads the prices first meets somebody else's that came between. */
const PRICES_MOVE = {
  tries: 20,
  refusal: () => new DomainError("conflict", "Prices are being changed. Please try again.", { retryAfter: 1 }),
};
