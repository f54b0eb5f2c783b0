// The application's role owns nothing: what it could do to the ledger's past, tried; what it may do with each table, compared with the
// table of docs/security.md; and its login, as an owner without a superuser's powers makes it.

import { readFileSync } from "node:fs";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressOf, giveLogin, isLoginReady } from "@pantheon/core/db/app-login.ts";
import { createDatabase } from "@pantheon/core/db/database.ts";
import { readConnectedRole } from "@pantheon/core/db/connected-role.ts";
import { quietLog } from "../support/quiet-log.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { GOOD_ROWS, insertRow } from "../support/rows.ts";

let database: TestDatabase;
let owner: Client;
let application: Client;
beforeAll(async () => {
  database = await freshDatabase();
  owner = new Client({ connectionString: database.url });
  application = new Client({ connectionString: database.applicationUrl });
  await Promise.all([owner.connect(), application.connect()]);
  for (const table of ["admin_actions", "llm_call_events"]) await insertRow(owner, table, GOOD_ROWS[table] ?? {});
});
afterAll(async () => {
  await Promise.all([owner.end(), application.end()]);
  await database.drop();
});

const PAST = ["credit_transactions", "llm_call_events", "admin_actions"] as const;

const rowsOf = async (table: string) => (await owner.query(`select * from ${table}`)).rows;

describe.each(PAST)("the past in %s", (table) => {
  test.each([
    ["changed", `update ${table} set id = id`],
    ["changed where it meets a new row", `insert into ${table} select * from ${table} on conflict (id) do update set id = excluded.id`],
    ["changed by a merge", `merge into ${table} as t using ${table} as s on t.id = s.id when matched then update set id = s.id`],
    ["removed", `delete from ${table}`],
    ["emptied", `truncate ${table}`],
    ["emptied with what refers to it", "truncate credit_wallets, turns, sessions, users cascade"],
    ["freed of its guards", `alter table ${table} disable trigger all`],
    ["freed of one guard", `alter table ${table} disable trigger ${table}_append_only`],
    ["freed of a guard for good", `drop trigger ${table}_append_only on ${table}`],
    [
      "given a guard that lets pass",
      `create trigger a before update on ${table} for each row execute function suppress_redundant_updates_trigger()`,
    ],
    ["given a rule", `create rule a as on insert to ${table} do instead nothing`],
    ["dropped", `drop table ${table} cascade`],
    ["moved aside", `alter table ${table} rename to aside`],
    ["taken over", `alter table ${table} owner to current_user`],
    ["given another column", `alter table ${table} add column a int`],
  ])("is not %s", async (_what, attack) => {
    const before = await rowsOf(table);
    expect(before).toHaveLength(1);
    await expect(application.query(attack)).rejects.toMatchObject({ code: "42501" });
    expect(await rowsOf(table)).toEqual(before);
  });
});

describe("the application's role", () => {
  test.each([
    ["passes no guard by calling itself a replica", "set session_replication_role = replica"],
    ["writes no guard anew", "create or replace function refuse_change() returns trigger language plpgsql as $$ begin return new; end $$"],
    ["drops no guard", "drop function refuse_change() cascade"],
    ["changes no function", "alter function turn_rules_now(text, uuid) security definer"],
    ["becomes no owner", "set role postgres"],
    ["is no session of the owner", "set session authorization postgres"],
    ["makes itself no member of the owner", "grant postgres to current_user"],
    ["makes no role", "create role more login superuser"],
    ["makes itself no superuser", "alter role current_user superuser"],
    ["makes no table", "create table more (id int)"],
    ["makes no schema", "create schema more"],
    ["makes no function", "create function more() returns int language sql as 'select 1'"],
    ["reads no file of the server", "select pg_read_file('/etc/passwd')"],
    ["runs no program", "copy (select 1) to program 'true'"],
    ["forgets no migration", "delete from migration_checksums"],
    ["removes no wallet", "delete from credit_wallets"],
    ["changes no kept response", "update idempotency_keys set request_hash = ''"],
  ])("%s", async (_what, attack) => {
    await expect(application.query(attack)).rejects.toMatchObject({ code: "42501" });
  });

  test("gives itself no right: PostgreSQL warns, and nothing is granted", async () => {
    await application.query("grant update, delete, truncate, trigger on credit_transactions to pantheon_app, public");
    await expect(application.query("update credit_transactions set amount = 1000000")).rejects.toMatchObject({ code: "42501" });
    expect(await rightsOf("credit_transactions")).toBe("INSERT SELECT");
  });
});

describe("a table's rights", () => {
  test("are what docs/security.md says of it, table by table, and nobody else's", async () => {
    const { rows: tables } = await owner.query<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S') order by 1",
    );
    const found = await Promise.all(tables.map(async ({ name }) => [name, await rightsOf(name)] as const));
    // A table that is missing here needs a row in docs/security.md, and its migration a `grant … to pantheon_app`.
    expect(Object.fromEntries(found)).toEqual(await documentedRights());
    const { rows: others } = await owner.query(
      `select relname, grantee::regrole::text as grantee
         from pg_class, aclexplode(relacl)
        where relnamespace = 'public'::regnamespace and grantee <> relowner and grantee::regrole::text <> 'pantheon_app'`,
    );
    expect(others).toEqual([]);
  });
});

