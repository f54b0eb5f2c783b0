// Among 100,000 people an admin's page is read from indexes: no list reads every call, and a search reads no table of people whole.

import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listPeople, type PeopleFilter } from "@pantheon/core/accounts/people.ts";
import { amount } from "@pantheon/contract/money.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
  await sql`
    insert into users (id, email, created_at, last_seen_at, suspended_at)
    select 'person-' || n, 'mail-' || n || '@Example.com', now() - n * interval '1 minute', now(),
           case when n % 1000 = 0 then now() end
      from generate_series(1, 100000) as n`.execute(world.deps.db.query);
  await sql`insert into credit_wallets (user_id) select 'person-' || n from generate_series(1, 100000) as n`.execute(world.deps.db.query);
  await sql`vacuum analyze users, credit_wallets, llm_call_events, sessions`.execute(world.owner.query);
}, 120_000);
afterAll(() => world.end());

type Node = { "Node Type": string; "Relation Name"?: string; "Index Name"?: string; Plans?: Node[] };

/** What a page reads: each table with the way it is read, such as `users by users_newest` or `users whole`. */
async function readsOf(filter: Partial<PeopleFilter>, page = {}, db = world.deps.db.query): Promise<string[]> {
  const asked = { query: undefined, state: "all", order: "newest", lowBalance: amount("5"), ...filter } as const;
  const statement = listPeople(world.deps.db, asked).statement({ limit: 50, offset: 0, after: null, ...page });
  const { rows } = await sql<{ "QUERY PLAN": [{ Plan: Node }] }>`explain (format json) ${statement}`.execute(db);
  const reads = (node: Node): string[] => [
    ...(node["Node Type"] === "Seq Scan" ? [`${node["Relation Name"]} whole`] : []),
    ...(node["Index Name"] === undefined ? [] : [node["Index Name"]]),
    ...(node.Plans ?? []).flatMap(reads),
  ];
  const [plan] = rows[0]?.["QUERY PLAN"] ?? [];
  return plan ? [...new Set(reads(plan.Plan))] : [];
}

const whole = (reads: readonly string[]) => reads.filter((read) => /^(users|credit_wallets) whole$/.test(read));

it("reads the newest people, and the next page, from their index", async () => {
  for (const after of [null, ["2026-01-01 00:00:00+00", "person-5"]]) {
    const reads = await readsOf({}, { after });
    expect([reads.includes("users_newest"), whole(reads)]).toEqual([true, []]);
  }
});

it("reads the suspended from their own index", async () => {
  const reads = await readsOf({ state: "suspended" });
  expect([reads.includes("users_suspended"), whole(reads)]).toEqual([true, []]);
});

it.each(["person-77777", "mail-77777@example"])("finds %s by the beginnings of ids and addresses", async (query) => {
  for (const order of ["newest", "balance", "last_turn"] as const) {
    const reads = await readsOf({ query, order });
    expect([reads.includes("users_id_begins"), reads.includes("users_email_begins"), whole(reads)]).toEqual([true, true, []]);
  }
});

it("looks up first and last turns in the index of calls, in every order", async () => {
  await world.deps.db.query.transaction().execute(async (db) => {
    await sql`set local enable_seqscan = off`.execute(db); // there are no calls here; what is asked is whether the index answers
    for (const order of ["newest", "balance", "last_turn"] as const) {
      const reads = await readsOf({ order }, {}, db);
      expect([reads.includes("llm_call_events_user"), reads.includes("llm_call_events whole")]).toEqual([true, false]);
    }
  });
});
