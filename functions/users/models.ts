// The route that tells which models can be run, and what they cost.

import type { Hono } from "hono";
import { ModelList } from "@pantheon/contract/models.ts";
import type { OfferedDeps } from "@pantheon/core/turns/offered.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { noQuery } from "@pantheon/edge/input/validate.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";

/** Mounts the route. It wants an authenticated user, and tells everybody the same. */
export function modelRoutes(app: Hono<AppEnv>, { db, config, models }: OfferedDeps): void {
  app.get(
    "/api/v1/models",
    describe({ id: "listModels", summary: "The models that can be run, and what they cost", tag: "account", responds: [200, ModelList] }),
    noQuery,
    async (c) => {
      const { offeredModels } = await import("@pantheon/core/turns/offered.ts"); // and with it the models: seldom asked for
      return c.var.respond(await offeredModels({ db, config, models }));
    },
  );
}
