// The stage's database as Neon's driver reaches it: a pooled address on a Neon host, a bridge in Neon's place, and a role that takes its
// password the way Neon's proxy does. Driver and bundle are as they are deployed.

import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { inject } from "vitest";
import { wsBridge, type WsBridge } from "./ws-bridge.ts";

export type Neon = {
  /** What a stage on Neon is given. */
  readonly environment: { readonly DATABASE_POOL_URL: string; readonly TEST_WS_BRIDGE: string };
  /** To be loaded before the runtime client: it leads every WebSocket to the bridge. */
  readonly preload: string;
  /** Connections that came through the bridge. */
  opened(): number;
  end(): Promise<void>;
};

/**
 * The driver sends its password right behind its first message, as Neon's proxy wants it, where the local server asks for SCRAM. So the
 * server gets one line for one role that is asked for the password itself; only this role's connections are met that way.
 */
export async function neonInFrontOf(databaseUrl: string): Promise<Neon> {
  const [role, password] = [`neon_${randomBytes(6).toString("hex")}`, randomBytes(12).toString("hex")];
  await onServer(
    `create role ${role} login in role pantheon_app password '${password}'`,
    `create temp table hba (n serial, line text)`,
    `insert into hba (line) values ('host all ${role} 127.0.0.1/32 password')`,
    `insert into hba (line) select line from regexp_split_to_table(pg_read_file(current_setting('hba_file')), E'\\n') line`,
    `do $$ begin execute format('copy (select line from hba order by n) to %L', current_setting('hba_file')); end $$`,
    `select pg_reload_conf()`,
  );
  const bridge: WsBridge = await wsBridge(databaseUrl);
  const url = new URL(databaseUrl);
  const pooled = `postgresql://${role}:${password}@ep-local-pooler.eu-central-1.aws.neon.tech${url.pathname}?sslmode=require`;
  return {
    environment: { DATABASE_POOL_URL: pooled, TEST_WS_BRIDGE: bridge.url },
    preload: "lambda-websocket",
    opened: () => bridge.opened(),
    end: async () => {
      await bridge.close();
      await onServer(`drop role ${role}`);
    },
  };
}

async function onServer(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: inject("postgres").adminUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
