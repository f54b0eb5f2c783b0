// The function `holds` as an application: for products that call their models themselves. It takes tokens and API keys.

import type { Hono } from "hono";
import { authenticated } from "@pantheon/edge/auth/access.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { createApp } from "@pantheon/edge/shell/app.ts";
import type { HoldsDeps } from "./deps.ts";
import { holdRoutes } from "./routes.ts";

export function holdsApp(deps: HoldsDeps): Hono<AppEnv> {
  const { config, log, clock, ticks } = deps;
  return createApp({
    name: "holds",
    config,
    log,
    clock,
    ticks,
    // Loaded when somebody asks: a cold start that runs something else reads none of it.
    health: async () => (await import("@pantheon/core/maintenance/health-probe.ts")).probeHealth(deps.db),
    routes: (app) => {
      // The key's row is asked with every request: what it may do beside its owner's own is not remembered.
      const signedIn = authenticated(deps.verify, config, (key) => deps.keyring.callerOf(key, { decidedLater: false }));
      for (const address of ["/api/v1/holds", "/api/v1/holds/*", "/api/v1/usage"]) app.use(address, signedIn);
      holdRoutes(app, deps);
    },
  });
}
