// The function `admin` as an application: every address of it wants an operator.

import type { Hono } from "hono";
import type { Deps } from "@pantheon/core/container/deps.ts";
import { probeHealth } from "@pantheon/core/db/health.ts";
import type { AppEnv } from "@pantheon/core/http/app-env.ts";
import { createApp } from "@pantheon/core/http/app.ts";
import { adminOnly, authenticated } from "@pantheon/core/http/auth.ts";
import { pricingRoutes } from "./pricing-routes.ts";
import { settingsRoutes } from "./settings-routes.ts";
import { reportRoutes } from "./report-routes.ts";
import { topUpRoutes } from "./top-up-routes.ts";
import { walletRoutes } from "./wallet-routes.ts";

export function adminApp(deps: Deps): Hono<AppEnv> {
  const { config, log, ticks } = deps;
  return createApp({
    name: "admin",
    config,
    log,
    ticks,
    health: () => probeHealth(deps.db),
    routes: (app) => {
      app.use("/api/v1/admin/*", authenticated(deps.verify, config.adminUserIds), adminOnly);
      pricingRoutes(app, deps);
      settingsRoutes(app, deps);
      walletRoutes(app, deps);
      topUpRoutes(app, deps);
      reportRoutes(app, deps);
    },
  });
}
