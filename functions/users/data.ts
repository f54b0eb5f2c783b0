// What a person may have of their data: all that is kept of them, and its erasure (contract section 4).

import type { Hono } from "hono";
import { ErasedData } from "@pantheon/contract/account.ts";
import { DataPage, DataQuery } from "@pantheon/contract/data.ts";
import type { Ticks } from "@pantheon/contract/time.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { noBody, noQuery, query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";

const DATA = "/api/v1/users/me/data";

const EXPORT_RULES = [
  "Every page is read as things stand then: what is added during a walk may be missed, and nothing is told twice.",
  "Texts of deleted sessions are among it until they are erased. What an answer cost us is not, nor any key's own text, which nobody has.",
].join(" ");

/** What is left of a request's time for its last statement and its response. */
const REST_MS = 5_000;

/** Mounts the routes. They want an authenticated user, and tell and erase nobody else's. No key is needed: what is erased stays erased. */
export function dataRoutes(app: Hono<AppEnv>, { db, ticks }: { readonly db: Database; readonly ticks: Ticks }): void {
  app.get(
    DATA,
    describe({
      id: "exportData",
      summary: "All that is kept of you",
      tag: "account",
      description: EXPORT_RULES,
      responds: [200, DataPage],
    }),
    query(DataQuery),
    async (c) => {
      const [{ listOwnData }, { chainedPage }] = await exporting();
      return c.var.respond(await chainedPage(c, c.req.valid("query"), listOwnData(db, c.var.caller.actor)));
    },
  );
  app.delete(
    DATA,
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

/** Seldom asked: no cold start waits for it. */
function exporting() {
  return Promise.all([import("@pantheon/core/reports/own-data.ts"), import("@pantheon/edge/output/chained-page.ts")]);
}
