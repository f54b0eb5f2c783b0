// A PostgreSQL of the run's own, in a temporary folder: it is restarted without warning, so nobody else may use it.

import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Pool } from "pg";
import { migrateToHead } from "@pantheon/core/db/migrate.ts";
import type { Log } from "@pantheon/core/log.ts";
import { applicationUrl } from "@pantheon/local/application-url.ts";
import { placeFor } from "@pantheon/stand-ins/postgres/place.ts";
import { answers, isAlive, launch, processOf, type Server } from "@pantheon/stand-ins/postgres/server.ts";
import { startPostgres } from "@pantheon/stand-ins/postgres/postgres.ts";

export type ChaosServer = {
  readonly home: string;
  /** Directly, past every proxy, as the application connects. */
  readonly url: string;
  /** For the harness's own questions; a connection that a restart broke is replaced. */
  readonly direct: Pool;
  /** Ends one backend; false when it was gone already. */
  killBackend(pid: number): Promise<boolean>;
  /** `pg_ctl -m immediate` and a start: no goodbye, recovery from the log. Answers how long the server was away, in milliseconds. */
  restart(): Promise<number>;
  end(): Promise<void>;
};

const MIGRATIONS = fileURLToPath(new URL("../../../migrations", import.meta.url));

/** Over the local world's settings. `fsync` stays on, and so does `synchronous_commit`. */
const SETTINGS = { max_wal_size: "4GB", work_mem: "64MB", jit: "off", deadlock_timeout: "200ms", log_min_messages: "panic" };

const QUESTION_TIMEOUT_MS = 180_000;

export const quiet: Log = { info() {}, warn() {}, error() {}, count() {} };

export async function startChaosServer(): Promise<ChaosServer> {
  const home = await mkdtemp(join(tmpdir(), "pantheon-chaos-"));
  await chmod(home, 0o755); // under root the server runs as another user, who must be able to enter
  const postgres = await startPostgres({ home, settings: SETTINGS, log: quiet });
  const ownerUrl = postgres.url("pantheon");
  await migrateToHead({ url: ownerUrl, folder: MIGRATIONS, log: quiet });
  const url = await applicationUrl(ownerUrl, { log: quiet });
  const direct = new Pool({
    connectionString: ownerUrl,
    max: 4,
    connectionTimeoutMillis: 5_000,
    statement_timeout: QUESTION_TIMEOUT_MS, // a question of the harness that takes longer is a fault of the harness, and ends the run
    allowExitOnIdle: true,
  });
  direct.on("error", () => {}); // a restart breaks idle connections too; the next question takes a new one
  direct.on("connect", (client) => client.on("error", () => {}));
  const place = placeFor(home, quiet);
  const server: Server = { ...place, data: join(place.folder, "data"), password: new URL(ownerUrl).password };
  return {
    home,
    url,
    direct,
    killBackend: (pid) => killBackend(direct, pid),
    restart: () => restart(server, postgres.port),
    end: async () => {
      await direct.end();
      await postgres.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function killBackend(direct: Pool, pid: number): Promise<boolean> {
  if (pid === 0) return false;
  try {
    const { rows } = await direct.query<{ killed: boolean }>("select pg_terminate_backend($1) as killed", [pid]);
    return rows[0]?.killed ?? false;
  } catch {
    return false; // the server itself is away
  }
}

async function restart(server: Server, port: number): Promise<number> {
  const running = processOf(server);
  if (!running) throw new Error("there is no server to restart");
  const began = performance.now();
  process.kill(running.pid, "SIGQUIT"); // PostgreSQL's "immediate" shutdown
  while (isAlive(running.pid)) await sleep(5);
  const failure = await launch(server, port, SETTINGS);
  if (failure !== null) throw new Error(`PostgreSQL did not come back: ${failure}`);
  while (!(await answers(server, port))) await sleep(5);
  return performance.now() - began;
}
