// The function `turns` as an application. Its health is the product's.

import type { Hono } from "hono";
import type { Deps } from "@pantheon/core/container/deps.ts";
import { probeHealth } from "@pantheon/core/db/health.ts";
import type { AppEnv } from "@pantheon/core/http/app-env.ts";
import { createApp } from "@pantheon/core/http/app.ts";
import { authenticated } from "@pantheon/core/http/auth.ts";
import { turnRoutes } from "./routes.ts";

export function turnsApp(deps: Deps): Hono<AppEnv> {
  const { config, log, ticks } = deps;
  return createApp({
    name: "turns",
    config,
    log,
    ticks,
    health: () => probeHealth(deps.db),
    routes: (app) => {
      app.use("/api/v1/sessions/*", authenticated(deps.verify, config.adminUserIds));
      turnRoutes(app, deps);
    },
  });
}
