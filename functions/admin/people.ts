// People: found, looked at, suspended and let in again (contract section 5).

import type { Hono } from "hono";
import type * as v from "valibot";
import * as shapes from "@pantheon/contract/admin.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { PersonRow } from "@pantheon/core/accounts/people.ts";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { recentTransactions } from "@pantheon/core/ledger/entries.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { noBody, noQuery, optionalBody, params, query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { actingAdmin } from "./acting-admin.ts";

// Seldom asked.
const loaded = () => import("@pantheon/core/accounts/person.ts");
const people = () => import("@pantheon/core/accounts/people.ts");

type PeopleDeps = { readonly db: Database; readonly config: Pick<Config, "lowBalanceThreshold"> };

const NO_ADMIN = { 403: "Not an admin" };
const SUSPENSION_REFUSALS = { ...NO_ADMIN, 404: "No such user" };
const someone = params(shapes.UserPath, "User not found.");

/** Mounts the routes. They stand behind `authenticated` and `adminOnly`. */
export function peopleRoutes(app: Hono<AppEnv>, deps: PeopleDeps): void {
  const lowBalance = deps.config.lowBalanceThreshold;
  app.get(
    "/api/v1/admin/users",
    describe({
      id: "listUsers",
      summary: "People, by id or address, state and order",
      tag: "admin",
      responds: [200, shapes.PersonList],
      refusals: NO_ADMIN,
    }),
    query(shapes.PeopleQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { listPeople } = await people();
      const list = listPeople(deps.db, { query: asked.query, state: asked.state, order: asked.order, lowBalance });
      return c.var.respond(await listPage(c, asked, "users", list, (row) => personView(row, lowBalance)));
    },
  );
  app.get(
    "/api/v1/admin/users/:user_id",
    describe({
      id: "readUser",
      summary: "A person, their wallet and its latest transactions",
      tag: "admin",
      responds: [200, shapes.PersonRead],
      refusals: SUSPENSION_REFUSALS,
    }),
    noQuery,
    someone,
    async (c) => {
      const { findPerson } = await people();
      const person = personView(await findPerson(deps.db, c.req.valid("param").user_id), lowBalance);
      const recent_transactions = await recentTransactions(deps.db, person.user_id);
      const { user_id, balance, held, available } = person;
      return c.var.respond({ ...person, wallet: { user_id, balance, held, available, recent_transactions } });
    },
  );
  suspensionRoutes(app, deps.db);
}

function suspensionRoutes(app: Hono<AppEnv>, db: Database): void {
  app.post(
    "/api/v1/admin/users/:user_id/suspend",
    describe({
      id: "suspendUser",
      summary: "Refuse this user's turns and top-ups",
      tag: "admin",
      responds: [200, shapes.Suspension],
      refusals: SUSPENSION_REFUSALS,
    }),
    noQuery,
    idempotencyKey,
    someone,
    optionalBody(shapes.SuspensionCreate),
    async (c) => {
      const reason = c.req.valid("json").reason || null; // an empty reason is none
      return storedResponse(
        c,
        await (await loaded()).suspendUser(db, actingAdmin(c), c.req.valid("param").user_id, { suspended: true, reason }),
      );
    },
  );
  app.post(
    "/api/v1/admin/users/:user_id/reactivate",
    describe({
      id: "reactivateUser",
      summary: "Let this user run turns and top up again",
      tag: "admin",
      responds: [200, shapes.Suspension],
      refusals: SUSPENSION_REFUSALS,
    }),
    noQuery,
    idempotencyKey,
    someone,
    noBody,
    async (c) =>
      storedResponse(
        c,
        await (await loaded()).suspendUser(db, actingAdmin(c), c.req.valid("param").user_id, { suspended: false, reason: null }),
      ),
  );
}

function personView(row: PersonRow, lowBalance: Config["lowBalanceThreshold"]): v.InferInput<typeof shapes.Person> {
  const [balance, held] = [amount(row.balance), amount(row.held)];
  return {
    user_id: row.id,
    email: row.email,
    created_at: rfc3339(row.created_at),
    last_seen_at: rfc3339(row.last_seen_at),
    suspended: row.suspended,
    suspension_reason: row.suspension_reason,
    balance: format(balance),
    held: format(held),
    available: format(balance.minus(held)),
    low_balance: balance.lt(lowBalance),
    first_turn_at: row.first_turn_at && rfc3339(row.first_turn_at),
    last_turn_at: row.last_turn_at && rfc3339(row.last_turn_at),
  };
}
