// The function `admin` as an application: every address of it wants an admin.

import type { Hono } from "hono";
import type { AdminDeps } from "./deps.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { adminOnly, authenticated } from "@pantheon/edge/auth/access.ts";
import { grantProposalRoutes } from "./grants.ts";
import { historyRoutes } from "./histories.ts";
import { keyRoutes } from "./keys.ts";
import { limitRoutes } from "./limits.ts";
import { peopleRoutes } from "./people.ts";
import { pricingRoutes } from "./prices.ts";
import { settingsRoutes } from "./settings.ts";
import { readRoutes, readsNoted } from "./reads.ts";
import { reportRoutes } from "./reports.ts";
import { topUpRoutes } from "./payments.ts";
import { walletRoutes } from "./wallets.ts";
import { watchingRoutes } from "./watching.ts";

export function adminApp(deps: AdminDeps): Hono<AppEnv> {
  const { config, log, clock, ticks } = deps;
  return createApp({
    name: "admin",
    config,
    log,
    clock,
    ticks,
    // Loaded when somebody asks: a cold start that runs something else reads none of it.
    health: async () => (await import("@pantheon/core/maintenance/health-probe.ts")).probeHealth(deps.db),
    routes: (app) => {
      app.use("/api/v1/admin/*", authenticated(deps.verify, config), adminOnly, readsNoted(deps.db));
      pricingRoutes(app, deps);
      settingsRoutes(app, deps);
      peopleRoutes(app, deps);
      walletRoutes(app, deps);
      grantProposalRoutes(app, deps);
      historyRoutes(app, deps);
      readRoutes(app, deps);
      topUpRoutes(app, deps);
      reportRoutes(app, deps);
      watchingRoutes(app, deps);
      keyRoutes(app, deps);
      limitRoutes(app, deps);
    },
  });
}
