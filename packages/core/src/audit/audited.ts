// The audit row of an admin's change: part of the statement that makes the change, so that neither is ever without the other.

import { sql, type RawBuilder } from "kysely";
import { keyed, type KeyedWrite } from "./keyed.ts";
import type { Slots } from "../db/prepared.ts";

/** The slots of an admin's change: `actor` is the admin, and `requestId` the request that they made it by. */
export type AdminWrite = KeyedWrite & { requestId: string };

export type AdminAction =
  | "pricing.patch"
  | "pricing.create_version"
  | "pricing.activate"
  | "settings.enforcement"
  | "wallet.grant"
  | "wallet.propose_grant"
  | "wallet.dismiss_grant"
  | "wallet.deduct"
  | "top_up.grant"
  | "top_up.dismiss"
  | "user.suspend"
  | "user.reactivate"
  | "limits.set"
  | "api_key.create"
  | "api_key.patch"
  | "api_key.rotate"
  | "api_key.revoke"
  | "api_key.rights";

/**
 * The CTEs `audit` and `keyed`: one audit row and one key row for each row of `source`, which is what was changed. `body` is the response
 * where the statement finishes it.
 */
export function audited(
  slot: Slots<AdminWrite>,
  change: {
    action: AdminAction | RawBuilder<unknown>;
    target: RawBuilder<unknown>;
    before: RawBuilder<unknown>;
    after: RawBuilder<unknown>;
    source: RawBuilder<unknown>;
    body?: RawBuilder<unknown>;
  },
): RawBuilder<unknown> {
  const action = typeof change.action === "string" ? sql.lit(change.action) : change.action;
  return sql`
  -- Who changed what, from what to what, by which request.
  audit as (
    insert into admin_actions (admin_id, action, target, before, after, request_id)
    select ${slot.actor}::text, ${action}, ${change.target}, ${change.before}, ${change.after},
           ${slot.requestId}::text
      from ${change.source}
  ),
  ${keyed(slot, { source: change.source, body: change.body })}`;
}
