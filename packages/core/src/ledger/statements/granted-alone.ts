// What one admin grants alone on a day: the part of a grant's statement that counts it, and undoes the statement above the sum.

import { sql, type RawBuilder } from "kysely";
import type { Slots } from "../../db/prepared.ts";

/** `most`: credits that the admin may grant alone on a UTC day; null: any. */
export type GrantedAloneSlots = { actor: string; most: string | null };

/** The constraint that undoes a grant above the sum. */
export const ABOVE_DAY = "admin_grant_days_most";

/**
 * The CTE `granted_alone`: adds `credits` to what the admin granted today, for the row of `from`, which holds the wallet's lock. The
 * upsert adds to the row as it is once its lock is ours, so admins' requests that race are counted one after the other. Above the sum it is
 * 23514 on ABOVE_DAY, and nothing of the statement is written.
 */
export function grantedAlone(
  slot: Slots<GrantedAloneSlots>,
  { credits, from }: { credits: RawBuilder<unknown>; from: RawBuilder<unknown> },
): RawBuilder<unknown> {
  return sql`
  -- What this admin has granted alone today, with this grant: the second lock, after the wallet's.
  granted_alone as (
    insert into admin_grant_days as known (admin_id, day, credits, most)
    select ${slot.actor}::text, (clock_timestamp() at time zone 'utc')::date, ${credits}::numeric,
           ${slot.most}::numeric
      from ${from}
    on conflict (admin_id, day) do update
      set credits = known.credits + excluded.credits,
          most = excluded.most
  )`;
}
