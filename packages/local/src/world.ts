// The local world: PostgreSQL, migrations, model provider, token issuer and every function behind one port. Owns the order in which
// they start and stop, and `local.json`, by which other commands find them.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { readConfig, type Config } from "@pantheon/core/config/config.ts";
import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import { migrateToHead } from "@pantheon/core/db/migrate.ts";
import type { Gateway } from "@pantheon/core/llm/gateway.ts";
import type { ModelEntry } from "@pantheon/core/llm/models.ts";
import type { Log } from "@pantheon/core/log.ts";
import { LOCAL_STRIPE_KEY } from "@pantheon/ops/place.ts";
import { createIssuer, type Issuer } from "@pantheon/stand-ins/issuer.ts";
import { docsPage } from "./docs/page.ts";
import { payPage } from "./pay/page.ts";
import { cardRoutes } from "./site/card.ts";
import { peopleOf } from "./site/people.ts";
import { site } from "./site/site.ts";
import { signIn } from "@pantheon/stand-ins/sign-in/sign-in.ts";
import { startPostgres } from "@pantheon/stand-ins/postgres/postgres.ts";
import { startProvider, type Provider } from "@pantheon/stand-ins/provider/provider.ts";
import { startSchedule } from "./schedule.ts";
import { ISSUER_PATH, startServer } from "./server.ts";
import { startStripe, type StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";

export type WorldOptions = {
  readonly home: string;
  readonly port: number;
  /** A database of one's own, migrated here; null starts the local world's. */
  readonly databaseUrl: string | null;
  /** The product's variables; what the world itself provides (database, issuer, provider) is filled in. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the functions say and take their stage to be; it is read as `local`, whose rules this world needs. A test of another stage's conduct says so. */
  readonly stage?: string;
  readonly log: Log;
  readonly models?: Readonly<Record<string, ModelEntry>>;
  readonly driver?: "pg" | "neon";
  readonly maxConnections?: number;
  /** The folder of the built web app, to be served at `/`; without it there is the API alone. */
  readonly site?: string | null;
  /** Told what a person should know, as a line: that the database's files stand elsewhere, for one. */
  readonly notice?: (line: string) => void;
};

export type World = {
  readonly apiUrl: string;
  readonly databaseUrl: string;
  readonly config: Config;
  readonly deps: Deps;
  readonly provider: Provider;
  readonly stripe: StandInStripe;
  readonly issuer: Issuer;
  /** From now on events are taken without a signature, as on a local stage without a secret: so that a person can post one by hand. */
  takeUnsignedEvents(): void;
  /** From now on the scheduled jobs run as often as on a stage, until the world stops. */
  startSchedule(): void;
  /** What passed so far: statements sent to the database, and milliseconds spent in model calls. */
  readonly passed: { statements: number; modelMs: number };
  stop(): Promise<void>;
};

const MIGRATIONS = fileURLToPath(new URL("../../../migrations", import.meta.url));
const MAX_CONNECTIONS = 16;

/** Starts everything, or nothing: what had started is stopped again when a later step fails. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    return { ...(await startParts(options, (end) => stops.push(end))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: WorldOptions, onStop: (end: () => unknown) => void): Promise<Omit<World, "stop">> {
  const { home, log, environment } = options;
  const server = await startServer(options.port);
  onStop(() => server.close());
  const databaseUrl = options.databaseUrl ?? (await startDatabase(options, onStop));
  await migrateToHead({ url: databaseUrl, folder: MIGRATIONS, log });
  const provider = await startProvider();
  onStop(() => provider.close());

  const stripe = await startStripe();
  onStop(() => stripe.close());

  const issuerUrl = `${server.url}${ISSUER_PATH}`;
  const read = readConfig({
    OPENROUTER_BASE_URL: provider.url,
    OPENROUTER_API_KEY: "stand-in",
    STRIPE_API_URL: stripe.url,
    STRIPE_SECRET_KEY: LOCAL_STRIPE_KEY,
    STRIPE_WEBHOOK_SECRET: "whsec_local",
    ...given(environment),
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_URL: undefined,
    AUTH_ISSUER: issuerUrl,
    AUTH_JWKS_URL: undefined,
  });
  const config = { ...read, stage: options.stage ?? read.stage };
  const webhookSecrets = [...config.stripe.webhookSecrets];
  stripe.setWebhook({ url: `${server.url}/webhooks/stripe`, secret: webhookSecrets[0] ?? "whsec_local" });
  const issuer = createIssuer({ home, issuerUrl, audience: config.auth.audience, clock: Date.now });
  const passed = { statements: 0, modelMs: 0 };
  const admins = { has: (id: string) => config.adminUserIds.has(id) || issuer.adminUserIds.has(id) };
  const deps = createDeps({
    config: { ...config, adminUserIds: admins, stripe: { ...config.stripe, webhookSecrets } },
    log,
    clock: Date.now,
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    ...(options.models && { models: options.models }),
    ...(options.driver && { driver: options.driver }),
    onStatement: () => (passed.statements += 1),
  });
  onStop(() => deps.db.close());
  const timed = { ...deps, gateway: timedGateway(deps.gateway, passed) };
  server.mount(timed, beside({ ...options, url: server.url, issuerUrl, stripe, issuer, deps: timed, config }));
  announce(
    home,
    { apiUrl: server.url, databaseUrl, stripeUrl: stripe.url, llmUrl: provider.url, issuer: issuerUrl, pid: process.pid },
    onStop,
  );
  return {
    apiUrl: server.url,
    databaseUrl,
    config,
    deps: timed,
    provider,
    stripe,
    issuer,
    passed,
    takeUnsignedEvents: () => webhookSecrets.splice(0),
    startSchedule: () => onStop(startSchedule(timed)),
  };
}

type BesideParts = Pick<WorldOptions, "site"> &
  Pick<World, "stripe" | "issuer" | "deps" | "config"> & { readonly url: string; readonly issuerUrl: string };

/** What stands on the same port as the functions, and is no part of the product's API. */
function beside({ site: folder, url, issuerUrl, stripe, issuer, deps, config }: BesideParts) {
  const people = peopleOf(deps.db, issuer);
  const pages = folder === undefined || folder === null ? null : site({ folder, url, config });
  return {
    issuer: signIn({ issuer, issuerUrl, clock: Date.now, people }).fetch,
    pay: payPage({ apiUrl: url, stripe, issuer }).fetch,
    card: cardRoutes({ stripe, url }).fetch,
    docs: docsPage(url).fetch,
    site: pages?.fetch ?? null,
  };
}

/** A key of one's own means the real provider, at its real address unless another is given. */
function given(environment: WorldOptions["environment"]): Record<string, string | undefined> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""));
  return {
    ...(set["OPENROUTER_API_KEY"] !== undefined && { OPENROUTER_BASE_URL: undefined }),
    ...(set["STRIPE_SECRET_KEY"] !== undefined && { STRIPE_API_URL: undefined }),
    ...set,
  };
}

async function startDatabase({ home, log, notice }: WorldOptions, onStop: (end: () => unknown) => void): Promise<string> {
  const info: Log["info"] = (message, fields = {}) => {
    log.info(message, fields);
    notice?.([message, ...Object.values(fields)].join(" "));
  };
  const postgres = await startPostgres({ home, log: { ...log, info } });
  onStop(() => postgres.stop());
  return postgres.url("pantheon");
}

/** Measures what a model call takes, so that what remains of a turn is ours. */
function timedGateway(gateway: Gateway, passed: World["passed"]): Gateway {
  return {
    answer: async (call) => {
      const began = performance.now();
      try {
        return await gateway.answer(call);
      } finally {
        passed.modelMs += performance.now() - began;
      }
    },
  };
}

/** The file carries the database's password, so only its owner may read it; it is gone when the world is. */
function announce(home: string, place: Readonly<Record<string, string | number | null>>, onStop: (end: () => unknown) => void): void {
  const file = join(home, "local.json");
  writeFileSync(file, `${JSON.stringify(place, null, 2)}\n`, { mode: 0o600 });
  onStop(() => rmSync(file, { force: true }));
}
