// The function `turns` as an application. Its health is the product's.

import type { Hono } from "hono";
import type { TurnsDeps } from "./deps.ts";
import { probeHealth } from "@pantheon/core/maintenance/health-probe.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { authenticated } from "@pantheon/edge/auth/access.ts";
import { turnRoutes } from "./routes.ts";
import { sessionRoutes } from "./sessions.ts";

export function turnsApp(deps: TurnsDeps): Hono<AppEnv> {
  const { config, log, clock, ticks } = deps;
  return createApp({
    name: "turns",
    config,
    log,
    clock,
    ticks,
    health: () => probeHealth(deps.db),
    routes: (app) => {
      app.use("/api/v1/sessions/*", authenticated(deps.verify, config));
      sessionRoutes(app, deps);
      turnRoutes(app, deps);
    },
  });
}
