// The composition root: what a container keeps between requests. This is the part that every function has; each function's own
// deps.ts adds what it needs, so that a function loads no room that it does not use.

import type { Config } from "@pantheon/core/config/config.ts";
import { createDatabase, type Database } from "@pantheon/core/db/database.ts";
import type { Log } from "@pantheon/core/log.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import type { ModelEntry } from "@pantheon/core/llm/models.ts";

export type BaseDeps = { readonly config: Config; readonly log: Log; readonly clock: Clock; readonly db: Database };

export type Surroundings = {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** A Lambda serves one request at a time and needs two connections at most; a server needs more. */
  readonly maxConnections: number;
  /** The models that can be run; a test brings its own. */
  readonly models?: Readonly<Record<string, ModelEntry>>;
  readonly driver?: "pg" | "neon";
  readonly onStatement?: () => void;
  /** How long a question that looks at everything may take: see db/database.ts. */
  readonly reportTimeoutMs?: number;
};

/** Connects nothing yet: the first statement does. */
export function baseDeps({ config, log, clock, maxConnections, driver, onStatement, reportTimeoutMs }: Surroundings): BaseDeps {
  const db = createDatabase({
    url: config.databaseUrl,
    log,
    clock,
    maxConnections,
    ...(driver && { driver }),
    ...(onStatement && { onStatement }),
    ...(reportTimeoutMs !== undefined && { reportTimeoutMs }),
  });
  return { config, log, clock, db };
}
