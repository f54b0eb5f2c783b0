// Opens a turn: session, key, enforcement, hold, price revision and history in one statement. Always answers one row.

import { sql, type RawBuilder } from "kysely";
import { prepared, type Slots } from "../../db/prepared.ts";
import { called, countedCall } from "./limits.ts";
import { funds, gate, GATE_SOURCES, gateReply, mayRun, type GateInput, type GateRow } from "./gate.ts";

/**
 * The commit of an open does not wait for the disk (decision 16): nobody is answered until the settle has committed, and a server that fails
 * now loses turn and hold together.
 */
const UNSYNCED = sql`
       and set_config('synchronous_commit', 'off', true) = 'off'`;

export type OpenTurnInput = GateInput & { key: string | null; requestHash: string | null };

/**
 * Locks the wallet, then writes the turn and raises what is held. Unique violations (23505) tell races apart: `turns_key` is another
 * request with this key, `turns_position` another turn of this session, or a history that was stale when this statement waited.
 */
export const openTurn = prepared<OpenTurnInput, GateRow>("open_turn", (slot) => opening(slot));

/** What is different of a turn that has no session. */
export type Kind = {
  /** Stands for what is read of a session (gate.ts). */
  readonly brought: RawBuilder<unknown>;
  /** What it holds, where that is stated and nothing is fitted. */
  readonly held?: RawBuilder<unknown>;
  /** Its opening is answered, so the commit waits for the disk. */
  readonly isAnswered?: boolean;
  /** Further columns, and their values. */
  readonly columns?: readonly (readonly [name: string, value: RawBuilder<unknown>])[];
};

/** The whole statement. */
export function opening(slot: Slots<OpenTurnInput>, kind?: Kind): RawBuilder<GateRow> {
  const { brought, held, isAnswered = false, columns = [] } = kind ?? {};
  const more = columns.map(([name, value]) => ({ name: sql`, ${sql.ref(name)}`, value: sql`,\n           ${value}` }));
  return sql`
with
  ${gate(slot, brought)},
  ${funds(slot, sql`0`, held)},
  -- Of this statement's snapshot: the turn under the key, where there is one. A newer one ends this in
  -- turns_key.
  keyed as (
    select id, status, claim, request_hash, response_body,
           lease_until < clock_timestamp() as lapsed,
           ceil(extract(epoch from lease_until - clock_timestamp()))::int as lease_left
      from turns
     where ${slot.key}::text is not null
       and user_id = ${slot.actor}::text
       and idempotency_key = ${slot.key}::text
  ),
  -- The turn, if everything above allows it.
  begun as (
    insert into turns (id, session_id, user_id, status, attempt, lease_until, hold, turn_index, user_input,
                       model_alias, max_output_tokens, pricing_version, pricing_revision, would_refuse,
                       prune_triggered, claim, idempotency_key, request_hash, replaces, place, api_key_id,
                       created_at${sql.join(
                         more.map(({ name }) => name),
                         sql``,
                       )})
    select ${slot.turn}::uuid, session.id, ${slot.actor}::text, 'running', 1,
           clock_timestamp() + ${slot.leaseMs}::int * interval '1 millisecond',
           funds.credits, history.next, ${slot.message}::text,
           price.alias, funds.output_tokens::int, ${slot.pricingVersion}::text, rules.revision,
           not funds.covered, history.pruned, ${slot.claim}::uuid, ${slot.key}::text,
           ${slot.requestHash}::text, ${slot.replaces}::uuid, (select place from replaced),
           ${slot.apiKey}::uuid,
           clock_timestamp()${sql.join(
             more.map(({ value }) => value),
             sql``,
           )}
      from funds, allowance, rules, session, price, history
     where not exists (select from keyed)
       and ${mayRun(slot)}${isAnswered ? sql`` : UNSYNCED}
    returning id, attempt, turn_index, hold, max_output_tokens, created_at
  ),
  -- The locked wallet holds what the turn may cost, and counts the call.
  reserved as (
    update credit_wallets
       set held = credit_wallets.held + begun.hold,
           ${called("credit_wallets")}
      from begun, wallet, moment
     where credit_wallets.user_id = wallet.user_id
  ),
  ${countedCall(slot)}
select ${gateReply(slot)},
       to_json(keyed) as keyed
  from ${GATE_SOURCES}
       left join keyed on true`;
}
