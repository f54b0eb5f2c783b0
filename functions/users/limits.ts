// One's own limits: read, and set below what an admin allows.

import type { Hono } from "hono";
import * as shapes from "@pantheon/contract/limits.ts";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { body, noQuery } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { requestKey, storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";

type LimitDeps = { readonly db: Database; readonly config: Pick<Config, "personLimits"> };

const LIMITS = "/api/v1/users/me/limits";

/** Seldom asked: no cold start waits for it. */
const loaded = () => import("@pantheon/core/accounts/limits.ts");

/** Mounts the routes. Every one of them wants an authenticated user. */
export function limitRoutes(app: Hono<AppEnv>, deps: LimitDeps): void {
  app.get(
    LIMITS,
    describe({ id: "readLimits", summary: "Your limits, and what is used of them", tag: "account", responds: [200, shapes.LimitsInForce] }),
    noQuery,
    async (c) => c.var.respond(await (await loaded()).readLimits(deps, c.var.caller.wallet)),
  );
  app.put(
    LIMITS,
    describe({ id: "setLimits", summary: "Set limits of your own", tag: "account", responds: [200, shapes.LimitsSet] }),
    noQuery,
    idempotencyKey,
    body(shapes.LimitsPut),
    async (c) => {
      const { setLimits } = await loaded();
      const by = { actor: c.var.caller.actor, requestId: c.var.requestId, key: requestKey(c) };
      return storedResponse(c, await setLimits(deps.db, by, c.var.caller.wallet, c.req.valid("json"), "own"));
    },
  );
}
