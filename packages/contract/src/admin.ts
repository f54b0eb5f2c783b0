// The admins' API on the wire (contract section 5), but for prices and reports.

import * as v from "valibot";
import { STANDING_ENTRIES, TOP_UP_ENTRIES, Transaction, WALLET_ENTRIES } from "./account.ts";
import { positiveDecimal } from "./decimal-input.ts";
import { amount } from "./money.ts";
import { Revision } from "./prices.ts";
import { ENFORCEMENT_SOURCES, PEOPLE_ORDERS, PEOPLE_STATES, RESOLUTIONS, RESOLVE_ACTIONS, TOP_UP_STATES } from "./vocabulary.ts";
import { Decimal, named, OpaqueId, page, PAGE_ENTRIES, text, Time } from "./wire.ts";

export const UserPath = v.strictObject({ user_id: OpaqueId });

export const Settings = named(
  "Settings",
  "The settings in force, of one moment.",
  v.object({
    enforcement_enabled: v.boolean(),
    enforcement_source: v.picklist(ENFORCEMENT_SOURCES),
    low_balance_threshold: Decimal,
    pricing_version: v.string(),
    revision: Revision,
  }),
);

export const EnforcementPatch = named("EnforcementPatch", "The override of enforcement.", v.strictObject({ enabled: v.boolean() }));

export const Enforcement = named(
  "Enforcement",
  "Whether turns without credits are refused, and what decides it.",
  v.object({ enforcement_enabled: v.boolean(), source: v.picklist(ENFORCEMENT_SOURCES) }),
);

export const SuspensionCreate = named(
  "SuspensionCreate",
  "Why a user is suspended. They can read it. Without it a reason that was given before stays.",
  v.strictObject({ reason: v.optional(v.nullable(text(0, 256)), null) }),
);

export const Suspension = named(
  "Suspension",
  "Whether a user's turns and top-ups are refused.",
  v.object({ user_id: v.string(), suspended: v.boolean() }),
);

export const AdminWallet = named(
  "AdminWallet",
  "Somebody's wallet and its ten latest ledger rows.",
  v.object({ ...WALLET_ENTRIES, recent_transactions: v.array(Transaction) }),
);

const PERSON_ENTRIES = {
  ...WALLET_ENTRIES,
  email: v.nullable(v.string()),
  created_at: Time,
  last_seen_at: Time,
  ...STANDING_ENTRIES,
  low_balance: v.boolean(),
  first_turn_at: v.nullable(Time),
  last_turn_at: v.nullable(Time),
};

export const Person = named(
  "Person",
  "Somebody who was here, with the figures of their wallet. `last_seen_at` is exact to a day where no session or turn tells more.",
  v.object(PERSON_ENTRIES),
);

export const PersonRead = named(
  "PersonRead",
  "A person with their wallet and its ten latest ledger rows.",
  v.object({ ...PERSON_ENTRIES, wallet: AdminWallet }),
);

const BEGINS = "must be 1 to 320 characters without control characters";

export const PeopleQuery = v.strictObject({
  ...PAGE_ENTRIES,
  query: v.pipe(
    v.optional(v.pipe(v.string(), v.regex(/^[^\p{Cc}\p{Cs}]{1,320}$/u, BEGINS), v.metadata({ minLength: 1, maxLength: 320 }))),
    v.description("The beginning of a user id, as it is written, or of an e-mail address in any case."),
  ),
  state: v.optional(v.picklist(PEOPLE_STATES), "all"),
  order: v.optional(v.picklist(PEOPLE_ORDERS), "newest"),
});

const Values = v.nullable(v.record(v.string(), v.unknown()));

export const AdminAction = named(
  "AdminAction",
  "What an admin did: the row is written by the statement that makes the change.",
  v.object({
    id: v.string(),
    admin_id: v.string(),
    action: v.string(),
    target: v.string(),
    before: Values,
    after: Values,
    request_id: v.nullable(v.string()),
    created_at: Time,
  }),
);

export const TopUpsQuery = v.strictObject({ ...PAGE_ENTRIES, status: v.optional(v.picklist(TOP_UP_STATES)) });

export const AdminTopUp = named(
  "AdminTopUp",
  "Anybody's top-up; one that was set aside with its reason, what was received in the smallest unit of its currency, and what became of it.",
  v.object({
    ...TOP_UP_ENTRIES,
    user_id: v.string(),
    payment_intent: v.nullable(v.string()),
    livemode: v.nullable(v.boolean()),
    quarantine_reason: v.nullable(v.string()),
    received_minor: v.nullable(Decimal),
    received_currency: v.nullable(v.string()),
    resolution: v.nullable(v.picklist(RESOLUTIONS)),
    resolved_by: v.nullable(v.string()),
    resolved_at: v.nullable(Time),
    resolution_note: v.nullable(v.string()),
  }),
);

export const ResolveCreate = named(
  "ResolveCreate",
  "What becomes of a payment in quarantine. A grant may name credits and a person where the payment's own do not fit; a dismissal takes neither.",
  v.strictObject({
    action: v.picklist(RESOLVE_ACTIONS),
    note: text(1, 256),
    credits: v.optional(v.nullable(positiveDecimal(amount("1000000"), 2)), null),
    user_id: v.optional(v.nullable(OpaqueId), null),
  }),
);

export const ResolvedTopUp = named(
  "ResolvedTopUp",
  "A top-up that left quarantine. What was granted is null after a dismissal.",
  v.object({
    id: v.string(),
    status: v.picklist(["succeeded", "dismissed"]),
    user_id: v.string(),
    payment_intent: v.string(),
    credits_granted: v.nullable(Decimal),
    transaction_id: v.nullable(v.string()),
    new_balance: v.nullable(Decimal),
  }),
);

export const ActionList = named("ActionList", "A page of the audit, newest first.", page("actions", AdminAction));
export const PersonList = named("PersonList", "A page of people, the greatest first. `total` counts up to 10 000.", page("users", Person));
export const AdminTopUpList = named(
  "AdminTopUpList",
  "A page of top-ups, newest first. `total` counts up to 10 000.",
  page("top_ups", AdminTopUp),
);
