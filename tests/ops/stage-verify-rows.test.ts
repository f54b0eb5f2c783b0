// Every row of stage:verify can be red: a stage that is wrong in one thing is red in the rows that look at it, and in no other.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withFront, type Intercept } from "../support/stage-front.ts";
import { idsOf, rowOf, settingsOf, tokensOf, verifiableWorld, verify } from "../support/stage-verification.ts";
import type { Json, TestWorld } from "../support/world.ts";

let world: TestWorld;
let tokens: Awaited<ReturnType<typeof tokensOf>>;
beforeAll(async () => {
  world = await verifiableWorld();
  tokens = await tokensOf(world);
});
afterAll(() => world.end());

const REPLAYED = "Idempotency-Replayed";

/** Answers of this method and path are changed on their way. */
function altered(target: string, change: (json: Json, request: Request) => Json, headers?: (headers: Headers) => void): Intercept {
  const [method, path = ""] = target.split(" ");
  return async (request, next) => {
    const response = await next(request);
    if (request.method !== method || !new RegExp(`^/api/v1${path}$`).test(new URL(request.url).pathname)) return response;
    const changed = new Headers(response.headers);
    headers?.(changed);
    const text = await response.text();
    const body = change(JSON.parse(text), request);
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status: response.status, headers: changed });
  };
}

/** Requests of this method and path are answered this, and never reach a function. */
function instead(target: string, status: number, body: Json, only: (request: Request) => boolean = () => true): Intercept {
  const [method, path = ""] = target.split(" ");
  return (request, next) => {
    const isMeant = request.method === method && new RegExp(`^/api/v1${path}$`).test(new URL(request.url).pathname) && only(request);
    if (!isMeant) return next(request);
    const headers = { "Pantheon-Version": world.config.commit, "Content-Type": "application/json" };
    return new Response(body === null ? null : JSON.stringify(body), { status, headers });
  };
}

const same = (json: Json): Json => json;
const rows = (name: string, keep: (row: Json) => boolean) => (json: Json) => ({ ...json, [name]: json[name].filter(keep) });
const turn = (change: (turn: Json) => Json) =>
  altered("POST /sessions/[^/]+/turns", (json) => (json.credits_charged === undefined ? json : { ...json, ...change(json) }));

const AFTER_SENT = ["file.read", "file.turn", "file.deleted"];

