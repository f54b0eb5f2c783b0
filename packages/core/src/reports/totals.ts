// The totals of days that are over, without their people: a row a day and alias, which reports of everybody read (usage-of-all.ts).

import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { prepared } from "../db/prepared.ts";
import { SUMMED_COLUMNS } from "./usage-of-all.ts";

/** Adds the totals of the days after the last one that has any. Returns how many days. Safe beside itself. */
export async function addTotals(db: Database): Promise<number> {
  const [added] = await db.run(statement, {});
  return added?.days ?? 0;
}

/** A turn belongs to the day on which it was settled, and no statement takes an hour: so nothing comes to a day once the next one is an hour old. */
const statement = prepared<Record<string, never>, { days: number }>(
  "add_totals",
  () => sql`
with
  -- Of two runs at once each would add the same rows: the one that comes second adds none.
  summed as (
    insert into usage_totals (day, model_alias, ${columns((name) => name)})
    select day, model_alias, ${columns((name) => `sum(${name})`)}
      from usage_daily
     where day > (select coalesce(max(day), '-infinity') from usage_totals)
       and day < ((clock_timestamp() - interval '1 hour') at time zone 'utc')::date
     group by day, model_alias
     order by day, model_alias
    on conflict (day, model_alias) do nothing
    returning day
  )
select count(distinct day)::int as days
  from summed`,
);

function columns(written: (name: string) => string) {
  return sql.raw(SUMMED_COLUMNS.map(written).join(", "));
}
