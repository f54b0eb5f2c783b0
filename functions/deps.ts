// The composition root: what a container keeps between requests. This is the part that every function has; each function's own
// deps.ts adds what it needs, so that a function loads no room that it does not use.

import type { Config } from "@pantheon/core/config/config.ts";
import { createDatabase, type Database } from "@pantheon/core/db/database.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Clock, Ticks } from "@pantheon/contract/time.ts";
import type { Model } from "@pantheon/core/models/model.ts";

export type BaseDeps = { readonly config: Config; readonly log: Log; readonly clock: Clock; readonly ticks: Ticks; readonly db: Database };

export type Surroundings = {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** This process's own unless given. */
  readonly ticks?: Ticks;
  /** A Lambda serves one request at a time and needs two connections at most; a server needs more. */
  readonly maxConnections: number;
  /** The models that can be run; a test brings its own. */
  readonly models?: Readonly<Record<string, Model>>;
  readonly driver?: "pg" | "neon";
  readonly onStatement?: () => void;
  /** How long a question that looks at everything may take: see db/database.ts. */
  readonly reportTimeoutMs?: number;
};

/** Connects nothing yet: the first statement does. */
export function baseDeps(surroundings: Surroundings): BaseDeps {
  const { config, log, clock, ticks = () => performance.now(), maxConnections, driver, onStatement, reportTimeoutMs } = surroundings;
  const db = createDatabase({
    url: config.databaseUrl,
    log,
    clock,
    maxConnections,
    ...(driver && { driver }),
    ...(onStatement && { onStatement }),
    ...(reportTimeoutMs !== undefined && { reportTimeoutMs }),
  });
  return { config, log, clock, ticks, db };
}
