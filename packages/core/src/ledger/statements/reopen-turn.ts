// Runs a turn again that failed, or whose lease is over, or that is our own with its first reply lost: the next attempt, a new hold.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { funds, gate, gateAnswer, gateSources, mayRun, type GateInput, type GateRow } from "./gate.ts";

/**
 * The wallet is locked first, then the turn, and what the turn was is read from that lock: neither a snapshot nor RETURNING old tells
 * it when the row changed while this statement waited. `attempt` fences whoever ran the turn before.
 */
export const reopenTurn = prepared<GateInput, GateRow>("reopen_turn", (p) => {
  const held = sql`case when o.status = 'running' then o.hold else 0 end`;
  return sql`
with ${gate(p)},
  o as (select x.id, x.session_id, x.status, x.hold, x.claim, x.lease_until < clock_timestamp() as lapsed
          from turns x, lw where x.id = ${p.turn}::uuid and x.user_id = lw.user_id for update of x),
  ${funds(p, sql`coalesce((select ${held} from o), 0)`)},
  t as (update turns x
           set status = 'running', attempt = x.attempt + 1, lease_until = clock_timestamp() + ${p.leaseMs}::int * interval '1 millisecond',
               hold = k.hold, turn_index = h.next, model_alias = p.alias, max_output_tokens = ${p.maxOutputTokens}::int,
               pricing_version = ${p.pricingVersion}::text, pricing_revision = rules.revision, would_refuse = not q.covered, prune_triggered = h.pruned,
               claim = ${p.claim}::uuid, failure_code = null
          from o, q, rules, s, p, h, k
         where x.id = o.id and o.session_id = s.id
           and (o.status = 'failed' or (o.status = 'running' and (o.lapsed or o.claim = ${p.claim}::uuid)))
           and ${mayRun(p)}
        returning x.id, x.user_id, x.attempt, x.turn_index, x.hold, x.created_at, x.hold - ${held} as change),
  w as (update credit_wallets x set held = x.held + t.change from t where x.user_id = t.user_id)
select ${gateAnswer(p)}, null::json as keyed from ${gateSources}`;
});
