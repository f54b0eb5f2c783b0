// The local world: PostgreSQL, migrations, model provider, token issuer and every function behind one port. Owns the order in which
// they start and stop, and `local.json`, by which other commands find them.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "@pantheon/core/config/config.ts";
import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import { applicationUrl } from "./application-url.ts";
import { migrateToHead } from "@pantheon/core/db/migrate.ts";
import type { Model } from "@pantheon/core/models/model.ts";
import type { Log } from "@pantheon/core/log.ts";
import { isLoopback } from "@pantheon/ops/place.ts";
import { createIssuer, type Issuer } from "@pantheon/stand-ins/issuer.ts";
import { docsPage } from "./docs/page.ts";
import { payPage } from "./pay/page.ts";
import { cardRoutes } from "./site/card.ts";
import { peopleOf } from "./site/people.ts";
import { site } from "./site/site.ts";
import { signIn } from "@pantheon/stand-ins/sign-in/sign-in.ts";
import { startPostgres } from "@pantheon/stand-ins/postgres/postgres.ts";
import { startProvider, type Provider } from "@pantheon/stand-ins/provider/provider.ts";
import { startSearch, type StandInSearch } from "@pantheon/stand-ins/search.ts";
import { worldConfig } from "./environment.ts";
import { watchModels, type ModelFailure, type Models } from "./models.ts";
import { startSchedule } from "./schedule.ts";
import { ISSUER_PATH, PAY_PATH, startServer, type LocalServer } from "./server.ts";
import { parseEvent } from "@pantheon/functions/file-parse/parse-event.ts";
import { startStorage, type StandInStorage } from "@pantheon/stand-ins/storage/storage.ts";
import { startStripe, type StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";
import { localWebhook, WEBHOOK_PATH } from "./webhook.ts";

export type WorldOptions = {
  readonly home: string;
  readonly port: number;
  /** The address to listen on; this machine alone unless another is given, and then no event is taken by hand. */
  readonly host?: string;
  /** A database of one's own, as its owner: it is migrated here. Null starts the local world's. */
  readonly databaseUrl: string | null;
  /** The product's variables; what the world itself provides (database, issuer, provider) is filled in. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the functions say and take their stage to be; it is read as `local`, whose rules this world needs. A test of another stage's conduct says so. */
  readonly stage?: string;
  readonly log: Log;
  readonly models?: Readonly<Record<string, Model>>;
  readonly driver?: "pg" | "neon";
  readonly maxConnections?: number;
  /** The folder of the built web app, to be served at `/`; without it there is the API alone. */
  readonly site?: string | null;
  /** Told what a person should know, as a line: that the database's files stand elsewhere, for one. */
  readonly notice?: (line: string) => void;
};

export type World = {
  readonly apiUrl: string;
  /** As the product connects: with the application's role. */
  readonly databaseUrl: string;
  /** As its owner, who migrates. */
  readonly ownerUrl: string;
  /** The folder of the world's own database; null with a database of one's own. */
  readonly dataFolder: string | null;
  readonly config: Config;
  readonly deps: Deps;
  readonly provider: Provider;
  readonly search: StandInSearch;
  readonly stripe: StandInStripe;
  /** Where files lie until they are read: a folder of the world's home. */
  readonly storage: StandInStorage;
  readonly issuer: Issuer;
  /**
   * From now on an event without a signature header is taken, so that a person can post one by hand: on the stage `local`, where no
   * webhook secret was given, and on this machine alone. Elsewhere it changes nothing. Answers whether they are taken.
   */
  takeUnsignedEvents(): boolean;
  /** From now on the scheduled jobs run as often as on a stage, until the world stops. */
  startSchedule(): void;
  /** Why the newest model call failed; null when none did since the last answer. */
  modelFailure(): ModelFailure | null;
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
  const server = await startServer(options.port, options.host);
  onStop(() => server.close());
  const provider = await startProvider();
  onStop(() => provider.close());
  const search = await startSearch();
  onStop(() => search.close());
  const stripe = await startStripe();
  onStop(() => stripe.close());
  const storage = await startStorage({ folder: join(home, "files") });
  onStop(() => storage.close());
  const issuerUrl = `${server.url}${ISSUER_PATH}`;
  const pay = `${server.url}${PAY_PATH}`;
  const at = { provider: provider.url, search: search.url, stripe: stripe.url, storage: storage.url, issuer: issuerUrl, pay };
  const read = worldConfig(environment, at, options.databaseUrl);
  const issuer = createIssuer({ home, issuerUrl, audience: read.config.auth.audience, clock: Date.now });

  const { url: ownerUrl, folder: dataFolder } = await database(options, onStop);
  await migrateToHead({ url: ownerUrl, folder: MIGRATIONS, log });
  const databaseUrl = await applicationUrl(ownerUrl, options);
  const config: Config = { ...read.config, stage: options.stage ?? read.config.stage, databaseUrl };
  stripe.setWebhook({ url: `${server.url}${WEBHOOK_PATH}`, secret: config.stripe.webhookSecrets[0] ?? "" });
  const passed = { statements: 0, modelMs: 0 };
  const models = watchModels(log, (ms) => (passed.modelMs += ms));
  const deps = productDeps(options, { config, issuer, log: models.log, onStatement: () => (passed.statements += 1) });
  onStop(() => deps.db.close());
  storage.onObject((event) => parseEvent(deps, event));
  onStop(() => storage.settled());
  const timed = { ...deps, gateway: models.wrap(deps.gateway) };
  let takesUnsigned = false;
  const webhook = localWebhook(timed, () => takesUnsigned);
  const around = beside({ ...options, url: server.url, issuerUrl, stripe, issuer, deps: timed, config, stripeKey: read.stripeKey });
  server.mount(timed, { ...around, webhook });
  const place = { apiUrl: server.url, databaseUrl, ownerUrl, stripeUrl: stripe.url, llmUrl: provider.url, issuer: issuerUrl };
  announce(home, { ...place, pid: process.pid }, onStop);
  onStop(() => finish(server, models));
  return {
    apiUrl: server.url,
    databaseUrl,
    ownerUrl,
    dataFolder,
    config,
    deps: timed,
    provider,
    search,
    stripe,
    storage,
    issuer,
    passed,
    modelFailure: () => models.failure(),
    takeUnsignedEvents: () => (takesUnsigned = read.byHand && config.stage === "local" && isLoopback(options.host ?? "127.0.0.1")),
    startSchedule: () => onStop(startSchedule(timed)),
  };
}

type BesideParts = Pick<WorldOptions, "site"> &
  Pick<World, "stripe" | "issuer" | "deps" | "config"> & {
    readonly url: string;
    readonly issuerUrl: string;
    readonly stripeKey: string | null;
  };

/** What stands on the same port as the functions, and is no part of the product's API. */
function beside({ site: folder, url, issuerUrl, stripe, issuer, deps, config, stripeKey }: BesideParts) {
  const people = peopleOf(deps.db, issuer);
  const pages = folder === undefined || folder === null ? null : site({ folder, url, config, stripeKey });
  return {
    issuer: signIn({ issuer, issuerUrl, clock: Date.now, people }).fetch,
    pay: payPage({ apiUrl: url, stripe, issuer, config }).fetch,
    card: cardRoutes({ stripe, url }).fetch,
    docs: docsPage(url).fetch,
    site: pages?.fetch ?? null,
  };
}

/** What a model says within this time after a stop began is settled; then its turn is voided. */
const MODELS_PATIENCE_MS = 2_000;
const REQUESTS_PATIENCE_MS = 6_000;

/** Takes no new request and ends those under way, so that no turn is left running. */
async function finish(server: LocalServer, models: Models): Promise<void> {
  const timer = setTimeout(() => models.end(), MODELS_PATIENCE_MS);
  await server.finish(REQUESTS_PATIENCE_MS);
  clearTimeout(timer);
}

type Made = { readonly config: Config; readonly issuer: Issuer; readonly log: Log; readonly onStatement: () => void };

function productDeps(options: WorldOptions, { config, issuer, log, onStatement }: Made): Deps {
  const adminUserIds = { has: (id: string) => config.adminUserIds.has(id) || issuer.adminUserIds.has(id) };
  return createDeps({
    config: { ...config, adminUserIds },
    log,
    clock: Date.now,
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    ...(options.models && { models: options.models }),
    ...(options.driver && { driver: options.driver }),
    onStatement,
  });
}

type Db = { readonly url: string; readonly folder: string | null };

async function database({ databaseUrl, home, log, notice }: WorldOptions, onStop: (end: () => unknown) => void): Promise<Db> {
  if (databaseUrl !== null) return { url: databaseUrl, folder: null };
  const info: Log["info"] = (message, fields = {}) => {
    log.info(message, fields);
    notice?.([message, ...Object.values(fields)].join(" "));
  };
  const postgres = await startPostgres({ home, log: { ...log, info } });
  onStop(() => postgres.stop());
  return { url: postgres.url("pantheon"), folder: postgres.folder };
}

/** The file carries the database's password, so only its owner may read it; it is gone when the world is. */
function announce(home: string, place: Readonly<Record<string, string | number | null>>, onStop: (end: () => unknown) => void): void {
  const file = join(home, "local.json");
  writeFileSync(file, `${JSON.stringify(place, null, 2)}\n`, { mode: 0o600 });
  onStop(() => rmSync(file, { force: true }));
}
