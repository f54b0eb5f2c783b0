// The function `stripe-webhook` as an application. It answers its health.

import type { Hono } from "hono";
import type { Deps } from "@pantheon/core/container/deps.ts";
import { probeHealth } from "@pantheon/core/db/health.ts";
import type { AppEnv } from "@pantheon/core/http/app-env.ts";
import { createApp } from "@pantheon/core/http/app.ts";

export function stripeWebhookApp({ config, log, clock, db }: Deps): Hono<AppEnv> {
  return createApp({ name: "stripe-webhook", config, log, clock, health: () => probeHealth(db), routes: () => {} });
}
