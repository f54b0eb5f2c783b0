// The function `users` as an application.

import type { Hono } from "hono";
import type { Deps } from "@pantheon/core/container/deps.ts";
import { probeHealth } from "@pantheon/core/db/health.ts";
import type { AppEnv } from "@pantheon/core/http/app-env.ts";
import { createApp } from "@pantheon/core/http/app.ts";
import { authenticated } from "@pantheon/core/http/auth.ts";
import { userRoutes } from "./routes.ts";
import { topUpRoutes } from "./top-up-routes.ts";

export function usersApp(deps: Deps): Hono<AppEnv> {
  const { config, log, ticks } = deps;
  return createApp({
    name: "users",
    config,
    log,
    ticks,
    health: () => probeHealth(deps.db),
    routes: (app) => {
      app.use("/api/v1/auth/*", authenticated(deps.verify, config.adminUserIds));
      app.use("/api/v1/users/*", authenticated(deps.verify, config.adminUserIds));
      userRoutes(app, deps);
      topUpRoutes(app, deps);
    },
  });
}
