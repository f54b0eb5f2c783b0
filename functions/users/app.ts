// The function `users` as an application.

import type { Hono } from "hono";
import type { UsersDeps } from "./deps.ts";
import { probeHealth } from "@pantheon/core/maintenance/health-probe.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { authenticated } from "@pantheon/edge/auth/access.ts";
import { keyRoutes } from "./keys.ts";
import { limitRoutes } from "./limits.ts";
import { dataRoutes } from "./data.ts";
import { userRoutes } from "./routes.ts";
import { modelRoutes } from "./models.ts";
import { topUpRoutes } from "./top-ups.ts";
import { usageRoutes } from "./usage.ts";

export function usersApp(deps: UsersDeps): Hono<AppEnv> {
  const { config, log, clock, ticks } = deps;
  return createApp({
    name: "users",
    config,
    log,
    clock,
    ticks,
    health: () => probeHealth(deps.db),
    routes: (app) => {
      app.use("/api/v1/auth/*", authenticated(deps.verify, config));
      app.use("/api/v1/users/*", authenticated(deps.verify, config));
      app.use(
        "/api/v1/models",
        authenticated(deps.verify, config, (key) => deps.keyring.callerOf(key, { decidedLater: false })),
      );
      userRoutes(app, deps);
      usageRoutes(app, deps);
      topUpRoutes(app, deps);
      modelRoutes(app, deps);
      dataRoutes(app, deps);
      keyRoutes(app, deps);
      limitRoutes(app, deps);
    },
  });
}
