// What a person may have erased: all that they have said (contract section 4).

import type { Hono } from "hono";
import { ErasedData } from "@pantheon/contract/account.ts";
import type { Ticks } from "@pantheon/contract/time.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { noBody, noQuery } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";

/** What is left of a request's time for its last statement and its response. */
const REST_MS = 5_000;

/** Mounts the route. It wants an authenticated user, and erases nobody else's words. No key is needed: what is erased stays erased. */
export function dataRoutes(app: Hono<AppEnv>, { db, ticks }: { readonly db: Database; readonly ticks: Ticks }): void {
  app.delete(
    "/api/v1/users/me/data",
    describe({
      id: "deleteData",
      summary: "Erase all that you have said, and delete your sessions",
      tag: "account",
      responds: [200, ErasedData],
    }),
    noQuery,
    noBody,
    async (c) => {
      const { eraseData } = await import("@pantheon/core/maintenance/erasure.ts"); // seldom asked
      return c.var.respond(await eraseData(db, c.var.caller.actor, () => ticks() > c.var.deadline - REST_MS));
    },
  );
}
