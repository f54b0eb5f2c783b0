// What one container keeps between requests: the pool, the catalogue, the keys of the issuer, the gateway. Built once from the
// configuration; the only place that knows all rooms.

import type { Config } from "@pantheon/core/config/config.ts";
import { createDatabase, type Database } from "@pantheon/core/db/database.ts";
import { createVerifier, type Verifier } from "@pantheon/edge/auth/verifier.ts";
import { createGateway } from "@pantheon/core/llm/gateway.ts";
import { MODELS, type ModelEntry } from "@pantheon/core/llm/models.ts";
import type { Log } from "@pantheon/core/log.ts";
import { createCatalogCache } from "@pantheon/core/pricing/catalog.ts";
import type { Clock, Ticks } from "@pantheon/contract/time.ts";
import { createStripe, type Stripe } from "@pantheon/core/payments/stripe.ts";
import type { TurnDeps } from "@pantheon/core/turns/request.ts";

export type Deps = TurnDeps & { readonly verify: Verifier; readonly stripe: Stripe | null };

type Surroundings = {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** This process's own unless given. */
  readonly ticks?: Ticks;
  /** A Lambda serves one request at a time and needs two connections at most; a server needs more. */
  readonly maxConnections: number;
  /** The models that can be run; a test brings its own. */
  readonly models?: Readonly<Record<string, ModelEntry>>;
  readonly driver?: "pg" | "neon";
  readonly onStatement?: () => void;
  /** For who is no request: see db/database.ts. */
  readonly reportTimeoutMs?: number;
};

/** Connects nothing and loads nothing yet: the first request that needs a thing pays for it. */
export function createDeps({
  config,
  log,
  clock,
  ticks = () => performance.now(),
  maxConnections,
  models = MODELS,
  driver,
  onStatement,
  reportTimeoutMs,
}: Surroundings): Deps {
  const db: Database = createDatabase({
    url: config.databaseUrl,
    log,
    clock,
    maxConnections,
    ...(driver && { driver }),
    ...(onStatement && { onStatement }),
    ...(reportTimeoutMs !== undefined && { reportTimeoutMs }),
  });
  const windows = new Map(Object.entries(models).map(([alias, model]) => [alias, model.contextWindow]));
  return {
    config,
    log,
    clock,
    ticks,
    db,
    models,
    catalog: createCatalogCache(db, windows, log),
    gateway: createGateway({ apiKey: config.openRouter.apiKey, baseUrl: config.openRouter.baseUrl, log, clock, ticks }),
    verify: createVerifier(config.auth, { clock, log }),
    stripe: createStripe(config.stripe, log),
  };
}