async function rightsOf(table: string): Promise<string> {
  const { rows } = await owner.query<{ rights: string | null }>(
    `select string_agg(privilege, ' ' order by privilege) as rights
       from (select privilege_type as privilege
               from pg_class, aclexplode(relacl)
              where oid = $1::regclass and grantee = 'pantheon_app'::regrole
              union all
             select privilege_type || '(' || string_agg(attname, ' ' order by attname) || ')'
               from pg_attribute, aclexplode(attacl)
              where attrelid = $1::regclass and grantee = 'pantheon_app'::regrole
              group by privilege_type) as held`,
    [`public.${table}`],
  );
  return rows[0]?.rights ?? "";
}

/** The rights as the document says them; `UPDATE(not a b)` is of all columns but these. */
async function documentedRights(): Promise<Record<string, string>> {
  const { rows: columns } = await owner.query<{ name: string; column: string }>(
    `select relname as name, attname as column
       from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      order by attname`,
  );
  const spelled = (table: string, right: string) => {
    const [, but] = /^UPDATE\(not(.*)\)$/.exec(right) ?? [];
    if (but === undefined) return right;
    const changed = columns.filter(({ name, column }) => name === table && !but.split(" ").includes(column));
    return `UPDATE(${changed.map(({ column }) => column).join(" ")})`;
  };
  const text = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
  const section = text.split("### Rights of the application's role")[1]?.split("\n## ")[0] ?? "";
  const rows = [...section.matchAll(/^\| (`[^|]+) \| ([^|]+) \|/gm)];
  return Object.fromEntries(
    rows.flatMap(([, names = "", rights = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => {
        const each = rights === "nothing" ? [] : rights.split(", ").map((right) => spelled(name, right));
        return [name, each.toSorted().join(" ")];
      }),
    ),
  );
}

const make = () => ({ user: `login_${crypto.randomUUID().slice(0, 8)}`, password: 'it\'s a "password" with \\ and %41' });

describe("the login", () => {
  test("is made once by many at once, with limits that it has from its first statement", async () => {
    const login = make();
    const address = addressOf(database.url, login);
    expect(await isLoginReady(address)).toBe(false);
    await Promise.all(Array.from({ length: 6 }, () => giveLogin(database.url, login)));
    expect(await isLoginReady(address)).toBe(true);
    expect(await seenAs(address)).toEqual([`role = ${login.user}`, ...LIMITS, "append-only guards = 6 of 6 on"].map((row) => `✓ ${row}`));
    await owner.query(`drop role ${login.user}`);
  });

  test("gets a new password, and its membership and limits back, when it is made again", async () => {
    const login = make();
    await giveLogin(database.url, login);
    await owner.query(`revoke pantheon_app from ${login.user}; alter role ${login.user} reset all`);
    const renewed = { ...login, password: "another" };
    await giveLogin(database.url, renewed);
    expect([await isLoginReady(addressOf(database.url, login)), await isLoginReady(addressOf(database.url, renewed))]).toEqual([
      false,
      true,
    ]);
    await owner.query(`drop role ${login.user}`);
  });

  test("is never the owner's own", async () => {
    await expect(giveLogin(database.url, { user: "postgres", password: "x" })).rejects.toThrow("must not be the owner's");
  });

  test("of an owner is seen through, and so is a guard that is off", async () => {
    await owner.query("alter table llm_call_events disable trigger llm_call_events_no_truncate");
    const rows = await seenAs(database.url);
    await owner.query("alter table llm_call_events enable trigger llm_call_events_no_truncate");
    expect(rows[0]).toMatch(
      /^✗ role = postgres, which is a superuser, .*owns tables, may change what is only added to, may change whole rows, may make tables/,
    );
    expect(rows.slice(1, 4).map((row) => row[0])).toEqual(["✗", "✗", "✗"]); // no limits
    expect(rows[4]).toBe("✗ append-only guards = 5 of 6 on");
  });

  test.each([
    ["a right to change the past", "grant update (amount) on credit_transactions to", "may change what is only added to"],
    ["a right to put triggers there", "grant trigger on admin_actions to", "may change what is only added to"],
    ["a right to change whole rows", "grant update on users to", "may change whole rows"],
    ["the owner's membership, unused", "grant postgres to", "owns tables"],
    ["a right to make tables", "grant create on schema public to", "may make tables and functions"],
    ["a right to make roles", "alter role %s createrole", "may make roles"],
  ])("with %s is seen through", async (_what, more, seen) => {
    const login = make();
    await giveLogin(database.url, login);
    await owner.query(more.includes("%s") ? more.replace("%s", login.user) : `${more} ${login.user}`);
    const [role] = await seenAs(addressOf(database.url, login));
    await owner.query(`drop owned by ${login.user}; drop role ${login.user}`);
    expect(role).toContain(`✗ role = ${login.user}, which `);
    expect(role).toContain(seen);
  });
});

const LIMITS = ["idle_in_transaction_session_timeout = 10s", "lock_timeout = 4s", "statement_timeout = 10min"];

async function seenAs(url: string): Promise<string[]> {
  const db = createDatabase({ url, log: quietLog(), clock: Date.now, maxConnections: 1 });
  try {
    return (await readConnectedRole(db)).map(({ name, value, ok }) => `${ok ? "✓" : "✗"} ${name} = ${value}`);
  } finally {
    await db.close();
  }
}
