// One more container of the functions that payments pass through (`users` and `stripe-webhook`) beside a world: on the same Stripe, with
// a pool, a clock, a log and a configuration of its own.

import type { Config } from "@pantheon/core/config/config.ts";
import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { stripeWebhookApp } from "@pantheon/functions/stripe-webhook/app.ts";
import { usersApp } from "@pantheon/functions/users/app.ts";
import { cuttingProxy, type CuttingProxy } from "./cutting-proxy.ts";
import { quietLog, type QuietLog } from "./quiet-log.ts";
import type { CallOptions, TestWorld } from "./world.ts";

export type PaymentContainer = Pick<TestWorld, "call" | "config"> & {
  readonly deps: Deps;
  readonly log: QuietLog;
  /** How many statements it has sent to the database. */
  statements(): number;
  close(): Promise<void>;
};

type ContainerOptions = { config?: Partial<Config>; clock?: Clock; maxConnections?: number };

/** Nothing is connected until its first request. */
export function givenPaymentContainer(
  world: TestWorld,
  { config: changed = {}, clock = Date.now, maxConnections = 2 }: ContainerOptions = {},
): PaymentContainer {
  const log = quietLog();
  const config = { ...world.config, ...changed };
  const sent = { statements: 0 };
  const deps = createDeps({ config, log, clock, maxConnections, onStatement: () => (sent.statements += 1) });
  const apps = { webhook: stripeWebhookApp(deps), users: usersApp(deps) };
  return {
    config,
    deps,
    log,
    statements: () => sent.statements,
    call: async (method, path, { user = "ada", body, raw, key, headers }: CallOptions = {}) => {
      const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const given = new Headers({ ...(payload !== undefined && { "Content-Type": "application/json" }), ...headers });
      if (user !== null && !given.has("Authorization")) given.set("Authorization", `Bearer ${await world.issuer.token({ user })}`);
      if (key !== undefined) given.set("Idempotency-Key", key);
      const app = path.startsWith("/webhooks/") ? apps.webhook : apps.users;
      const response = await app.request(`http://container${path}`, {
        method,
        headers: given,
        ...(payload !== undefined && { body: payload }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") ?? false;
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
    },
    close: () => deps.db.close(),
  };
}

export type CutContainer = PaymentContainer & { readonly proxy: CuttingProxy };

/** A container whose connections to the database go through a proxy that cuts them when it is told to. */
export async function givenCutContainer(world: TestWorld, options: Omit<ContainerOptions, "config"> = {}): Promise<CutContainer> {
  const proxy = await cuttingProxy(world.databaseUrl);
  const container = givenPaymentContainer(world, { ...options, config: { databaseUrl: proxy.url } });
  const close = async () => {
    await container.close();
    await proxy.close();
  };
  return { ...container, proxy, close };
}
