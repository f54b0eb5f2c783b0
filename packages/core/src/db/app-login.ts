// The login that the application connects with: made by whoever owns the tables, a member of the role that owns nothing, with its limits
// of time. They are the role's own, since a pooler in transaction mode forgets what a session sets and refuses what a connection asks for.

import { setTimeout as wait } from "node:timers/promises";
import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { securedDatabaseUrl } from "../config/database-url.ts";

/** Who may do what the application does; made and given its rights by migrations. */
export const APP_ROLE = "pantheon_app";

export type Login = { readonly user: string; readonly password: string };

/** A money statement waits for a lock, and a container gives it 5 s: so the server gives up first, and says so. */
const LIMITS = { lock_timeout: "4s", statement_timeout: "10min", idle_in_transaction_session_timeout: "10s" } as const;

/** What a maker from another database of the server meets at the same moment; it looks again, and finds the first one's work. */
const MET_ANOTHER = new Set(["42710", "23505", "XX000"]);
const TRIES = 5;

/**
 * Makes the login on the server of `url`, the owner's direct address, or sets it right: its password, its membership, its limits. May be
 * called again, and by many at once. Throws LoginRefused for a login that is the owner's own, and PostgreSQL's 42501 where the owner may
 * make no roles.
 */
export async function giveLogin(url: string, login: Login): Promise<void> {
  if (decodeURIComponent(new URL(url).username) === login.user) throw new LoginRefused("the application's login must not be the owner's");
  const owner = await connected(url);
  try {
    for (let tries = 1; !(await madeRight(owner, login, tries)); tries += 1) await wait(100 * tries * Math.random());
  } finally {
    await owner.end();
  }
}

/** The address with this login instead of its own. */
export function addressOf(url: string, { user, password }: Login): string {
  const address = new URL(url);
  address.username = encodeURIComponent(user);
  address.password = encodeURIComponent(password);
  return address.href;
}

/** Whether this address gets in, as a member of the role, with the limits: then nothing is to be made. */
export async function isLoginReady(url: string): Promise<boolean> {
  const client = await connected(url).catch(() => null);
  if (client === null) return false;
  try {
    const { rows } = await client.query<{ ready: boolean }>(
      `select coalesce((select pg_has_role(current_user, oid, 'MEMBER') from pg_roles where rolname = $1), false)
              and current_setting('lock_timeout') = $2 and current_setting('statement_timeout') = $3
              and current_setting('idle_in_transaction_session_timeout') = $4 as ready`,
      [APP_ROLE, ...Object.values(LIMITS)],
    );
    return rows[0]?.ready ?? false;
  } finally {
    await client.end();
  }
}

/** The login cannot be what the application connects with. The message is one line. */
export class LoginRefused extends Error {
  override readonly name = "LoginRefused";
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: securedDatabaseUrl(url), connectionTimeoutMillis: 10_000 });
  client.on("error", () => {}); // the next query fails and says so
  await client.connect();
  return client;
}

/** All of it or nothing; false when somebody else was at it. */
async function madeRight(owner: Client, login: Login, tries: number): Promise<boolean> {
  try {
    await owner.query("begin");
    await owner.query("select pg_advisory_xact_lock(hashtext('the login of the application'))"); // one maker at a time in this database
    for (const statement of await statementsFor(owner, login)) await owner.query(statement);
    await owner.query("commit");
    return true;
  } catch (error) {
    await owner.query("rollback");
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : null;
    if (tries < TRIES && typeof code === "string" && MET_ANOTHER.has(code)) return false;
    throw error;
  }
}

async function statementsFor(owner: Client, { user, password }: Login): Promise<string[]> {
  const name = escapeIdentifier(user);
  const { rowCount } = await owner.query("select from pg_roles where rolname = $1", [user]);
  const make = rowCount === 0 ? "create" : "alter";
  return [
    `${make} role ${name} login password ${escapeLiteral(password)}`,
    `grant ${APP_ROLE} to ${name}`,
    ...Object.entries(LIMITS).map(([limit, value]) => `alter role ${name} set ${limit} = '${value}'`),
  ];
}
