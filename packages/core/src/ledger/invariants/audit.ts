// Invariants of the audit: an admin's change and the row that tells of it are never one without the other.

import { sql } from "kysely";
import type { Invariant } from "./invariant.ts";

export const AUDIT: readonly Invariant[] = [
  {
    name: "audit",
    promise:
      "what an admin grants or takes has its one audit row, which tells the same admin, act, person, amount and balance; and none without it",
    broken: sql`
      select coalesce(a.after ->> 'transaction_id', g.id::text, a.id::text) as row from (
        select a.*, count(*) over (partition by a.after ->> 'transaction_id') as rows
          from admin_actions a
         where a.action in ('wallet.grant', 'wallet.deduct')) a
        full join (select * from credit_transactions where source = 'admin') g on g.id::text = a.after ->> 'transaction_id'
       where a.rows is distinct from 1
          or (a.admin_id, a.action, a.target, a.after ->> 'amount', a.after ->> 'balance')
             is distinct from
             (g.initiated_by, case g.kind when 'grant' then 'wallet.grant' when 'debit' then 'wallet.deduct' end,
              g.user_id, trim_scale(abs(g.amount))::text, trim_scale(g.balance_after)::text)`,
  },
  {
    name: "granted_alone",
    promise: "what an admin grants without a second one is counted with their days",
    broken: sql`
      select g.initiated_by as row
        from credit_transactions g
       where g.source = 'admin'
         and g.kind = 'grant'
         and not exists (select from grant_proposals p where p.id = g.id)
       group by g.initiated_by
      having sum(g.amount) > coalesce((select sum(credits) from admin_grant_days where admin_id = g.initiated_by), 0)`,
  },
  {
    name: "proposal",
    promise: "a proposed grant is granted exactly when it is booked: to its person, with its amount, by the second admin",
    broken: sql`
      select p.id::text as row
        from grant_proposals p
        left join credit_transactions g on g.id = p.id
       where (p.status = 'granted') <> (g.id is not null)
          or (g.id is not null
              and (g.user_id, g.amount, g.initiated_by, g.source) is distinct from (p.user_id, p.amount, p.resolved_by, 'admin'))`,
  },
  {
    name: "actions",
    promise: "the audit has as many rows as are counted",
    broken: sql`
      select 'runtime_settings' as row from runtime_settings
       where admin_actions <> (select count(*) from admin_actions)`,
  },
];
