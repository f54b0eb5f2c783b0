// The faults of the audit (ledger-faults.ts): an admin's change and the row that tells of it, one without the other.

import { sql, type RawBuilder } from "kysely";
import type { LedgerStory } from "./ledger-story.ts";

/** The invariant, the fault in words, and the statements that plant it in a story that was told. */
export type Fault = readonly [name: string, what: string, planted: (told: LedgerStory) => readonly RawBuilder<unknown>[]];

export const AUDIT_FAULTS: readonly Fault[] = [
  [
    "audit",
    "a grant without its audit row",
    () => [
      sql`delete from admin_actions where action = 'wallet.grant' and target = 'ada'`,
      sql`update runtime_settings set admin_actions = admin_actions - 1`,
    ],
  ],
  [
    "audit",
    "two audit rows of one grant",
    () => [
      sql`insert into admin_actions (admin_id, action, target, before, after)
        select admin_id, action, target, before, after from admin_actions where action = 'wallet.grant' and target = 'ada'`,
      sql`update runtime_settings set admin_actions = admin_actions + 1`,
    ],
  ],
  [
    "audit",
    "an audit row without its grant",
    () => [
      sql`insert into admin_actions (admin_id, action, target, after)
        values ('root', 'wallet.grant', 'ada', '{"amount":"1","balance":"1","transaction_id":"00000000-0000-7000-8000-000000000000"}')`,
      sql`update runtime_settings set admin_actions = admin_actions + 1`,
    ],
  ],
  [
    "audit",
    "an audit row that tells another amount",
    () => [
      sql`
    update admin_actions set after = jsonb_set(after, '{amount}', '"25"') where action = 'wallet.grant' and target = 'ada'`,
    ],
  ],
  [
    "audit",
    "an audit row of another admin",
    () => [
      sql`
    update admin_actions set admin_id = 'mallory' where action = 'wallet.grant' and target = 'ada'`,
    ],
  ],
  [
    "audit",
    "an audit row that calls a deduction a grant",
    () => [sql`update admin_actions set action = 'wallet.grant' where action = 'wallet.deduct'`],
  ],
  [
    "audit",
    "a deduction without its audit row",
    () => [
      sql`delete from admin_actions where action = 'wallet.deduct'`,
      sql`update runtime_settings set admin_actions = admin_actions - 1`,
    ],
  ],
  ["actions", "an audit that lost a row", () => [sql`update runtime_settings set admin_actions = admin_actions + 1`]],
];
