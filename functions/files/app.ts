// The function `files` as an application.

import type { Hono } from "hono";
import type { FilesDeps } from "./deps.ts";
import { probeHealth } from "@pantheon/core/maintenance/health-probe.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { authenticated } from "@pantheon/edge/auth/access.ts";
import { isForm } from "@pantheon/edge/input/is-form.ts";
import { fileRoutes } from "./routes.ts";

/** What a form has around its file: boundaries, and the part's own headers. */
const AROUND_A_FILE = 64 * 1024;

export function filesApp(deps: FilesDeps): Hono<AppEnv> {
  const { config, log, clock, ticks } = deps;
  return createApp({
    name: "files",
    config,
    log,
    clock,
    ticks,
    health: () => probeHealth(deps.db),
    maxBodyBytes: ({ headers }) => (isForm(headers.get("content-type")) ? config.files.maxBytes + AROUND_A_FILE : undefined),
    routes: (app) => {
      app.use("/api/v1/sessions/*", authenticated(deps.verify, config));
      fileRoutes(app, deps);
    },
  });
}
