// Comparing a response that was stored as text with the columns of its row.

import { sql, type RawBuilder } from "kysely";

/** A member of a response, and the value that its column gives. */
export type Member = readonly [name: string, value: RawBuilder<unknown>];

/**
 * True when `body` does not give each of `members` its value. They are named in the order in which a response has them: then a look at the
 * text is enough, and only a body that looks different is read as JSON, which costs several times as much. What is no JSON is broken, and
 * does not end the check. For ids, times and figures: a `%` in a value would match anything.
 */
export function saidOtherwise(body: RawBuilder<unknown>, members: readonly Member[]): RawBuilder<unknown> {
  const shown = members.map(
    ([name, value], place) => sql`${sql.lit(`${place === 0 ? "" : ","}%"${name}":`)} || coalesce(to_json(${value})::text, 'null')`,
  );
  const meant = members.map(([name, value]) => sql`${sql.lit(name)}, ${value}`);
  return sql`
    case when ${body} like ${sql.join(shown, sql` || `)} || '%' then false
         when pg_input_is_valid(${body}, 'jsonb') then not ${body}::jsonb @> jsonb_build_object(${sql.join(meant)})
         else true end`;
}

/** An amount as every response says it: a decimal without trailing zeros. */
export function amountText(amount: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`trim_scale(${amount})::text`;
}

/** A time as every response says it: RFC 3339 in UTC with milliseconds. */
export function timeText(time: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`to_char(${time} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
