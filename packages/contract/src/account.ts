// The shapes of an account on the wire (contract section 4).

import * as v from "valibot";
import { Decimal, Time } from "./wire.ts";

/** A ledger row on the wire, for its owner and for operators. */
export const TransactionView = v.strictObject({
  id: v.string(),
  kind: v.picklist(["grant", "debit", "refund"]),
  amount: Decimal,
  balance_after: Decimal,
  initiated_by: v.nullable(v.string()),
  note: v.nullable(v.string()),
  reference_id: v.string(),
  created_at: Time,
});
