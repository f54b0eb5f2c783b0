// Somebody's limits: read, and set by an admin. Of these and their own the lower counts.

import type { Hono } from "hono";
import { UserPath } from "@pantheon/contract/admin.ts";
import * as shapes from "@pantheon/contract/limits.ts";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { body, noQuery, params } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { actingAdmin } from "./acting-admin.ts";

const people = () => import("@pantheon/core/accounts/people.ts"); // seldom asked

type LimitDeps = { readonly db: Database; readonly config: Pick<Config, "personLimits"> };

const LIMITS = "/api/v1/admin/users/:user_id/limits";
const REFUSALS = { 403: "Not an admin", 404: "Nobody of this id was ever here, or was granted anything" };
const someone = params(UserPath, "User not found.");

/** Seldom asked: no cold start waits for it. */
const loaded = () => import("@pantheon/core/accounts/limits.ts");

/** Mounts the routes. They stand behind `authenticated` and `adminOnly`. */
export function limitRoutes(app: Hono<AppEnv>, deps: LimitDeps): void {
  app.get(
    LIMITS,
    describe({
      id: "readUserLimits",
      summary: "Somebody's limits, and what is used of them",
      tag: "admin",
      responds: [200, shapes.LimitsInForce],
      refusals: REFUSALS,
    }),
    noQuery,
    someone,
    async (c) => {
      const user = c.req.valid("param").user_id;
      await (await people()).refuseNobody(deps.db, user);
      return c.var.respond(await (await loaded()).readLimits(deps, user));
    },
  );
  app.put(
    LIMITS,
    describe({ id: "setUserLimits", summary: "Limit somebody", tag: "admin", responds: [200, shapes.LimitsSet], refusals: REFUSALS }),
    noQuery,
    idempotencyKey,
    someone,
    body(shapes.LimitsPut),
    async (c) => {
      const user = c.req.valid("param").user_id;
      await (await people()).refuseNobody(deps.db, user);
      const { setLimits } = await loaded();
      return storedResponse(c, await setLimits(deps.db, actingAdmin(c), user, c.req.valid("json"), "admin"));
    },
  );
}
