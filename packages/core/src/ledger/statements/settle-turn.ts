// Settles a turn: the turn, its usage events, its tool events, the debit, the wallet, the ledger row and the daily rollup, together or
// not at all. Answers one row, or none when the turn is no longer ours to settle (settled already, or fenced): then read the turn.

import { sql, type RawBuilder } from "kysely";
import { prepared, type Slots } from "../../db/prepared.ts";
import { entry, lockedWallet } from "./movement.ts";
import { remembered, type SummarySlot } from "./remembered.ts";
import { keySpent } from "./key-spent.ts";
import { ROLLUP } from "./rollup.ts";
import { callColumns, toolColumns } from "./settled-rows.ts";

export type { NewSummary } from "./remembered.ts";
export type { ToolEvent, UsageEvent } from "./settled-rows.ts";

export type SettleTurnInput = SummarySlot & {
  turn: string;
  /** Whose wallet pays. */
  wallet: string;
  /** Whose turn it is. */
  actor: string;
  /** The API key that the caller came with, or null. */
  apiKey: string | null;
  attempt: number;
  /** The alias that answered: the one that the turn was opened with, unless it was routed to another. */
  alias: string;
  answer: string;
  providerModel: string;
  /** JSON array of UsageEvent. The debit is the sum of their `credits_charged` and the tools', taken here and nowhere else. */
  events: string;
  /** JSON array of ToolEvent. */
  tools: string;
  /** JSON array of what the tools were asked and what they said, in their order; null without any. */
  toolTexts: string | null;
  /** The answer's JSON up to where the wallet's figures begin: `{…,` without the closing brace. */
  body: string;
  lowBalanceThreshold: string;
  requestId: string;
  /** The model was asked with less of the history than the turn was opened with. */
  pruned: boolean;
  /** The prompt's octets to a token where the provider counted them, for the session's next turns. */
  octetsPerToken: string | null;
  /** The most tokens that message and answer can have (metering/token-bound.ts). */
  textBound: number;
};

export type SettleTurnRow = { response_body: string; balance_after: string; charge: string; over_hold: boolean };

/**
 * Wallet first; the turn's status and attempt are the once-guard. The response body is finished here, since only the locked wallet
 * knows `balance_after`: what is stored is what the caller gets, now and on every replay.
 */
export const settleTurn = prepared<SettleTurnInput, SettleTurnRow>(
  "settle_turn",
  (slot) => sql`
with
  ${lockedWallet(slot.wallet)},
  -- The time once the wallet is locked: ledger time follows seq.
  moment as (
    select clock_timestamp() as now from wallet
  ),
  ${given(slot)},
  ${settled(slot)},
  -- The locked wallet gives what was charged, and holds nothing for this turn any more. What it held is that
  -- of the lock: a raise that committed while this statement waited is in it, and in the turn's hold.
  debit as (
    update credit_wallets
       set balance = credit_wallets.balance - settled.charge,
           held = settled.held - settled.hold,
           seq = credit_wallets.seq + (settled.charge <> 0)::int
      from settled
     where credit_wallets.user_id = settled.user_id
    returning credit_wallets.user_id, credit_wallets.balance, credit_wallets.seq, settled.id as turn_id,
              settled.session_id, settled.attempt, settled.model_alias, settled.would_refuse, settled.charge,
              settled.now
  ),
  ${recorded(slot)},
  ${entry({
    id: sql`uuidv7()`,
    user: sql`debit.user_id`,
    seq: sql`debit.seq`,
    kind: "debit",
    source: sql`'turn'`,
    amount: sql`-debit.charge`,
    balance: sql`debit.balance`,
    reference: sql`debit.turn_id::text`,
    at: sql`debit.now`,
    from: sql`debit where debit.charge <> 0`,
  })},
  ${ROLLUP},
  ${keySpent(slot)},
  ${remembered(slot)}
select settled.response_body, settled.balance_after, settled.charge, settled.over_hold
  from settled, debit`,
);

/** The CTEs `calls`, `uses` and `total`: what the turn used, and what that costs. */
function given(slot: Slots<SettleTurnInput>): RawBuilder<unknown> {
  return sql`
  -- The model calls, as they are given to this statement.
  calls as (
    select *
      from jsonb_to_recordset(${slot.events}::jsonb) as told (
           ${callColumns((column, type) => `${column} ${type}`)})
  ),
  -- The uses of tools, likewise.
  uses as (
    select *
      from jsonb_to_recordset(${slot.tools}::jsonb) as told (
           ${toolColumns((column, type) => `${column} ${type}`)})
  ),
  -- What all of them cost together.
  total as materialized (
    select (coalesce((select sum(credits_charged) from calls), 0)
            + coalesce((select sum(credits_charged) from uses), 0))::numeric(18,8) as charge
  )`;
}

/** The CTE `settled`: the turn with its answer, and what the response says of the wallet. */
function settled(slot: Slots<SettleTurnInput>): RawBuilder<unknown> {
  return sql`
  -- The turn, if it still runs under this attempt.
  -- Everything below is made of this row, so none of it happens twice.
  settled as (
    update turns
       set status = 'completed',
           assistant_output = ${slot.answer}::text,
           tool_texts = ${slot.toolTexts}::jsonb,
           model_alias = ${slot.alias}::text,
           provider_model = ${slot.providerModel}::text,
           completed_at = moment.now,
           balance_after = wallet.balance - total.charge,
           over_hold = total.charge > hold,
           prune_triggered = prune_triggered or ${slot.pruned}::boolean,
           octets_per_token = ${slot.octetsPerToken}::numeric,
           text_bound = ${slot.textBound}::bigint,
           response_body = ${slot.body}::text
             || '"balance_after":"' || trim_scale(wallet.balance - total.charge)::text
             || '","low_balance":'
             || (wallet.balance - total.charge < ${slot.lowBalanceThreshold}::numeric)::text
             || ',"completed_at":"' || to_char(moment.now at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
             || '"}'
      from wallet, moment, total
     where id = ${slot.turn}::uuid
       -- As texts made anew, so that no index but that of the ids can find the row: another would have to be
       -- read for all turns of this person.
       and turns.user_id || '' = ${slot.actor}::text
       and status || '' = 'running'
       and attempt = ${slot.attempt}::int
    returning id, wallet.user_id, wallet.held, session_id, attempt, hold, model_alias, would_refuse,
              balance_after, response_body, over_hold, total.charge, moment.now
  )`;
}

/** The CTEs `events` and `tools`: the usage of each model call and each tool. */
function recorded(slot: Slots<SettleTurnInput>): RawBuilder<unknown> {
  return sql`
  -- A row for each model call.
  events as (
    insert into llm_call_events (
           user_id, session_id, turn_id, attempt, request_id, api_key_id, created_at,
           ${callColumns((column) => column)})
    select debit.user_id, debit.session_id, debit.turn_id, debit.attempt, ${slot.requestId}::text,
           ${slot.apiKey}::text, debit.now,
           ${callColumns((column) => `calls.${column}`)}
      from debit, calls
    returning user_id, model_alias, call_index, status, input_tokens_fresh, input_tokens_cached,
              output_tokens, credits_burned, credits_charged, provider_cost_usd, usd_per_credit, created_at
  ),
  -- A row for each tool that was used.
  tools as (
    insert into tool_call_events (
           user_id, session_id, turn_id, attempt, created_at,
           ${toolColumns((column) => column)})
    select debit.user_id, debit.session_id, debit.turn_id, debit.attempt, debit.now,
           ${toolColumns((column) => `uses.${column}`)}
      from debit, uses
    returning user_id, credits_charged, usd_per_credit, created_at
  )`;
}
