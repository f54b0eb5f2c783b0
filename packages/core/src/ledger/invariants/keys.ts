// Invariants of API keys: what a key has spent is what its calls were charged, and every call names the key that its turn was opened by.

import { sql } from "kysely";
import type { Invariant } from "./invariant.ts";

export const KEYS: readonly Invariant[] = [
  {
    name: "key",
    promise:
      "a key has spent what its calls and their tools were charged; they are its owner's or of whom it acted for, and of turns that it opened",
    broken: sql`
      select coalesce(k.id::text, e.api_key_id) as row
        from api_keys k
             full join (select api_key_id,
                               sum(credits_charged) as charged,
                               min(owner) as owner,
                               count(distinct owner) as people
                          from (select c.api_key_id, c.credits_charged, coalesce(t.acted_by, c.user_id) as owner
                                  from llm_call_events c
                                  left join turns t on t.id = c.turn_id
                                 where c.api_key_id is not null
                                 union all
                                select t.api_key_id::text, u.credits_charged, u.user_id
                                  from tool_call_events u
                                  join turns t on t.id = u.turn_id
                                 where t.api_key_id is not null) charges
                         group by api_key_id) e on e.api_key_id = k.id::text
       where coalesce(k.spent, -1) <> coalesce(e.charged, 0)
          or e.people <> 1
          or e.owner <> k.user_id
      union all
      select e.id::text
        from llm_call_events e
             join turns t on t.id = e.turn_id
       where t.status = 'completed'
         and e.api_key_id is distinct from t.api_key_id::text`,
  },
];
