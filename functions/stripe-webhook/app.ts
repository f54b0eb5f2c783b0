// The function `stripe-webhook` as an application.

import type { Hono } from "hono";
import type { StripeDeps } from "./deps.ts";
import { probeHealth } from "@pantheon/core/maintenance/health-probe.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { webhookRoutes } from "./routes.ts";

const MAX_BODY_BYTES = 512 * 1_024;

export function stripeWebhookApp(deps: StripeDeps): Hono<AppEnv> {
  const { config, log, clock, ticks, db } = deps;
  return createApp({
    name: "stripe-webhook",
    config,
    log,
    clock,
    ticks,
    maxBodyBytes: MAX_BODY_BYTES,
    health: () => probeHealth(db),
    routes: (app) => webhookRoutes(app, deps),
  });
}
