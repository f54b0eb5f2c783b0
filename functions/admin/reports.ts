// The admin's reports: summary, analytics, margin, export and reconciliation (contract section 5). They read; nothing here writes.

import type { Hono } from "hono";
import type * as v from "valibot";
import type { Config } from "@pantheon/core/config/config.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { noQuery, query } from "@pantheon/edge/input/validate.ts";
import type { Log } from "@pantheon/core/log.ts";
import { boundedDays, daysOf } from "@pantheon/edge/input/days.ts";
import type { UsageFilter } from "@pantheon/core/reports/summary.ts";
import { rfc3339, type Clock } from "@pantheon/contract/time.ts";
import { CsvFile } from "@pantheon/contract/wire.ts";
import {
  ActiveUsersQuery,
  ActiveUsers,
  Cash,
  CashQuery,
  UsageByUserQuery,
  UsageByUser,
  ExportQuery,
  MarginQuery,
  Margin,
  Reconciliation,
  SummaryQuery,
  UsageSummary,
} from "@pantheon/contract/reports.ts";

type ReportDeps = { readonly db: Database; readonly log: Log; readonly clock: Clock; readonly config: Pick<Config, "usdPerCredit"> };

/** Mounts the routes. They stand behind `authenticated` and `adminOnly`, since they show everyone's usage. */
export function reportRoutes(app: Hono<AppEnv>, { db, log, clock, config }: ReportDeps): void {
  app.get(
    "/api/v1/admin/usage/summary",
    describe({
      id: "readUsageSummary",
      summary: "What was used and charged, by model and by day, week or month",
      tag: "reports",
      description: "Without dates: all time. A bucket is named by its first day and sums what lies in the range; empty ones are left out.",
      responds: [200, UsageSummary],
      refusals: FORBIDDEN,
    }),
    query(SummaryQuery),
    async (c) => {
      const { readSummary } = await import("@pantheon/core/reports/summary.ts"); // seldom asked
      const asked = c.req.valid("query");
      return c.var.respond(await readSummary(db, filterOf(asked), asked.bucket ?? null));
    },
  );
  app.get(
    "/api/v1/admin/usage/export.csv",
    describe({
      id: "exportUsage",
      summary: "Every usage event as CSV",
      tag: "reports",
      description: "A header row, then a row an event in the order of their ids; internal calls are in it, with their status.",
      responds: [200, CsvFile],
      mediaType: "text/csv",
      refusals: FORBIDDEN,
    }),
    query(ExportQuery),
    async (c) => {
      const { exportUsage } = await import("@pantheon/core/reports/export.ts"); // seldom asked
      const file = await exportUsage({ db, log }, filterOf(c.req.valid("query")), c.var.requestId);
      return c.body(file, 200, { "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="usage.csv"' });
    },
  );
  analyticsRoutes(app, { db, clock, config });
  cashRoute(app, { db, clock });
  app.get(
    "/api/v1/admin/reconciliation",
    describe({
      id: "readReconciliation",
      summary: "The ledger's invariants, each with the number of rows that break it, and the ids of the first five",
      tag: "reports",
      description:
        "`lost_revenue` is no fault of the ledger: answers of models, whole or begun, that nobody pays for, since their turn had been given up. Nor is " +
        "`set_aside`: refunds and disputes in another currency than their payment's. They took nothing, and somebody has to decide.",
      responds: [200, Reconciliation],
      refusals: FORBIDDEN,
    }),
    noQuery,
    async (c) => {
      const [{ checkInvariants }, { readLostRevenue }, { readSetAside }] = await checking();
      const invariants = await checkInvariants(db);
      const broken_total = invariants.reduce((total, { broken }) => total + broken, 0);
      return c.var.respond({ invariants, broken_total, lost_revenue: await readLostRevenue(db), set_aside: await readSetAside(db) });
    },
  );
}

/** Large, and seldom asked. */
function checking() {
  return Promise.all([
    import("@pantheon/core/ledger/invariants.ts"),
    import("@pantheon/core/maintenance/lost-revenue.ts"),
    import("@pantheon/core/payments/set-aside.ts"),
  ]);
}

const FORBIDDEN = { 403: "Not an admin" };

function analyticsRoutes(app: Hono<AppEnv>, { db, clock, config }: Omit<ReportDeps, "log">): void {
  app.get(
    "/api/v1/admin/analytics/usage",
    describe({
      id: "readUsageByUser",
      summary: "Usage by user and model, largest first",
      tag: "reports",
      responds: [200, UsageByUser],
      refusals: FORBIDDEN,
    }),
    query(UsageByUserQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const days = daysOf(asked);
      const { listUsageByUser, userModelView } = await import("@pantheon/core/reports/analytics.ts"); // seldom asked
      const page = await listPage(c, asked, "rows", listUsageByUser(db, days), userModelView);
      return c.var.respond({ ...page, start_date: days.from, end_date: days.to, ...days });
    },
  );
  app.get(
    "/api/v1/admin/analytics/active-users",
    describe({
      id: "readActiveUsers",
      summary: "Active and new users in the 1, 7 or 30 days that end with `as_of`",
      tag: "reports",
      description: "`window` is `day` and `as_of` is today (UTC) unless the request says otherwise. Active: ran a turn.",
      responds: [200, ActiveUsers],
      refusals: FORBIDDEN,
    }),
    query(ActiveUsersQuery),
    async (c) => {
      const { window, as_of = today(clock) } = c.req.valid("query");
      const { readActiveUsers } = await import("@pantheon/core/reports/analytics.ts"); // seldom asked
      return c.var.respond(await readActiveUsers(db, window, as_of));
    },
  );
  app.get(
    "/api/v1/admin/analytics/margin",
    describe({
      id: "readMargin",
      summary: "Revenue, provider cost and margin in USD, and the credits still owed",
      tag: "reports",
      description: "The model that earns least comes first. The liability is of this moment, whatever the dates.",
      responds: [200, Margin],
      refusals: FORBIDDEN,
    }),
    query(MarginQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { readMargin } = await import("@pantheon/core/reports/margin.ts"); // seldom asked
      const { bucket = null, user_id: user = null } = asked;
      return c.var.respond(await readMargin(db, daysOf(asked), bucket, config.usdPerCredit, user));
    },
  );
}

/** The cash of a month unless it is told otherwise, and of a year at most. */
const CASH_DAYS = { usual: 30, most: 366 };

function cashRoute(app: Hono<AppEnv>, { db, clock }: Pick<ReportDeps, "db" | "clock">): void {
  app.get(
    "/api/v1/admin/cash",
    describe({
      id: "readCash",
      summary: "What was taken, refunded and disputed, by day",
      tag: "reports",
      description: "Without days: the last 30. At most 366. A payment counts on the day on which its success was told.",
      responds: [200, Cash],
      refusals: FORBIDDEN,
    }),
    query(CashQuery),
    async (c) => {
      const { readCash } = await import("@pantheon/core/payments/cash.ts"); // seldom asked
      return c.var.respond(await readCash(db, boundedDays(c.req.valid("query"), clock(), CASH_DAYS)));
    },
  );
}

function filterOf(asked: v.InferOutput<typeof ExportQuery>): UsageFilter {
  return { user: asked.user_id ?? null, alias: asked.model_alias ?? null, key: asked.api_key_id ?? null, range: daysOf(asked) };
}

function today(clock: Clock): string {
  return rfc3339(new Date(clock())).slice(0, "YYYY-MM-DD".length);
}
