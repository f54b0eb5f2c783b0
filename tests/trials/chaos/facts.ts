// What the database says at the end of a run, in the words of the model. Asked directly, past every proxy.

import type { Pool } from "pg";
import type { TurnFact } from "./model.ts";

/** Every turn that has a key, with its debits and usage events. */
export async function readTurnFacts(direct: Pool): Promise<TurnFact[]> {
  const { rows } = await direct.query<TurnFact>(`
    select t.user_id as "user", coalesce(t.idempotency_key, '') as key, t.status, md5(t.response_body) as body,
           coalesce(d.debits, 0)::int as debits, coalesce(d.debited, 0)::numeric(18,8)::text as debited,
           coalesce(e.charged, 0)::numeric(18,8)::text as charged, coalesce(e.attempts, 0)::int as "billedAttempts"
      from turns t
      left join (select reference_id, count(*) as debits, -sum(amount) as debited from credit_transactions where kind = 'debit' group by 1) d
        on d.reference_id = t.id::text
      left join (select turn_id, sum(credits_charged) as charged, count(distinct attempt) as attempts from llm_call_events group by 1) e on e.turn_id = t.id`);
  return rows;
}

/** Debits and usage events whose turn is missing or not completed. (A set difference: it stays quick at any size, whatever the planner knows.) */
export async function readOrphans(direct: Pool): Promise<string[]> {
  const { rows } = await direct.query<{ id: string }>(`
    (select reference_id as id from credit_transactions where kind = 'debit' union all select turn_id::text from llm_call_events)
    except select id::text from turns where status = 'completed'`);
  return rows.map(({ id }) => id);
}

export type Leftovers = { readonly running: number; readonly held: string; readonly negative: number };

/** Holds that are still there, and enforced wallets below zero. */
export async function readLeftovers(direct: Pool): Promise<Leftovers> {
  const { rows } = await direct.query<Leftovers>(`
    select (select count(*) from turns where status = 'running')::int as running, (select coalesce(sum(held), 0) from credit_wallets)::text as held,
           (select count(*) from credit_wallets where balance < 0)::int as negative`);
  const [row] = rows;
  if (!row) throw new Error("the database does not say what is left");
  return row;
}

/**
 * Sets leases back, as if their time had passed: of all running turns, or of those that nobody can be working on any more since their
 * request began longer ago than it may last. The product's own sweep does the rest. Answers how many.
 */
export async function lapse(direct: Pool, timeLeftMs: number, olderThanMs: number | null): Promise<number> {
  const condition = olderThanMs === null ? "true" : "lease_until < clock_timestamp() + $1::int * interval '1 millisecond'";
  const { rowCount } = await direct.query(
    `update turns set lease_until = clock_timestamp() - interval '1 second'
      where status = 'running' and lease_until > clock_timestamp() and ${condition}`,
    olderThanMs === null ? [] : [timeLeftMs + LEASE_GRACE_MS - olderThanMs],
  );
  return rowCount ?? 0;
}

/** What a lease is longer than its request (the product's own figure). */
const LEASE_GRACE_MS = 30_000;