const WRONG: readonly (readonly [what: string, intercept: () => Intercept, red: readonly string[]])[] = [
  [
    "lets somebody in without a token",
    () => instead("GET /users/me/wallet", 200, { balance: "0", held: "0" }, (request) => !request.headers.has("authorization")),
    ["auth.none"],
  ],
  ["takes everybody for an admin", () => altered("GET /auth/me", (me) => ({ ...me, is_admin: true })), ["auth.user"]],
  ["takes nobody for an admin", () => altered("GET /auth/me", (me) => ({ ...me, is_admin: false })), ["auth.admin"]],
  [
    "shows users the settings",
    () => instead("GET /admin/settings", 200, {}, (request) => request.headers.get("authorization") === `Bearer ${tokens.user}`),
    ["auth.forbidden"],
  ],
  [
    "adds more than was granted",
    () => altered("POST /admin/wallets/[^/]+/grant", (json) => ({ ...json, new_balance: "1234.5" })),
    ["grant", "grant.users", "turn.wallet"],
  ],
  [
    "does not say that a grant is a replay",
    () => altered("POST /admin/wallets/[^/]+/grant", same, (headers) => headers.delete(REPLAYED)),
    ["grant.replay"],
  ],
  [
    "grants again at the second address",
    () => altered("POST /admin/users/[^/]+/wallet/grant", same, (headers) => headers.delete(REPLAYED)),
    ["grant.users"],
  ],
  ["shows an admin another balance", () => altered("GET /admin/wallets/[^/]+", (json) => ({ ...json, balance: "77" })), ["wallet.admin"]],
  [
    "shows an admin no transactions",
    () => altered("GET /admin/wallets/[^/]+", (json) => ({ ...json, recent_transactions: [] })),
    ["wallet.admin"],
  ],
  [
    "starts top-ups that nobody can pay",
    () => altered("POST /users/me/wallet/top-up", (json) => ({ ...json, client_secret: null })),
    ["top_up.start"],
  ],
  [
    "cancels no top-up, and says it did not",
    () => instead("DELETE /users/me/wallet/top-ups/[^/]+", 503, { code: "payment_unavailable", detail: "Away." }),
    ["top_up.cancel"],
  ],
  [
    "answers a cancellation otherwise when it is asked again",
    () => altered("DELETE /users/me/wallet/top-ups/[^/]+", (json) => ({ ...json, updated_at: String((spaces += 1)) })),
    ["top_up.cancel"],
  ],
  ["charges more", () => altered("POST /holds/[^/]+/settle", (json) => ({ ...json, credits_charged: "9" })), ["hold.settle"]],
  ["keeps the key that was revoked", () => instead("DELETE /users/me/keys/[^/]+", 204, null), ["key.revoke"]],
  ["finds no balance low", () => altered("GET /users/me/wallet", (json) => ({ ...json, low_balance: false })), ["enforcement.low"]],
  [
    "does not know who granted",
    () =>
      altered("GET /users/me/transactions", (json) => ({
        transactions: json.transactions.map((row: Json) => ({ ...row, initiated_by: null })),
      })),
    ["grant.row"],
  ],
  [
    "answers another balance than the wallet's",
    () => turn(() => ({ balance_after: "77" })),
    ["turn.wallet", "turn.debit", "enforcement.allows"],
  ],
  [
    "answers another charge than the ledger's",
    () => turn(() => ({ credits_charged: "0.1" })),
    ["turn.wallet", "turn.usage", "turn.debit", "turn.receipt", "file.turn", "price.arithmetic"],
  ],
  ["leaves a turn running", () => turn(() => ({ status: "running" })), ["turn", "file.turn"]],
  [
    "lists no usage",
    () =>
      altered(
        "GET /users/me/usage",
        rows("events", () => false),
      ),
    ["turn.usage"],
  ],
  [
    "writes no debit",
    () =>
      altered(
        "GET /users/me/transactions",
        rows("transactions", ({ kind }) => kind !== "debit"),
      ),
    ["turn.debit", "turn.receipt", "wallet.admin", "price.arithmetic"],
  ],
  ["has a receipt that does not match", () => altered("GET .*/receipt", (json) => ({ ...json, matches: false })), ["turn.receipt"]],
  [
    "replays other bytes",
    () =>
      altered("POST .*", (json, request) =>
        request.headers.has("idempotency-key") ? `${JSON.stringify(json)}${" ".repeat((spaces += 1))}` : json,
      ),
    ["grant.replay", "grant.users", "turn.replay"],
  ],
  [
    "has no days in its report",
    () =>
      altered(
        "GET /admin/usage/summary",
        rows("daily", () => false),
      ),
    ["summary.day"],
  ],
  [
    "changes no price, and says it did",
    () => instead("PATCH /admin/pricing/default", 200, { model_alias: "default", multiplier: "0.9999", pricing_version: "2026-02-20" }),
    ["price.binds"],
  ],
  [
    "does not take If-Match",
    () => instead("PATCH /admin/pricing/default", 412, { code: "precondition_failed", detail: "No." }),
    ["price.patch", "price.binds", "price.arithmetic"],
  ],
  [
    "charges by other weights than its receipt has",
    () => altered("GET .*/receipt", (json) => ({ ...json, lines: json.lines.map((line: Json) => ({ ...line, weight_output: "2" })) })),
    ["price.arithmetic"],
  ],
  [
    "refuses in other words",
    () => altered("POST /sessions/[^/]+/turns", (json) => (json.code === undefined ? json : { ...json, detail: "No credits." })),
    ["enforcement.refuses"],
  ],
  [
    "does not enforce what was switched on",
    () => instead("PATCH /admin/settings/enforcement", 200, { enforcement_enabled: true, source: "override" }),
    ["enforcement.refuses", "enforcement.off"],
  ],
  [
    "takes no file",
    () => instead("POST /sessions/[^/]+/files", 500, { code: "internal", detail: "A fault." }),
    ["file.sent", ...AFTER_SENT],
  ],
  [
    "reads another file",
    () => altered("GET /sessions/[^/]+/files/[^/]+", (json) => (json.text_preview ? { ...json, text_preview: "other" } : json)),
    ["file.read"],
  ],
  [
    "has a model that reads no file",
    () => altered("POST /sessions/[^/]+/turns", (json) => (json.tool_calls?.length > 0 ? { ...json, tool_calls: [] } : json)),
    ["file.turn"],
  ],
  ["keeps a file", () => instead("DELETE /sessions/[^/]+/files/[^/]+", 204, null), ["file.deleted"]],
  ["has broken invariants", () => altered("GET /admin/reconciliation", (json) => ({ ...json, broken_total: 1 })), ["reconciliation"]],
  [
    "keeps sessions",
    () => instead("DELETE /sessions/[^/]+", 500, { code: "internal", detail: "A fault." }),
    ["sessions.user", "sessions.empty"],
  ],
  [
    "has one answer that comes from elsewhere",
    () => altered("GET /users/me/usage", same, (headers) => headers.delete("pantheon-version")),
    ["drift.answers"],
  ],
  ["answers what nobody can read", () => altered("GET /users/me/usage", () => "{nothing"), ["turn.usage"]],
];

let spaces = 0;

function repeating(request: Request): Response {
  return Response.json({ code: "internal", detail: `You sent ${request.headers.get("authorization")}.` }, { status: 500 });
}

describe("a stage that", () => {
  it.each(WRONG)("%s is red there", async (_what, intercept, red) => {
    const before = await settingsOf(world);
    const evidence = await withFront(world, { intercept: intercept() }, (url) => verify(world, { url, tokens }));
    expect(idsOf(evidence, "red", "not run")).toEqual(red);
    expect(evidence.ok).toBe(false);
    const { price, override } = await settingsOf(world);
    expect({ price, override }).toEqual({ price: before.price, override: before.override });
  });

  it("kept sessions has them deleted by the next run", async () => {
    expect(rowOf(await verify(world), "sessions.user").seen).toMatch(/^\d+ deleted$/);
    expect((await settingsOf(world)).sessions).toBe(0);
  });

  it("sends elsewhere is not followed, since a token is for nobody else", async () => {
    const location = `${world.apiUrl}/api/v1/users/me/usage`;
    const intercept: Intercept = (request, next) => (request.url.includes("/me/usage") ? Response.redirect(location) : next(request));
    const evidence = await withFront(world, { intercept }, (url) => verify(world, { url, tokens }));
    expect(idsOf(evidence, "red", "not run")).toEqual(["turn.usage", "drift.answers"]);
    expect(rowOf(evidence, "turn.usage").seen).toBe("302");
  });

  it("repeats what it was sent gets no token into the evidence", async () => {
    const evidence = await withFront(world, { intercept: repeating }, (url) => verify(world, { url, tokens }));
    expect(rowOf(evidence, "auth.user").seen).toBe("500 internal: You sent Bearer [token]");
    for (const token of Object.values(tokens)) expect(JSON.stringify(evidence)).not.toContain(token?.slice(0, 24));
  });
});
