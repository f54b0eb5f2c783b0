// Runs a turn again that failed, or whose lease is over, or that is our own with its first reply lost: the next attempt, a new hold.

import { sql } from "kysely";
import { prepared } from "../prepared.ts";
import { gate, gateAnswer, gateSources, mayRun, type GateInput, type GateRow } from "./turn-gate.ts";

/**
 * The wallet is locked first; `attempt` fences whoever ran the turn before. What the turn still holds counts as available to it.
 * `RETURNING old` needs PostgreSQL 18.
 */
export const reopenTurn = prepared<GateInput, GateRow>("reopen_turn", (p) => {
  const stillHeld = sql`coalesce((select hold from turns where id = ${p.turn}::uuid and status = 'running'), 0)`;
  const body = gate(p, stillHeld);
  const heldByTurn = sql`case when x.status = 'running' then x.hold else 0 end`;
  const covered = sql`case when ${p.coverInFull}::boolean then q.balance - q.held + ${heldByTurn} >= k.hold else q.balance - q.held + ${heldByTurn} > 0 end`;
  return sql`
with ${body},
  t as (update turns x
           set status = 'running', attempt = x.attempt + 1, lease_until = clock_timestamp() + ${p.leaseMs}::int * interval '1 millisecond',
               hold = k.hold, turn_index = h.next, model_alias = p.alias, max_output_tokens = ${p.maxOutputTokens}::int,
               pricing_version = ${p.pricingVersion}::text, pricing_revision = g.revision, would_refuse = not q.covered, prune_triggered = h.pruned,
               claim = ${p.claim}::uuid, failure_code = null
          from q, g, u, s, p, h, k
         where x.id = ${p.turn}::uuid and x.user_id = q.user_id and x.session_id = s.id
           and (x.status = 'failed' or (x.status = 'running' and (x.lease_until < clock_timestamp() or x.claim = ${p.claim}::uuid)))
           and ${mayRun(p, covered)}
        returning x.id, x.user_id, x.attempt, x.turn_index, x.hold, x.created_at, new.hold - case when old.status = 'running' then old.hold else 0 end as change),
  w as (update credit_wallets x set held = x.held + t.change from t where x.user_id = t.user_id)
select ${gateAnswer(p)}, null::json as keyed from ${gateSources}`;
});
