// The function `turns` as an application. Its health is the product's.

import type { Hono } from "hono";
import type { TurnsDeps } from "./deps.ts";
import { probeHealth } from "@pantheon/core/maintenance/health-probe.ts";
import type { Keyring } from "@pantheon/core/accounts/keyring.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { authenticated, type KeyReader } from "@pantheon/edge/auth/access.ts";
import { turnRoutes } from "./routes.ts";
import { sessionRoutes } from "./sessions.ts";

/** A turn's own statement asks the key's row: then what a container remembers of its owner is enough. */
const RUNS_A_TURN = /\/turns(?:\/stream)?$/;

function keyReader(keyring: Keyring): KeyReader {
  return (key, { method, path }) => keyring.callerOf(key, { decidedLater: method === "POST" && RUNS_A_TURN.test(path) });
}

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
      app.use("/api/v1/sessions/*", authenticated(deps.verify, config, keyReader(deps.keyring)));
      sessionRoutes(app, deps);
      turnRoutes(app, deps);
    },
  });
}
