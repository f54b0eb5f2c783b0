// What admins book by hand, on the wire (contract section 5): credits that are granted, and credits that are taken back.

import * as v from "valibot";
import { positiveDecimal } from "./decimal-input.ts";
import { amount } from "./money.ts";
import { Decimal, named, text } from "./wire.ts";

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
