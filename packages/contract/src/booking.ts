// What admins book by hand, on the wire (contract section 5): credits that are granted, and credits that are taken back.

import * as v from "valibot";
import { positiveDecimal } from "./decimal-input.ts";
import { amount } from "./money.ts";
import { PROPOSAL_STATES } from "./vocabulary.ts";
import { DAY_ENTRIES, Decimal, Id, named, OpaqueId, page, PAGE_ENTRIES, text, Time } from "./wire.ts";

/** Credits that an admin books by hand. */
const BookedAmount = positiveDecimal(amount("10000"), 8);

export const GrantCreate = named(
  "GrantCreate",
  "Credits to grant. Send an `Idempotency-Key`, or each request is a grant of its own.",
  v.strictObject({
    amount: BookedAmount,
    note: v.optional(v.nullable(text(0, 256)), null),
    create: v.pipe(
      v.optional(v.boolean(), false),
      v.description("Grant also to somebody who was never here: without it that is 404, since the id may be a mistyped one."),
    ),
  }),
);

export const DeductCreate = named(
  "DeductCreate",
  "Credits to take back. Send an `Idempotency-Key`, or each request is a deduction of its own.",
  v.strictObject({
    amount: BookedAmount,
    note: v.pipe(text(1, 256), v.description("Why. The owner of the wallet reads it, too.")),
    allow_negative: v.pipe(
      v.optional(v.boolean(), false),
      v.description("Take more than is available (the balance without what running turns hold): without it that is 409."),
    ),
  }),
);

export const Deduction = named(
  "Deduction",
  "Credits that were taken back.",
  v.object({ user_id: v.string(), new_balance: Decimal, transaction_id: v.string() }),
);

export const Grant = named(
  "Grant",
  "A grant that was booked.",
  v.object({ user_id: v.string(), new_balance: Decimal, transaction_id: v.string() }),
);

export const UserGrant = named(
  "UserGrant",
  "A grant that was booked, as the second address says it.",
  v.object({ user_id: v.string(), credits_granted: Decimal, new_balance: Decimal }),
);

export const GrantProposal = named(
  "GrantProposal",
  "A grant above what one admin may grant alone on a day: it is booked when a second admin confirms it.",
  v.object({
    id: v.pipe(v.string(), v.description("Also the ledger row's, once it is granted.")),
    user_id: v.string(),
    amount: Decimal,
    note: v.nullable(v.string()),
    status: v.picklist(PROPOSAL_STATES),
    proposed_by: v.string(),
    resolved_by: v.nullable(v.string()),
    resolved_at: v.nullable(Time),
    created_at: Time,
  }),
);

export const GrantProposed = named(
  "GrantProposed",
  "The grant is not booked: it needs a second admin, who confirms it under `proposal_id`.",
  v.object({ status: v.literal("proposed"), proposal_id: v.string(), user_id: v.string(), amount: Decimal }),
);

export const DismissedGrant = named(
  "DismissedGrant",
  "A proposed grant that was closed without being booked.",
  v.object({ id: v.string(), user_id: v.string(), proposed_by: v.string(), status: v.literal("dismissed") }),
);

export const GrantProposalList = named("GrantProposalList", "Proposed grants, newest first.", page("grants", GrantProposal));

export const GrantProposalsQuery = v.strictObject({
  ...PAGE_ENTRIES,
  ...DAY_ENTRIES,
  status: v.optional(v.picklist(PROPOSAL_STATES)),
  user_id: v.optional(OpaqueId),
});

export const GrantProposalPath = v.strictObject({ proposal_id: Id });
