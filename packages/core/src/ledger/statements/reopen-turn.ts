// Runs a turn again that failed, or whose lease is over, or that is our own with its first reply lost: the next attempt, a new hold.

import { sql, type RawBuilder } from "kysely";
import { prepared, type Slots } from "../../db/prepared.ts";
import { called, countedCall } from "./limits.ts";
import type { Kind } from "./open-turn.ts";
import { funds, gate, GATE_SOURCES, gateReply, mayRun, type GateInput, type GateRow } from "./gate.ts";

/** What the wallet still holds for the turn: nothing, once it has failed. */
const FORMER_HOLD = sql`case when former.status = 'running' then former.hold else 0 end`;

/**
 * The wallet is locked first, then the turn, and what the turn was is read from that lock: neither a snapshot nor RETURNING old tells
 * it when the row changed while this statement waited. `attempt` fences whoever ran the turn before.
 */
export const reopenTurn = prepared<GateInput, GateRow>("reopen_turn", (slot) => reopening(slot));

/** The whole statement. */
export function reopening(slot: Slots<GateInput>, { brought, held, columns = [] }: Partial<Kind> = {}): RawBuilder<GateRow> {
  const more = columns.map(([name, value]) => sql`\n           ${sql.ref(name)} = ${value},`);
  return sql`
with
  ${gate(slot, brought)},
  -- The turn under its lock, after the wallet: what it was when this statement got to it.
  former as (
    select known.id, known.session_id, known.status, known.hold, known.claim,
           known.lease_until < clock_timestamp() as lapsed
      from turns known, wallet
     where known.id = ${slot.turn}::uuid
       and known.user_id = ${slot.actor}::text
       and known.erased_at is null
       for update of known
  ),
  ${funds(slot, sql`coalesce((select ${FORMER_HOLD} from former), 0)`, held)},
  -- The next attempt, if everything above allows it.
  begun as (
    update turns
       set status = 'running',
           attempt = turns.attempt + 1,
           lease_until = clock_timestamp() + ${slot.leaseMs}::int * interval '1 millisecond',
           hold = funds.credits,
           turn_index = history.next,
           model_alias = price.alias,
           max_output_tokens = funds.output_tokens::int,
           pricing_version = ${slot.pricingVersion}::text,
           pricing_revision = rules.revision,
           would_refuse = not funds.covered,
           prune_triggered = history.pruned,
           claim = ${slot.claim}::uuid,
           api_key_id = ${slot.apiKey}::uuid,${sql.join(more, sql``)}
           failure_code = null
      from former, funds, allowance, rules, session, price, history
     where turns.id = former.id
       and former.session_id is not distinct from session.id
       and (former.status = 'failed'
            or (former.status = 'running' and (former.lapsed or former.claim = ${slot.claim}::uuid)))
       and ${mayRun(slot)}
    returning turns.id, turns.attempt, turns.turn_index, turns.hold, turns.max_output_tokens,
              turns.created_at,
              turns.hold - ${FORMER_HOLD} as change
  ),
  -- The locked wallet holds the new hold in place of the former one, and counts one more call.
  reserved as (
    update credit_wallets
       set held = wallet.held + begun.change,
           ${called("credit_wallets")}
      from begun, wallet, moment
     where credit_wallets.user_id = wallet.user_id
  ),
  ${countedCall(slot)}
select ${gateReply(slot)},
       null::json as keyed
  from ${GATE_SOURCES}`;
}
