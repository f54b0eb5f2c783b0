// People as admins find them: one by id, or a page of those who fit. Reads only. What a person is sorted by is their own row, their
// wallet, or their last turn, which is looked up in the index of their calls.

import { sql, type RawBuilder } from "kysely";
import type { PeopleOrder, PeopleState } from "@pantheon/contract/vocabulary.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Amount } from "@pantheon/contract/money.ts";
import type { PositionPart } from "@pantheon/contract/page.ts";
import type { Database } from "../db/database.ts";
import { listOf } from "../db/list.ts";

export type PersonRow = {
  id: string;
  email: string | null;
  created_at: Date;
  /** The latest of what is known: a day on which they asked who they are, a session, a turn. */
  last_seen_at: Date;
  suspended: boolean;
  suspension_reason: string | null;
  balance: string;
  held: string;
  /** Of the turns that were answered: failed ones leave no call. */
  first_turn_at: Date | null;
  last_turn_at: Date | null;
};

export type PeopleFilter = {
  /** The beginning of an id, as it is written, or of an address, whose case does not count. */
  readonly query: string | undefined;
  readonly state: PeopleState;
  readonly order: PeopleOrder;
  /** Credits: a balance below it is low. */
  readonly lowBalance: Amount;
};

/** What a total is counted up to. */
const COUNTED = 10_000;

/** The people who fit, by what they are sorted by and id, the greatest first. Not limited to the time of a short question. */
export function listPeople(db: Database, filter: PeopleFilter) {
  const { key, part } = SORTED_BY[filter.order];
  return listOf({
    on: db.report,
    rows: sql`select person.id, ${key} as key from ${PEOPLE} where ${fits(filter)}`,
    order: [
      ["key", part],
      ["id", "opaque"],
    ],
    completed: (page) => peopleOf(page),
    countedTo: COUNTED,
  });
}

/** One person; 404 when nobody of that id was ever here, which is also so of somebody who was only granted credits. */
export async function findPerson(db: Database, id: string): Promise<PersonRow> {
  const one = sql`select id, created_at as key, null as position from users where id = ${id}::text`;
  const { rows } = await peopleOf(one).execute(db.query);
  if (!rows[0]) throw new DomainError("not_found", "User not found.");
  return rows[0];
}

const PEOPLE = sql`users as person left join credit_wallets as wallet on wallet.user_id = person.id`;

/** A person's calls that were theirs, in the words of the index `llm_call_events_user`. */
const theirCalls = (person: RawBuilder<unknown>) =>
  sql`from llm_call_events as call where call.user_id = ${person} and call.status <> 'internal'`;

/** Before any turn: whoever ran none comes last. */
const NEVER = sql`timestamptz '2000-01-01 00:00:00+00'`;

const SORTED_BY: Record<PeopleOrder, { readonly key: RawBuilder<unknown>; readonly part: PositionPart }> = {
  newest: { key: sql`person.created_at`, part: "time" },
  balance: { key: sql`coalesce(wallet.balance, 0)`, part: "decimal" },
  last_turn: {
    key: sql`coalesce((select call.created_at ${theirCalls(sql`person.id`)} order by call.created_at desc, call.id desc limit 1), ${NEVER})`,
    part: "time",
  },
};

function fits({ query, state, lowBalance }: PeopleFilter): RawBuilder<unknown> {
  const states: Record<PeopleState, RawBuilder<unknown>> = {
    all: sql`true`,
    suspended: sql`person.suspended_at is not null`,
    low: sql`coalesce(wallet.balance, 0) < ${lowBalance.toFixed()}::numeric`,
    negative: sql`wallet.balance < 0`,
  };
  if (query === undefined) return states[state];
  const prefix = `${query.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`; // what LIKE would read as a pattern stands for itself
  return sql`${states[state]} and (person.id like ${prefix}::text or lower(person.email) like lower(${prefix}::text))`;
}

/** Everything about the people whom `page` (id, key, position) names, the greatest key first. */
function peopleOf(page: RawBuilder<unknown>): RawBuilder<PersonRow> {
  return sql`
with
  page as materialized (${page})
select person.id,
       person.email,
       person.created_at,
       greatest(person.last_seen_at, session.created_at, latest.created_at) as last_seen_at,
       person.suspended_at is not null as suspended,
       case when person.suspended_at is not null then person.suspension_reason end as suspension_reason,
       coalesce(wallet.balance, 0) as balance,
       coalesce(wallet.held, 0) as held,
       earliest.created_at as first_turn_at,
       latest.created_at as last_turn_at,
       page.position
  from page
       join users as person on person.id = page.id
       left join credit_wallets as wallet on wallet.user_id = page.id
       left join lateral (
         select call.created_at ${theirCalls(sql`page.id`)} order by call.created_at, call.id limit 1
       ) as earliest on true
       left join lateral (
         select call.created_at ${theirCalls(sql`page.id`)} order by call.created_at desc, call.id desc limit 1
       ) as latest on true
       left join lateral (
         select created_at
           from sessions
          where user_id = page.id and deleted_at is null
          order by created_at desc, id desc
          limit 1
       ) as session on true
 order by page.key desc, page.id desc`;
}

/** Throws 404 unless this id was ever here, has a wallet, or a top-up: an admin may have granted credits to somebody who never came. */
export async function refuseNobody(db: Database, user: string): Promise<void> {
  const { rows } = await sql<{ known: boolean }>`
    select exists (select from users where id = ${user}::text)
        or exists (select from credit_wallets where user_id = ${user}::text)
        or exists (select from top_ups where user_id = ${user}::text) as known`.execute(db.query);
  if (!rows[0]?.known) throw new DomainError("not_found", "User not found.");
}
