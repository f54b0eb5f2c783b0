// The script of killable-webhook.ts: the function `stripe-webhook` behind a port, in a process of its own that may be killed at any moment.

import { once } from "node:events";
import { serve } from "@hono/node-server";
import { readConfig } from "@pantheon/core/config/config.ts";
import { createDeps } from "@pantheon/functions/whole.ts";
import { stripeWebhookApp } from "@pantheon/functions/stripe-webhook/app.ts";
import { quietLog } from "./quiet-log.ts";

process.once("message", (environment: Record<string, string>) => void start(environment));
process.once("disconnect", () => process.exit(0));

async function start(environment: Record<string, string>): Promise<void> {
  const deps = createDeps({ config: readConfig(environment), log: quietLog(), clock: Date.now, maxConnections: 2 });
  const server = serve({ fetch: stripeWebhookApp(deps).fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  const address = server.address();
  process.send?.(typeof address === "object" && address !== null ? address.port : 0);
}
