// Where a run happens: the server, the stand-in provider and Stripe, the issuer, and the environment that workers are told. One place a suite.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { readConfig, type Config } from "@pantheon/core/config/config.ts";
import { LOCAL_STRIPE_KEY } from "@pantheon/ops/place.ts";
import { createIssuer, type Issuer } from "@pantheon/stand-ins/issuer.ts";
import { startSearch } from "@pantheon/stand-ins/search.ts";
import { startProvider, type Provider } from "@pantheon/stand-ins/provider/provider.ts";
import { startStripe, type StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";
import { bundleWorker } from "./bundle.ts";
import type { Random } from "./choices.ts";
import { startChaosServer, type ChaosServer } from "./server.ts";

export type Place = {
  readonly server: ChaosServer;
  readonly provider: Provider;
  readonly stripe: StandInStripe;
  /** What a worker runs. */
  readonly workerScript: string;
  /** Told to every worker; the database's address comes with its proxy. */
  readonly environment: Readonly<Record<string, string>>;
  /** The configuration that this environment is, on the direct address: for the harness's own maintenance. */
  readonly config: Config;
  /** A token of this user; the same one each time. */
  token(user: string): Promise<string>;
  end(): Promise<void>;
};

export const ADMIN = "operator";
export const WEBHOOK_SECRET = "whsec_chaos";

/** Aliases whose model misbehaves, beside those of the product: the provider's name for each is one of its scripts. */
export const FAKE_ALIASES = [
  "fake-503",
  "fake-529",
  "fake-400",
  "fake-429-0",
  "fake-flaky-1",
  "fake-reset",
  "fake-silent",
  "fake-slow-1500",
  "fake-cut-2",
  "fake-end-1",
  "fake-error-chunk-1",
  "fake-no-usage",
  "fake-usage-zero",
  "fake-usage-negative",
  "fake-empty",
  "fake-garbage",
  "fake-nul",
  // One for each lane of the suite `killpoints`, so that its calls can be counted.
  "fake-drip-3",
  "fake-drip-4",
  "fake-drip-5",
] as const;

/** The alias of a lane: a model that answers slowly enough to be met in the middle. */
export function laneAlias(lane: number): string {
  return `fake-drip-${3 + lane}`;
}

/** Registers what has to be ended with the place; the last one registered ends first. */
export type AtEnd = (end: () => Promise<void>) => void;

/** A place for `act`, which ends with it in every case. `environment` goes over what the place itself provides. */
export async function inPlace<Result>(
  random: Random,
  environment: Readonly<Record<string, string>>,
  act: (place: Place, atEnd: AtEnd) => Promise<Result>,
): Promise<Result> {
  const place = await openPlace(random, environment);
  const ends = [() => place.end()];
  try {
    return await act(place, (end) => void ends.push(end));
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function openPlace(random: Random, environment: Readonly<Record<string, string>>): Promise<Place> {
  const server = await startChaosServer();
  const workerScript = await bundleWorker(join(server.home, "worker"));
  const provider = await startProvider();
  const search = await startSearch();
  const stripe = await startStripe({ random });
  const keys = await serveKeys(() => issuer);
  const issuer = createIssuer({ home: server.home, issuerUrl: keys.url, audience: "authenticated", clock: Date.now });
  await server.direct.query(
    `insert into model_pricing (pricing_version, model_alias, multiplier)
     select v.version, a.alias, 1 from pricing_versions v, unnest($1::text[]) as a (alias) where v.is_active`,
    [FAKE_ALIASES],
  );
  const told: Record<string, string> = {
    AUTH_ISSUER: keys.url,
    ADMIN_USER_IDS: ADMIN,
    OPENROUTER_BASE_URL: provider.url,
    OPENROUTER_API_KEY: "stand-in",
    TAVILY_BASE_URL: search.url,
    TAVILY_API_KEY: "stand-in",
    STRIPE_API_URL: stripe.url,
    STRIPE_SECRET_KEY: LOCAL_STRIPE_KEY,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    ...environment,
  };
  const tokens = new Map<string, Promise<string>>();
  return {
    server,
    provider,
    stripe,
    workerScript,
    environment: told,
    config: readConfig({ ...told, DATABASE_URL: server.url }),
    token: (user) => {
      const known = tokens.get(user) ?? issuer.token({ user });
      tokens.set(user, known);
      return known;
    },
    end: async () => {
      await stripe.close();
      await provider.close();
      await search.close();
      await keys.close();
      await server.end();
    },
  };
}

/** The issuer's public keys behind a port of their own. */
async function serveKeys(issuer: () => Issuer): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(issuer().jwks));
  });
  return { url: await listen(server), close: () => closed(server) };
}

/** Listens on a free port of 127.0.0.1 and answers the address. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

/** Ends a server with all its connections. */
export async function closed(server: Server): Promise<void> {
  const ended = once(server, "close");
  server.close();
  server.closeAllConnections();
  await ended;
}
