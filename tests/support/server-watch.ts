// What the database server itself counted, asked from outside the watched database, so that the question is not in the answer.

import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { inject } from "vitest";

export type ServerFigures = { commits: number; rollbacks: number; deadlocks: number; sessions: number };
export type Lookout = {
  /** Most connections seen at once, and how many different ones were seen waiting on a lock. */
  readonly seen: { connections: number; waiting: number };
  stop(): Promise<void>;
};

export type ServerWatch = {
  /** Ends every connection of the database, which makes it hand in its figures, and reads them. */
  figures(): Promise<ServerFigures>;
  /** Kills every connection of the database; answers how many. */
  killBackends(): Promise<number>;
  /** Looks at all connections over and over until stopped. */
  lookout(): Lookout;
  end(): Promise<void>;
};

/** Watches the database at this address, on a connection to another one. */
export async function watchServer(databaseUrl: string): Promise<ServerWatch> {
  const database = new URL(databaseUrl).pathname.slice(1);
  const client = new Client({ connectionString: inject("postgres").adminUrl });
  await client.connect();
  const killBackends = async () =>
    (await client.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [database])).rows.length;
  return {
    figures: async () => {
      do await sleep(20);
      while ((await killBackends()) > 0);
      const { rows } = await client.query<Record<keyof ServerFigures, string>>(
        "select xact_commit as commits, xact_rollback as rollbacks, deadlocks, sessions from pg_stat_database where datname = $1",
        [database],
      );
      const read = (name: keyof ServerFigures): number => Number(rows[0]?.[name]);
      return { commits: read("commits"), rollbacks: read("rollbacks"), deadlocks: read("deadlocks"), sessions: read("sessions") };
    },
    killBackends,
    lookout: () => lookOut(client, database),
    end: () => client.end(),
  };
}

function lookOut(client: Client, database: string): Lookout {
  const seen = { connections: 0, waiting: 0 };
  const waiters = new Set<number>();
  const stopping = new AbortController();
  const look = async () => {
    while (!stopping.signal.aborted) {
      const { rows } = await client.query<{ pid: number; waits: boolean }>(
        "select pid, wait_event_type is not distinct from 'Lock' as waits from pg_stat_activity where datname = $1",
        [database],
      );
      seen.connections = Math.max(seen.connections, rows.length);
      for (const row of rows) if (row.waits) waiters.add(row.pid);
      seen.waiting = waiters.size;
      await sleep(5);
    }
  };
  const looking = look();
  return {
    seen,
    stop: () => {
      stopping.abort();
      return looking;
    },
  };
}
