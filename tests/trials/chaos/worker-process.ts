// The script of worker.ts: every function of the product behind a port, in a process of its own that may die or freeze at any moment.

import { once } from "node:events";
import { serve } from "@hono/node-server";
import { readConfig } from "@pantheon/core/config/config.ts";
import { createDeps, type Deps } from "@pantheon/functions/whole.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import type { Log } from "@pantheon/core/log.ts";
import { completionsApp } from "@pantheon/functions/completions/app.ts";
import { adminApp } from "@pantheon/functions/admin/app.ts";
import { functionFor } from "@pantheon/functions/functions.ts";
import { LEASES } from "@pantheon/core/turns/request.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { stripeWebhookApp } from "@pantheon/functions/stripe-webhook/app.ts";
import { filesApp } from "@pantheon/functions/files/app.ts";
import { holdsApp } from "@pantheon/functions/holds/app.ts";
import { turnsApp } from "@pantheon/functions/turns/app.ts";
import { usersApp } from "@pantheon/functions/users/app.ts";
import type { Order, WorkerStart, Word } from "./worker.ts";
import { passing, withFailpoints, type Trigger } from "./worker-seams.ts";

const trigger: Trigger = { armed: null };
let deps: Deps | null = null;

process.on("message", (order: Order) => void obey(order));
process.once("disconnect", () => process.exit(0));

async function obey(order: Order): Promise<void> {
  if (order.kind === "start") return say({ kind: "ready", port: await start(order) });
  if (order.kind === "arm") {
    trigger.armed = order.seam;
    return say({ kind: "done", id: order.id, failed: false });
  }
  const failed = await runJob(deps ?? absent(), { job: order.job }).then(
    () => false,
    () => true, // the database was away: the schedule comes again
  );
  say({ kind: "done", id: order.id, failed });
}

function say(word: Word): void {
  process.send?.(word, () => {}); // a parent that is ending hears nothing any more
}

function absent(): never {
  throw new Error("an order came before the environment");
}

async function start({ environment, aliases, timeLeftMs, maxConnections }: WorkerStart): Promise<number> {
  const config = readConfig(environment);
  const template = MODELS["default"] ?? absent();
  const models = {
    ...MODELS,
    ...Object.fromEntries(aliases.map((alias) => [alias, { ...template, routes: [{ ...template.routes[0], model: alias }] as const }])),
  };
  const plain = createDeps({ config, log: toldLog(), clock: Date.now, maxConnections, models });
  const watched = { ...withFailpoints(plain, config, trigger), leases: { ...LEASES, renewMs: 5 } }; // so that short answers meet a renewal
  deps = watched;
  const apps = {
    turns: turnsApp(watched),
    files: filesApp(watched),
    holds: holdsApp(watched),
    users: usersApp(watched),
    admin: adminApp(watched),
    completions: completionsApp(watched),
    "stripe-webhook": stripeWebhookApp(watched),
  };
  const server = serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const began = Date.now();
      const app = apps[functionFor(new URL(request.url).pathname) ?? "users"];
      const response = await app.fetch(request, { timeLeft: () => timeLeftMs - (Date.now() - began) });
      passing(trigger, "respond");
      return response;
    },
  });
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** What an admin would be alarmed by goes to the parent; lines of ordinary requests are dropped. */
function toldLog(): Log {
  return {
    info() {},
    warn() {},
    error: (message, fields = {}) => say({ kind: "error", message: `${message} ${JSON.stringify(fields)}` }),
    count: (metric, fields = {}) => say({ kind: "count", metric, detail: JSON.stringify(fields) }),
  };
}
