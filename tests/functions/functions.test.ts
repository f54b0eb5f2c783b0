// Every address belongs to exactly one function, or to none: what the gateway in front is configured with.

import { describe, expect, it } from "vitest";
import { readConfig } from "@pantheon/core/config/config.ts";
import { createDeps } from "@pantheon/functions/whole.ts";
import { completionsApp } from "@pantheon/functions/completions/app.ts";
import { adminApp } from "@pantheon/functions/admin/app.ts";
import { FUNCTIONS, functionFor, JOBS, SCHEDULED, type Job } from "@pantheon/functions/functions.ts";
import { stripeWebhookApp } from "@pantheon/functions/stripe-webhook/app.ts";
import { filesApp } from "@pantheon/functions/files/app.ts";
import { turnsApp } from "@pantheon/functions/turns/app.ts";
import { usersApp } from "@pantheon/functions/users/app.ts";
import { quietLog } from "../support/quiet-log.ts";

describe("an address", () => {
  it("is the function's whose prefix is the longest that ends where a segment ends", () => {
    const answering = Object.entries(EXPECTED).map(([path]) => [path, functionFor(path)]);
    expect(Object.fromEntries(answering)).toEqual(EXPECTED);
  });

  it("is given to one function only", () => {
    const prefixes = Object.values(FUNCTIONS).flatMap(({ addresses }) => addresses);
    expect(new Set(prefixes).size).toBe(prefixes.length);
  });

  it("that a function serves is brought to that function", () => {
    const config = readConfig({ DATABASE_URL: "postgres://nowhere.invalid/none", AUTH_ISSUER: "https://nowhere.invalid" });
    const deps = createDeps({ config, log: quietLog(), clock: Date.now, maxConnections: 1 });
    const apps = {
      turns: turnsApp(deps),
      files: filesApp(deps),
      users: usersApp(deps),
      admin: adminApp(deps),
      completions: completionsApp(deps),
      "stripe-webhook": stripeWebhookApp(deps),
    };
    for (const [name, app] of Object.entries(apps)) {
      const paths = app.routes.filter(({ method }) => method !== "ALL").map(({ path }) => path.replaceAll(/:\w+/g, "x"));
      expect(paths.length).toBeGreaterThan(0);
      expect(paths.filter((path) => functionFor(path) !== name)).toEqual([]);
    }
  });
});

describe.each(Object.entries<Job>(JOBS))("the job %s", (_name, { runsIn, everyMinutes, at, endsWithinMs, lateAfterMinutes }) => {
  const [timeout] = SCHEDULED[runsIn].timeout.split(" ");

  it("ends by itself while its function still has time, and before the next run of one that is due often", () => {
    const left = Number(timeout) * 60_000 - endsWithinMs;
    expect(left).toBeGreaterThanOrEqual(20_000);
    expect(endsWithinMs).toBeLessThan(everyMinutes * 60_000);
  });

  it("is late only when a run was missed", () => {
    expect(lateAfterMinutes).toBeGreaterThan(everyMinutes + Number(timeout));
  });

  it("has a time of day when it is daily, and otherwise none", () => {
    expect(at !== undefined).toBe(everyMinutes === 24 * 60);
  });
});

const EXPECTED = {
  "/api/v1/sessions": "turns",
  "/api/v1/sessions/": "turns",
  "/api/v1/sessions/x/turns": "turns",
  "/api/v1/sessionsx": "users",
  "/api/v1/sessions/x/files": "files",
  "/api/v1/sessions/x/files/y": "files",
  "/api/v1/sessions/x/files/y/upload": "files",
  "/api/v1/sessions/x/filesx": "turns",
  "/api/v1/sessions//files": "turns",
  "/api/v1/sessions/files": "turns",
  "/api/v1/sessions/x/y/files": "turns",
  "/api/v1/health/files": "files",
  "/api/v1/holds": "holds",
  "/api/v1/holds/x/settle": "holds",
  "/api/v1/holdsx": "users",
  "/api/v1/usage": "holds",
  "/api/v1/usages": "users",
  "/api/v1/health/holds": "holds",
  "/api/v1/health": "turns",
  "/api/v1/health/turns": "turns",
  "/api/v1/health/users": "users",
  "/api/v1/health/admin": "admin",
  "/api/v1/health/stripe-webhook": "stripe-webhook",
  "/api/v1/health/completions": "completions",
  "/v1": "completions",
  "/v1/chat/completions": "completions",
  "/v1x": null,
  "/api/v1/health/nobody": "turns",
  "/api/v1/auth/me": "users",
  "/api/v1/users/me/wallet": "users",
  "/api/v1/admin": "admin",
  "/api/v1/admin/pricing": "admin",
  "/api/v1/administrators": "users",
  "/api/v1": "users",
  "/webhooks/stripe": "stripe-webhook",
  "/webhooks/stripe/x": "stripe-webhook",
  "/webhooks/stripes": null,
  "/webhooks": null,
  "/api/v2/sessions": null,
  "/API/V1/sessions": null,
  "/api/v1x": null,
  "/": null,
  "": null,
};
