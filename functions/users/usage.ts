// What one's turns used and what one's ledger says: as lists, as sums, as files, and one turn whole (contract section 4).

import type { Hono } from "hono";
import type * as v from "valibot";
import * as shapes from "@pantheon/contract/account.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import * as own from "@pantheon/contract/own-usage.ts";
import { rfc3339, type Clock } from "@pantheon/contract/time.ts";
import { CsvFile } from "@pantheon/contract/wire.ts";
import type { Database } from "@pantheon/core/db/database.ts";
import { ledgerRowView, listTransactions } from "@pantheon/core/ledger/entries.ts";
import { listUsage, type UsageRow } from "@pantheon/core/turns/usage-events.ts";
import { boundedDays, daysOf } from "@pantheon/edge/input/days.ts";
import { noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import type { AppEnv, Asked } from "@pantheon/edge/shell/app-env.ts";

type UsageDeps = { readonly db: Database; readonly clock: Clock };

const ME = "/api/v1/users/me";
const CSV_RULE =
  "A header row, then a row each, newest first; at most 10 000 rows, and 422 for more. What a spreadsheet would run stands behind an apostrophe.";

/** Mounts the routes. Every one of them wants an authenticated user, and shows nobody else's rows. */
export function usageRoutes(app: Hono<AppEnv>, deps: UsageDeps): void {
  listRoutes(app, deps);
  fileRoutes(app, deps);
  summaryRoutes(app, deps);
}

function listRoutes(app: Hono<AppEnv>, { db }: UsageDeps): void {
  app.get(
    `${ME}/usage`,
    describe({ id: "listUsage", summary: "What your turns used, newest first", tag: "account", responds: [200, shapes.UsageList] }),
    query(shapes.UsageQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const list = listUsage(db, c.var.caller.wallet, daysOf(asked), asked.api_key_id ?? null);
      return c.var.respond(await listPage(c, asked, "events", list, usageView));
    },
  );
  app.get(
    `${ME}/transactions`,
    describe({ id: "listTransactions", summary: "Your ledger, newest first", tag: "account", responds: [200, shapes.TransactionList] }),
    query(shapes.DatedListQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const list = listTransactions(db, c.var.caller.wallet, "owner", daysOf(asked));
      return c.var.respond(await listPage(c, asked, "transactions", list, ledgerRowView));
    },
  );
  app.get(
    `${ME}/turns/:turn_id`,
    describe({
      id: "readOwnTurn",
      summary: "One turn of yours, with the receipt of what it cost",
      tag: "account",
      responds: [200, own.OwnTurn],
      refusals: { 404: "No such turn of yours" },
    }),
    noQuery,
    params(shapes.TurnPath, "Turn not found."),
    async (c) => {
      const { readOwnTurn } = await import("@pantheon/core/turns/own-turn.ts"); // seldom asked
      return c.var.respond(await readOwnTurn(db, c.var.caller, c.req.valid("param").turn_id));
    },
  );
}

const USAGE_COLUMNS = ["id", "created_at", "turn_id", "session_id", "model_alias", "provider_model", "input_tokens_fresh"];
const USAGE_FIGURES = ["input_tokens_cached", "output_tokens", "multiplier", "pricing_version", "credits_burned", "credits_charged"];
const USAGE_KEY = ["usage_source", "api_key_id", "api_key_name", "api_key_prefix"];
const LEDGER_COLUMNS = [
  "id",
  "created_at",
  "kind",
  "amount",
  "balance_after",
  "description",
  "note",
  "reference_id",
  "initiated_by",
  "source",
];

function fileRoutes(app: Hono<AppEnv>, { db }: UsageDeps): void {
  app.get(
    `${ME}/usage/export.csv`,
    describe({
      id: "exportOwnUsage",
      summary: "What your turns used, as CSV",
      tag: "account",
      description: CSV_RULE,
      responds: [200, CsvFile],
      mediaType: "text/csv",
    }),
    query(shapes.UsageFileQuery),
    async (c) => {
      const { csvOf } = await import("@pantheon/core/reports/csv.ts"); // seldom asked
      const asked = c.req.valid("query");
      const list = listUsage(db, c.var.caller.wallet, daysOf(asked), asked.api_key_id ?? null);
      return csvFile(c, "usage.csv", await csvOf(list, [...USAGE_COLUMNS, ...USAGE_FIGURES, ...USAGE_KEY], usageView));
    },
  );
  app.get(
    `${ME}/transactions/export.csv`,
    describe({
      id: "exportOwnTransactions",
      summary: "Your ledger, as CSV",
      tag: "account",
      description: CSV_RULE,
      responds: [200, CsvFile],
      mediaType: "text/csv",
    }),
    query(shapes.DatedQuery),
    async (c) => {
      const { csvOf } = await import("@pantheon/core/reports/csv.ts"); // seldom asked
      const list = listTransactions(db, c.var.caller.wallet, "owner", daysOf(c.req.valid("query")));
      return csvFile(c, "transactions.csv", await csvOf(list, LEDGER_COLUMNS, ledgerRowView));
    },
  );
}

function csvFile(c: Asked, name: string, text: string): Response {
  return c.body(text, 200, { "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="${name}"` });
}

/** A report of one's own is of a month unless it is told otherwise, and of a year at most. */
const OWN_DAYS = { usual: 30, most: 366 };

function summaryRoutes(app: Hono<AppEnv>, { db, clock }: UsageDeps): void {
  app.get(
    `${ME}/usage/summary`,
    describe({
      id: "readOwnSummary",
      summary: "What you used and were charged, by day, model and API key",
      tag: "account",
      description: "Without days: the last 30. At most 366.",
      responds: [200, own.OwnSummary],
    }),
    query(own.OwnSummaryQuery),
    async (c) => {
      const asked = c.req.valid("query");
      const { readOwnSummary } = await import("@pantheon/core/reports/own-summary.ts"); // seldom asked
      const range = { ...boundedDays(asked, clock(), OWN_DAYS), key: asked.api_key_id ?? null };
      return c.var.respond(await readOwnSummary(db, c.var.caller.wallet, range, asked.group_by));
    },
  );
}

function usageView(event: UsageRow): v.InferInput<typeof shapes.UsageEvent> {
  return {
    ...event,
    input_tokens_fresh: Number(event.input_tokens_fresh),
    input_tokens_cached: Number(event.input_tokens_cached),
    output_tokens: Number(event.output_tokens),
    multiplier: format(amount(event.multiplier)),
    credits_burned: format(amount(event.credits_burned)),
    credits_charged: format(amount(event.credits_charged)),
    created_at: rfc3339(event.created_at),
  };
}
