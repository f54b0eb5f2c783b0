// The limits of a person and of a key, as the gate of a turn reckons them: of the rows that it has locked, and of what is asked for after
// that lock. Nothing here is a sum of what was seen before it (docs/transaction_policy.md).

import { sql, type RawBuilder } from "kysely";
import type { LimitName } from "@pantheon/contract/vocabulary.ts";
import type { Slots } from "../../db/prepared.ts";

export type LimitSlots = {
  turn: string;
  actor: string;
  /** The limits of whoever has none that an admin set, as JSON; null for none. */
  defaultLimits: string | null;
};

/** A limit that stands in the way: whose, which, how much it is and what is left of it, and when it is whole again. */
export type LimitMet = {
  readonly scope: "person" | "key";
  readonly name: LimitName;
  readonly most: string;
  readonly left: string;
  /** RFC 3339; null when no time brings it back. */
  readonly resets_at: string | null;
  /** Seconds until then. */
  readonly wait: number | null;
};

type Sql = RawBuilder<unknown>;

/** The columns of a wallet's row that limits read. */
export const WALLET_LIMITS = sql`, limits_own, limits_set, called_at, calls_this_minute, calls_this_hour`;

/** The beginning of the window (UTC) that the moment lies in. */
const since = (unit: "minute" | "hour"): Sql => sql`date_trunc(${sql.lit(unit)}, moment.now, 'UTC')`;
const until = (unit: "minute" | "hour" | "day" | "month"): Sql =>
  sql`(date_trunc(${sql.lit(unit)}, moment.utc) + interval '1 ${sql.raw(unit)}') at time zone 'utc'`;

/** How many calls there were in the window, of a row that counts them. */
const calls = (row: string, unit: "minute" | "hour"): Sql => sql`
             case when ${sql.raw(row)}.called_at >= ${since(unit)}
                  then ${sql.raw(row)}.calls_this_${sql.raw(unit)} else 0 end`;

/** What counts for a person: the lower of their own limit and of an admin's, or of the stage's where no admin set one. */
function ofPerson(slot: Slots<LimitSlots>, name: LimitName): Sql {
  const named = sql.lit(name);
  return sql`
             least((wallet.limits_own ->> ${named})::numeric,
                   coalesce(wallet.limits_set ->> ${named},
                            ${slot.defaultLimits}::jsonb ->> ${named})::numeric)`;
}

const ofKey = (name: LimitName): Sql => sql`(pass.limits ->> ${sql.lit(name)})::numeric`;

/**
 * The CTEs `moment`, `limits` and `allowance`, over the locked `wallet` and `pass`: what the limits leave for this turn. `ownHold` is what
 * the turn holds already. Where nothing is limited, nothing is looked for.
 */
export function allowance(slot: Slots<LimitSlots>, ownHold: Sql): Sql {
  return sql`
  -- The moment after the locks: the windows of limits are those that it lies in.
  moment as materialized (
    select clock.now, clock.now at time zone 'utc' as utc
      from wallet left join pass on true, lateral (select clock_timestamp() as now) as clock
  ),
  -- Every limit that is set, and what is used of it: of the locked rows, and of what is committed by now.
  limits as materialized (
    select known.*
      from wallet
           cross join moment
           left join pass on true
           cross join lateral turn_use_now(
             wallet.user_id, ${slot.actor}::text, pass.id, ${slot.turn}::uuid) as used
           cross join lateral (values
             ${every(slot, ownHold)}
           ) as known (scope, name, is_credits, most, used, resets_at)
     where (${slot.defaultLimits}::jsonb is not null
            or wallet.limits_own is not null
            or wallet.limits_set is not null
            or pass.limits is not null)
       and known.most is not null
  ),
  -- The credits that they leave, by which limit they are so few, and a limit of calls that is used up.
  allowance as (
    select (select min(most - used) from limits where is_credits) as credits_left,
           (select ${TOLD} from limits where is_credits order by most - used, name limit 1) as tightest,
           (select ${TOLD}
              from limits
             where not is_credits and used >= most
             order by resets_at desc nulls last, name
             limit 1) as closed
      from moment
  )`;
}

/** A limit, what is used of it, and the end of its window; null for none. */
type Limit = readonly [name: LimitName, used: Sql, resetsAt: Sql];

/** Every limit as a row (scope, name, is_credits, most, used, resets_at), over `wallet`, `pass`, `moment` and `used`. */
function every(slot: Slots<LimitSlots>, ownHold: Sql): Sql {
  const none = sql`null`;
  const held = sql`wallet.held - ${ownHold}`;
  const thatDay = sql`case when pass.last_used_on = moment.utc::date then pass.spent_that_day else 0 end`;
  const thatMonth = sql`
              case when date_trunc('month', pass.last_used_on::timestamp) = date_trunc('month', moment.utc)
                   then pass.spent_that_month else 0 end`;
  const person: readonly Limit[] = [
    ["credits_per_day", sql`used.spent_today + ${held}`, until("day")],
    ["credits_per_month", sql`used.spent_this_month + ${held}`, until("month")],
    ["credits_total", sql`used.spent + ${held}`, none],
    ["calls_per_minute", calls("wallet", "minute"), until("minute")],
    ["calls_per_hour", calls("wallet", "hour"), until("hour")],
    ["running", sql`used.running`, none],
  ];
  const key: readonly Limit[] = [
    ["credits_per_day", sql`${thatDay} + used.key_held`, until("day")],
    ["credits_per_month", sql`${thatMonth} + used.key_held`, until("month")],
    ["credits_total", sql`pass.spent + used.key_held`, none],
    ["calls_per_minute", calls("pass", "minute"), until("minute")],
    ["calls_per_hour", calls("pass", "hour"), until("hour")],
    ["running", sql`used.key_running`, none],
  ];
  const row =
    (scope: LimitMet["scope"], most: (name: LimitName) => Sql) =>
    ([name, used, resetsAt]: Limit) => {
      const isCredits = sql.lit(name.startsWith("credits_"));
      return sql`(${sql.lit(scope)}, ${sql.lit(name)}, ${isCredits}, ${most(name)}, ${used}, ${resetsAt})`;
    };
  return sql.join(
    [...person.map(row("person", (name) => ofPerson(slot, name))), ...key.map(row("key", ofKey))],
    sql`,
             `,
  );
}

/** A LimitMet, over a row of `limits`. */
const TOLD = sql`
           json_build_object(
             'scope', scope,
             'name', name,
             'most', trim_scale(most)::text,
             'left', trim_scale(greatest(most - used, 0))::text,
             'resets_at', to_char(resets_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
             'wait', ceil(extract(epoch from resets_at - clock_timestamp()))::int)`;

/** The assignments by which a row (`credit_wallets` or `api_keys`) counts a call that begins at the moment. */
export function called(row: "credit_wallets" | "api_keys"): Sql {
  const counted = (unit: "minute" | "hour"): Sql => sql`
           case when ${sql.raw(row)}.called_at >= ${since(unit)}
                then ${sql.raw(row)}.calls_this_${sql.raw(unit)} else 0 end + 1`;
  return sql`
           called_at = moment.now,
           calls_this_minute = ${counted("minute")},
           calls_this_hour = ${counted("hour")}`;
}

/** The CTE `counted`: the call of a turn that was begun, in its key's row. */
export function countedCall(slot: Slots<{ apiKey: string | null }>): Sql {
  return sql`
  -- The key counts the call too.
  counted as (
    update api_keys
       set ${called("api_keys")}
      from begun, moment
     where api_keys.id = ${slot.apiKey}::uuid
  )`;
}
