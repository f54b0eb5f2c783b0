// Opens a turn: session, key, enforcement, hold, price revision and history in one statement. Always answers one row.

import { sql } from "kysely";
import { prepared } from "../../db/prepared.ts";
import { funds, gate, gateAnswer, gateSources, mayRun, type GateInput, type GateRow } from "./gate.ts";

export type OpenTurnInput = GateInput & { key: string | null; requestHash: string | null };

/**
 * Locks the wallet, then writes the turn and raises what is held. Unique violations (23505) tell races apart: `turns_key` is another
 * request with this key, `turns_position` another turn of this session, or a history that was stale when this statement waited.
 */
export const openTurn = prepared<OpenTurnInput, GateRow>("open_turn", (p) => {
  return sql`
with ${gate(p)}, ${funds(p, sql`0`)},
  kt as (select id, status, claim, request_hash, response_body, lease_until < clock_timestamp() as lapsed
           from turns where user_id = ${p.user}::text and idempotency_key = ${p.key}::text),
  t as (insert into turns (id, session_id, user_id, status, attempt, lease_until, hold, turn_index, user_input, model_alias, max_output_tokens,
                           pricing_version, pricing_revision, would_refuse, prune_triggered, claim, idempotency_key, request_hash, created_at)
        select ${p.turn}::uuid, s.id, q.user_id, 'running', 1, clock_timestamp() + ${p.leaseMs}::int * interval '1 millisecond', k.hold, h.next,
               ${p.message}::text, p.alias, ${p.maxOutputTokens}::int, ${p.pricingVersion}::text, rules.revision, not q.covered, h.pruned,
               ${p.claim}::uuid, ${p.key}::text, ${p.requestHash}::text, clock_timestamp()
          from q, rules, s, p, h, k
         where not exists (select from kt) and ${mayRun(p)}
        returning id, user_id, attempt, turn_index, hold, created_at),
  w as (update credit_wallets x set held = x.held + t.hold from t where x.user_id = t.user_id)
select ${gateAnswer(p)}, to_json(kt) as keyed
  from ${gateSources} left join kt on true`;
});
