// The OpenAPI document says what the API does: it is current, it is complete, and real answers are the ones it promises.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProblemSchema } from "@pantheon/edge/output/problem.ts";
import { newId } from "@pantheon/contract/id.ts";
import { adminApp } from "@pantheon/functions/admin/app.ts";
import * as reports from "@pantheon/functions/admin/report-schemas.ts";
import * as admin from "@pantheon/functions/admin/schemas.ts";
import { stripeWebhookApp } from "@pantheon/functions/stripe-webhook/app.ts";
import { turnsApp } from "@pantheon/functions/turns/app.ts";
import { MessageList, SessionList, SessionView, TurnList, TurnRead } from "@pantheon/functions/turns/schemas.ts";
import { usersApp } from "@pantheon/functions/users/app.ts";
import {
  MeView,
  ReceiptView,
  TopUpList,
  TopUpStarted,
  TopUpView,
  TransactionList,
  UsageList,
  WalletView,
} from "@pantheon/functions/users/schemas.ts";
import { givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { operationsOf, type Operation } from "../support/openapi-document.ts";
import {
  CREATE,
  PATCH,
  provokePriceRefusals,
  provokeQuarantine,
  provokeTopUpRefusals,
  provokeTurnRefusals,
  provokeWebhook,
  RESOLVE,
  RUN,
  TOP_UP,
  WEBHOOK,
  type Promised,
} from "../support/openapi-refusals.ts";
import { PROJECT, readProjectFile } from "../support/project-files.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let operations: Operation[];

beforeAll(async () => {
  world = await testWorld({ models: modelsWith("fake-500", "fake-slow-1500"), environment: { ADMIN_USER_IDS: "ada" } });
  for (const alias of ["fake-500", "fake-slow-1500"]) await givenPrice(world, alias, "1");
  operations = operationsOf(await readProjectFile("docs/openapi.json"));
});

afterAll(() => world.end());

describe("the document", () => {
  it("is what the code says today", async () => {
    const script = join(PROJECT, "packages/ops/src/openapi.ts");
    await expect(promisify(execFile)(process.execPath, [script, "--check"], { timeout: 30_000 })).resolves.toMatchObject({ stderr: "" });
  });

  it("has every route of every function, and nothing else", () => {
    const apps = [turnsApp(world.deps), usersApp(world.deps), adminApp(world.deps), stripeWebhookApp(world.deps)];
    const routes = apps.flatMap((app) => app.routes.filter(({ method }) => method !== "ALL"));
    const mounted = new Set(routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`));
    expect(operations.map(({ name }) => name).toSorted()).toEqual([...mounted].toSorted());
  });

  it("says of every operation what it does, under whose authority, and what it answers", () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, name, summary, tags, secured, parameters, responses } of operations) {
      const said = { name, summary: summary.length > 5, tags: tags.length, secured };
      expect(said).toEqual({ name, summary: true, tags: 1, secured: !isOpen(path) });
      const inPath = parameters
        .filter((parameter) => parameter.in === "path" && parameter.required)
        .map((parameter) => `{${parameter.name}}`);
      expect(path.match(/\{\w+\}/g) ?? []).toEqual(inPath);
      const successes = responses.filter(({ status }) => status < 300);
      expect(successes.map(({ status, mediaTypes, hasSchema }) => ({ name, bare: status === 204, mediaTypes, hasSchema }))).toEqual([
        expect.objectContaining(
          successes[0]?.status === 204
            ? { mediaTypes: [], hasSchema: false }
            : { mediaTypes: [path.endsWith(".csv") ? "text/csv" : "application/json"], hasSchema: true },
        ),
      ]);
    }
  });

  it("makes every refusal a problem document, and names the ones that every route has", () => {
    for (const { name, path, responses } of operations) {
      const refusals = responses.filter(({ status }) => status >= 400);
      expect(refusals.filter(({ mediaTypes, problem }) => mediaTypes.join() !== "application/problem+json" || !problem)).toEqual([]);
      const common = path.startsWith("/api/v1/health")
        ? [422, 503]
        : [
            ...(isOpen(path) ? [] : [401]),
            ...(path.startsWith("/api/v1/admin") ? [403] : []),
            422,
            500,
            503,
            ...(name.startsWith("GET ") || path.startsWith("/webhooks/") ? [] : [400, 413, 415]),
            ...(path.includes("{") ? [404] : []),
          ];
      expect({ name, refusals: refusals.map(({ status }) => status) }).toEqual({ name, refusals: expect.arrayContaining(common) });
    }
  });
});

describe("real answers", () => {
  const seen = new Map<string, Set<number>>();

  /** The answer, proved to be one that the document promises for this operation. */
  function promised(name: string, answer: Answer): Answer {
    const response = operations.find((operation) => operation.name === name)?.responses.find(({ status }) => status === answer.status);
    if (response === undefined) throw new Error(`${name} answered ${answer.status}, which is not in the document: ${answer.text}`);
    expect(answer.headers.get("content-type")?.split(";")[0] ?? null).toBe(response.mediaTypes[0] ?? null);
    if (answer.status >= 400) v.parse(ProblemSchema, answer.json);
    else if (response.hasSchema) v.parse(SUCCESSES[name] ?? v.never(), answer.json ?? answer.text);
    else expect(answer.text).toBe("");
    seen.set(name, (seen.get(name) ?? new Set()).add(answer.status));
    return answer;
  }

  it("are those of the document, for every operation and every refusal that can be provoked", async () => {
    const session = await givenSession(world);
    await givenSession(world, "gus");
    const turn = promised(RUN, await runTurn(world, session));
    const debits = promised("GET /api/v1/users/me/transactions", await world.call("GET", "/api/v1/users/me/transactions"));
    expect(debits.json.transactions[0].reference_id).toBe(turn.json.id);
    const ids = {
      session_id: session,
      top_up_id: await provokeQuarantine(world, promised),
      transaction_id: debits.json.transactions[0].id,
      user_id: "gus",
      model_alias: "default",
      version: "2026-02-20",
    };

    for (const operation of operations.filter(({ name }) => name !== WEBHOOK)) await provokeCommon(operation, ids, promised);
    await provokeWebhook(world, promised);
    await provokeTopUpRefusals(world, promised);
    await provokeTurnRefusals(world, promised);
    await provokePriceRefusals(world, VERSION, promised);

    const documented = operations.map(({ name, responses }) => ({ name, statuses: responses.map(({ status }) => status) }));
    const unprovoked = documented.flatMap(({ name, statuses }) => statuses.filter((status) => !seen.get(name)?.has(status)));
    expect([...new Set(unprovoked)].toSorted((a, b) => a - b)).toEqual([500, 503, 504]); // faults and silence: their own tests provoke them
  });
});

/** What is called without a token: health, and Stripe's events, which a signature lets in. */
function isOpen(path: string): boolean {
  return path.startsWith("/api/v1/health") || path.startsWith("/webhooks/");
}

const VERSION = { version: "next", label: "Next", effective_date: "2027-01-01" };

/** The body of a request that succeeds, of every operation that takes one; `{}` of the rest. */
const BODIES: Readonly<Record<string, object>> = {
  [RUN]: { message: "What is a wallet?" },
  [PATCH]: { multiplier: "1", pricing_version: "2026-02-20" },
  [CREATE]: VERSION,
  "PATCH /api/v1/admin/settings/enforcement": { enabled: false },
  [TOP_UP]: { amount_usd: 10 },
  [RESOLVE]: { action: "dismiss", note: "refunded" },
  "POST /api/v1/admin/wallets/{user_id}/grant": { amount: 1 },
  "POST /api/v1/admin/users/{user_id}/wallet/grant": { amount: "0.5" },
};
const HealthView = v.strictObject({
  status: v.literal("ok"),
  ...v.entriesFromList(["function", "stage", "version", "commit", "migration_head", "expected_migration_head", "revision"], v.string()),
  maintenance: v.tuple([]),
});

/** The schema of every success that has a body, as the functions declare it. */
const SUCCESSES: Readonly<Record<string, v.GenericSchema>> = {
  ...Object.fromEntries(["", "/turns", "/users", "/admin", "/stripe-webhook"].map((name) => [`GET /api/v1/health${name}`, HealthView])),
  "POST /api/v1/sessions": SessionView,
  "GET /api/v1/sessions": SessionList,
  "GET /api/v1/sessions/{session_id}": SessionView,
  [RUN]: TurnRead,
  "GET /api/v1/sessions/{session_id}/turns": TurnList,
  "GET /api/v1/sessions/{session_id}/messages": MessageList,
  "GET /api/v1/auth/me": MeView,
  "GET /api/v1/users/me/wallet": WalletView,
  "GET /api/v1/users/me/usage": UsageList,
  "GET /api/v1/users/me/transactions": TransactionList,
  "GET /api/v1/users/me/transactions/{transaction_id}/receipt": ReceiptView,
  [TOP_UP]: TopUpStarted,
  "GET /api/v1/users/me/wallet/top-ups": TopUpList,
  "GET /api/v1/users/me/wallet/top-ups/{top_up_id}": TopUpView,
  [WEBHOOK]: v.strictObject({ status: v.picklist(["ok", "already_processed", "ignored", "quarantined"]) }),
  "GET /api/v1/admin/top-ups": admin.TopUpList,
  [RESOLVE]: admin.ResolvedView,
  "GET /api/v1/admin/pricing": admin.PricesView,
  [PATCH]: admin.PriceView,
  [CREATE]: admin.VersionView,
  "POST /api/v1/admin/pricing/versions/{version}/activate": admin.ActiveVersionView,
  "GET /api/v1/admin/settings": admin.SettingsView,
  "PATCH /api/v1/admin/settings/enforcement": admin.EnforcementView,
  "DELETE /api/v1/admin/settings/enforcement": admin.EnforcementView,
  "GET /api/v1/admin/wallets/{user_id}": admin.WalletView,
  "POST /api/v1/admin/wallets/{user_id}/grant": admin.GrantView,
  "POST /api/v1/admin/users/{user_id}/wallet/grant": admin.UserGrantView,
  "POST /api/v1/admin/users/{user_id}/suspend": admin.SuspensionView,
  "POST /api/v1/admin/users/{user_id}/reactivate": admin.SuspensionView,
  "GET /api/v1/admin/actions": admin.ActionList,
  "GET /api/v1/admin/usage/summary": reports.SummaryView,
  "GET /api/v1/admin/usage/export.csv": v.string(),
  "GET /api/v1/admin/analytics/usage": reports.AnalyticsView,
  "GET /api/v1/admin/analytics/active-users": reports.ActiveUsersView,
  "GET /api/v1/admin/analytics/margin": reports.MarginView,
  "GET /api/v1/admin/reconciliation": reports.ReconciliationView,
};

/** The success of an operation (of deleting a session: of one of its own), and what it refuses whoever asks. */
async function provokeCommon(
  { name, method, path, secured, takesBody }: Operation,
  ids: Record<string, string>,
  promised: Promised,
): Promise<void> {
  const own = path.replaceAll(/\{(\w+)\}/g, (_all, id: string) => ids[id] ?? "");
  const body = takesBody ? { body: BODIES[name] ?? {} } : {};
  const succeeding = method === "DELETE" && path.includes("{") ? path.replace("{session_id}", await givenSession(world)) : own;
  expect(promised(name, await world.call(method, succeeding, body)).status).toBeLessThan(300);
  if (!path.startsWith("/webhooks/")) expect(promised(name, await world.call(method, `${own}?surprise=1`, body)).status).toBe(422);
  if (!secured) return;
  expect(promised(name, await world.call(method, own, { ...body, user: null })).status).toBe(401);
  if (path.startsWith("/api/v1/admin")) expect(promised(name, await world.call(method, own, { ...body, user: "bea" })).status).toBe(403);
  const unknown = path.endsWith("/grant") ? "u".repeat(65) : newId(); // a grant may come before its user does
  if (path.includes("{")) expect(promised(name, await world.call(method, path.replace(/\{\w+\}/, unknown), body)).status).toBe(404);
  if (method === "GET") return;
  expect(promised(name, await world.call(method, own, { raw: "{" })).status).toBe(400);
  expect(promised(name, await world.call(method, own, { raw: " ".repeat(256 * 1024 + 1) })).status).toBe(413);
  expect(promised(name, await world.call(method, own, { raw: "{}", headers: { "Content-Type": "text/plain" } })).status).toBe(415);
}
