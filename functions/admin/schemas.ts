// The shapes of the operators' API on the wire (contract section 5), but for the reports.

import * as v from "valibot";
import { positiveDecimal } from "@pantheon/contract/decimal-input.ts";
import { PAGE_ENTRIES } from "@pantheon/edge/input/list-query.ts";
import { Decimal, Id, OpaqueId, Time, page, text } from "@pantheon/contract/wire.ts";
import { TransactionView } from "@pantheon/contract/account.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import { amount } from "@pantheon/contract/money.ts";
import { Day } from "@pantheon/core/reports/range.ts";
import { TOP_UP_STATUSES } from "@pantheon/core/payments/list.ts";

const Multiplier = positiveDecimal(amount("100"), 4);
const Label = text(1, 64);

export const AliasPath = v.strictObject({ model_alias: OpaqueId });
export const VersionPath = v.strictObject({ version: OpaqueId });
export const UserPath = v.strictObject({ user_id: OpaqueId });

export const PricePatch = v.strictObject({ multiplier: Multiplier, pricing_version: Label });

const PriceItem = v.strictObject({ model_alias: v.string(), multiplier: Decimal, pricing_version: v.string() });
export const PriceView = PriceItem;
export const PricesView = v.strictObject({ pricing_version: v.string(), revision: v.string(), items: v.array(PriceItem) });

const ALIASES = Object.keys(MODELS);

export const VersionCreate = v.strictObject({
  version: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 letters, digits, dots, underscores or hyphens"),
  ),
  label: Label,
  effective_date: Day,
  items: v.optional(
    v.pipe(
      v.array(v.strictObject({ model_alias: v.picklist(ALIASES), multiplier: Multiplier })),
      v.check(
        (items) => items.length === ALIASES.length && new Set(items.map((item) => item.model_alias)).size === ALIASES.length,
        "must name every model alias once",
      ),
    ),
  ),
});

const Version = { version: v.string(), label: v.string(), effective_date: v.string(), is_active: v.boolean() };
export const VersionView = v.strictObject({ ...Version, items: v.array(PriceItem) });
export const ActiveVersionView = v.strictObject(Version);

export const SettingsView = v.strictObject({
  enforcement_enabled: v.boolean(),
  enforcement_source: v.picklist(["config", "override"]),
  low_balance_threshold: Decimal,
  pricing_version: v.string(),
  revision: v.string(),
});

export const EnforcementPatch = v.strictObject({ enabled: v.boolean() });
export const EnforcementView = v.strictObject({ enforcement_enabled: v.boolean(), source: v.picklist(["config", "override"]) });

export const SuspensionView = v.strictObject({ user_id: v.string(), suspended: v.boolean() });

export const Grant = v.strictObject({
  amount: positiveDecimal(amount("10000"), 8),
  note: v.optional(v.nullable(text(0, 256)), null),
});

export const GrantView = v.strictObject({ user_id: v.string(), new_balance: Decimal, transaction_id: v.string() });
export const UserGrantView = v.strictObject({ user_id: v.string(), credits_granted: Decimal, new_balance: Decimal });

export const WalletView = v.strictObject({
  user_id: v.string(),
  balance: Decimal,
  held: Decimal,
  available: Decimal,
  recent_transactions: v.array(TransactionView),
});

export const ActionList = page(
  "actions",
  v.strictObject({
    id: v.string(),
    admin_id: v.string(),
    action: v.string(),
    target: v.string(),
    before: v.nullable(v.record(v.string(), v.unknown())),
    after: v.nullable(v.record(v.string(), v.unknown())),
    request_id: v.nullable(v.string()),
    created_at: Time,
  }),
);

export const TopUpPath = v.strictObject({ top_up_id: Id });

export const TopUpsQuery = v.strictObject({ ...PAGE_ENTRIES, status: v.optional(v.picklist(TOP_UP_STATUSES)) });

export const TopUpList = page(
  "top_ups",
  v.strictObject({
    id: v.string(),
    user_id: v.string(),
    amount_usd: Decimal,
    credits_to_grant: Decimal,
    status: v.picklist(TOP_UP_STATUSES),
    payment_intent: v.nullable(v.string()),
    livemode: v.nullable(v.boolean()),
    quarantine_reason: v.nullable(v.string()),
    received_minor: v.nullable(Decimal),
    received_currency: v.nullable(v.string()),
    resolution: v.nullable(v.picklist(["grant", "dismiss", "restore"])),
    resolved_by: v.nullable(v.string()),
    resolved_at: v.nullable(Time),
    resolution_note: v.nullable(v.string()),
    created_at: Time,
    updated_at: Time,
  }),
);

const Note = text(1, 256);

/** A grant may name credits and a person where the payment's own do not fit; a dismissal takes neither. */
export const Resolve = v.strictObject({
  action: v.picklist(["grant", "dismiss"]),
  note: Note,
  credits: v.optional(v.nullable(positiveDecimal(amount("1000000"), 2)), null),
  user_id: v.optional(v.nullable(OpaqueId), null),
});

export const ResolvedView = v.strictObject({
  id: v.string(),
  status: v.picklist(["succeeded", "dismissed"]),
  user_id: v.string(),
  payment_intent: v.string(),
  credits_granted: v.nullable(Decimal),
  transaction_id: v.nullable(v.string()),
  new_balance: v.nullable(Decimal),
});
