// Rows 122 to 127: secrets, inner words, browsers and headers, over everything that was asked before.

import { performance } from "node:perf_hooks";
import { expect } from "vitest";
import { BAD_BODIES } from "../../../support/bad-requests.ts";
import { givenContainer, providedBy } from "../../../support/container.ts";
import { givenRefusedWrite, givenNoRefusedWrite } from "../../../support/fault-trigger.ts";
import { givenEnforcement, givenModelAsked, givenPrice, givenSession, modelsWith, runTurn } from "../../../support/given.ts";
import { provokePriceRefusals, provokeTopUpRefusals, provokeWebhook } from "../../../support/openapi-refusals.ts";
import type { Answer } from "../../../support/world.ts";
import { ORIGIN } from "../attack-world.ts";
import { ROOT_NAME, type Attack, type AttackRequest, type Row } from "../row.ts";
import { asks, callerOf, GET_WALLET, pathOf, POST_SESSION, POST_TOP_UP, POST_TURN, sends } from "./requests.ts";

const EVIL = [
  "https://evil.com",
  "null",
  `${ORIGIN}.evil.com`,
  "https://evilapp.example.com",
  "http://app.example.com",
  `${ORIGIN}:8443`,
  "*",
  ORIGIN.toUpperCase(),
];
const PREFLIGHT = { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization" };
const noPermission = ({ headers }: Answer) =>
  headers.get("access-control-allow-origin") === null && (headers.get("vary") ?? "").includes("Origin")
    ? null
    : "a permission, or no Vary: Origin";

/** Texts that slow a careless pattern down. */
const SLOW = [
  "a".repeat(50_000),
  `${"a".repeat(49_000)}!`,
  "a@".repeat(25_000),
  "0".repeat(50_000),
  " ".repeat(50_000),
  "\\u200d".repeat(8_000),
  "1.".repeat(25_000),
  "-".repeat(50_000),
];

export const LEAKS: readonly Row[] = [
  {
    id: 122,
    what: "a canary in every secret: none in any answer or log line so far",
    story: async ({ world, send, say }) => {
      const { captured, canaries, met } = world;
      const body = JSON.stringify({ message: `my card is ${canaries.card} and my word is ${canaries.text}` });
      const lines = await captured.during(async () => {
        await send(sends(POST_TURN, body, { status: 201 }));
        await send(sends(POST_SESSION, JSON.stringify({ title: 5, note: canaries.text, [canaries.card]: 1 }), { status: 422 }));
        const headers = { "Idempotency-Key": `${canaries.text}-${canaries.card} ` };
        await send(sends(POST_TURN, body, { status: [201, 422] }, { headers }));
      });
      expect(lines.length).toBeGreaterThan(2);
      say(`${captured.printed()} log lines were looked through for ${canaries.places().length} canaries`);
      expect(met).toEqual([]);
    },
  },
  { id: 123, what: "every class of refusal, made to happen", story: everyRefusal },
  {
    id: 124,
    what: "browsers of other origins",
    requests: () =>
      EVIL.flatMap((origin) => [
        asks("OPTIONS /api/v1/sessions", { status: 204, also: noPermission }, { as: null, headers: { Origin: origin, ...PREFLIGHT } }),
        asks("GET /api/v1/sessions", { status: 200, also: noPermission }, { headers: { Origin: origin, Cookie: "a=1" } }),
        asks("GET /api/v1/nothing", { status: 404, also: noPermission }, { headers: { Origin: origin } }),
        asks("GET /api/v1/admin/settings", { status: 401, also: noPermission }, { as: null, headers: { Origin: origin } }),
      ]),
  },
  {
    id: 125,
    what: "a preflight with 10 KB of blanks",
    requests: () =>
      [" ".repeat(10_000), ", ".repeat(5_000), `a${" ".repeat(10_000)}b`].map((names) =>
        asks(
          "OPTIONS /api/v1/sessions",
          { status: 204 },
          { as: null, headers: { Origin: ORIGIN, ...PREFLIGHT, "Access-Control-Request-Headers": names } },
        ),
      ),
  },
  {
    id: 126,
    what: "the headers of every route's answer, good and refused",
    requests: ({ operations }) =>
      operations
        .filter(({ method }) => method === "GET")
        .flatMap((operation) => {
          const good = asks(`GET ${pathOf(operation)}`, { status: 200 }, { as: callerOf(operation) });
          return operation.secured ? [good, asks(`GET ${pathOf(operation)}`, { status: 401 }, { as: null })] : [good];
        }),
  },
  {
    id: 127,
    what: "texts of 50 KB that slow patterns down; the times are reported",
    story: async ({ send, say }) => {
      const began = performance.now();
      const all = slowTexts();
      let slowest = 0;
      for (const request of all) {
        const then = performance.now();
        await send(request);
        slowest = Math.max(slowest, performance.now() - then);
      }
      say(`${all.length} texts in ${(performance.now() - began).toFixed(0)} ms, the slowest ${slowest.toFixed(0)} ms`);
    },
  },
];

function slowTexts(): AttackRequest[] {
  const fields = [
    [POST_SESSION, "model_alias", ""],
    [POST_SESSION, "title", ""],
    [POST_TURN, "model_alias_override", '"message":"hi",'],
    [POST_TOP_UP, "amount_usd", ""],
    ["POST /api/v1/admin/pricing/versions", "version", '"label":"x","effective_date":"2027-01-01",'],
    ["POST /api/v1/admin/pricing/versions", "effective_date", '"label":"x","version":"x",'],
  ] as const;
  return SLOW.flatMap((text) => {
    const token = `Bearer ${text.slice(0, 10_000).replaceAll("\\", "")}`;
    const limit = encodeURIComponent(text).slice(0, 7_000).replace(/%.?$/, "");
    const bodies = fields.map(([target, name, beside]) =>
      sends(target, `{${beside}"${name}":"${text}"}`, { status: 422, at: name }, { as: target.includes("admin") ? ROOT_NAME : "ada" }),
    );
    return bodies.concat(
      asks(GET_WALLET, { status: 401 }, { as: null, headers: { Authorization: token } }),
      asks(`GET /api/v1/sessions?limit=${limit}`, { status: 422, at: "limit" }),
    );
  });
}

/** The codes of the contract that this row must have seen at its end. */
const CODES = (
  "malformed_request unauthenticated insufficient_credits forbidden account_suspended not_found method_not_allowed session_busy conflict " +
  "precondition_failed payload_too_large uri_too_long unsupported_media_type invalid_request idempotency_key_reused unknown_model_alias " +
  "context_budget_exceeded rate_limited internal malformed_metadata invalid_signature payment_failed provider_failed not_configured " +
  "database_unavailable out_of_time provider_timeout idempotency_in_progress"
).split(" ");

async function everyRefusal(attack: Attack): Promise<void> {
  const { world, send, look } = attack;
  const seen = new Set<string>();
  const take = (name: string, answer: Answer) => {
    if (answer.json?.code !== undefined) seen.add(answer.json.code);
    return look(name, answer, { status: answer.status });
  };
  const asRoot = {
    ...world,
    call: (...[method, path, options = {}]: Parameters<typeof world.call>) =>
      world.call(method, path, { user: path.includes("/admin/") ? ROOT_NAME : "ada", ...options }),
  };
  for (const alias of ["fake-500", "fake-slow-1500"]) await givenPrice(world, alias, "1");
  const version = { version: "attacked", label: "x", effective_date: "2027-01-01" };
  await asRoot.call("POST", "/api/v1/admin/pricing/versions", { body: version });
  await provokeWebhook(world, take);
  await provokeTopUpRefusals(world, take);
  await provokePriceRefusals(asRoot, version, take);
  await turnRefusals(attack, take);
  const simple: AttackRequest[] = [
    sends(POST_TURN, "{", { status: 400 }),
    asks(GET_WALLET, { status: 401 }, { as: null }),
    asks("GET /api/v1/admin/settings", { status: 403 }),
    asks("GET /api/v1/nothing", { status: 404 }),
    asks("PUT /api/v1/sessions", { status: 405 }),
    sends(POST_SESSION, " ".repeat(300_000), { status: 413 }),
    asks(`GET /api/v1/${"a".repeat(9_000)}`, { status: 414 }),
    { ...sends(POST_TURN, "{}", { status: 415 }), headers: { "Content-Type": "text/plain" } },
    sends(POST_TURN, '{"message":"hi","model_alias_override":"nobody"}', { status: 422 }),
    ...BAD_BODIES.filter(({ at }) => at === "message")
      .slice(0, 1)
      .map(({ target, headers = {}, body = "", status }) => ({ target, headers, body, expect: { status } })),
  ];
  for (const request of simple) take(request.target, await send(request));
  await unusual(attack, take);
  expect(CODES.filter((code) => !seen.has(code))).toEqual([]);
}

/** A provider that fails, a session that is busy, an account that is suspended, a wallet that is empty. */
async function turnRefusals({ world }: Attack, take: (name: string, answer: Answer) => Answer): Promise<void> {
  take("a provider that fails", await runTurn(world, await givenSession(world, "bea"), { user: "bea", alias: "fake-500" }));
  const busy = await givenSession(world, "cid");
  const slow = await givenModelAsked(world, () => runTurn(world, busy, { user: "cid", alias: "fake-slow-1500" }));
  take("a busy session", await runTurn(world, busy, { user: "cid" }));
  await slow.answer;
  const suspended = await givenSession(world, "dan");
  await world.call("POST", "/api/v1/admin/users/dan/suspend", { user: ROOT_NAME });
  take("a suspended account", await runTurn(world, suspended, { user: "dan" }));
  const poor = await givenSession(world, "eva");
  await givenEnforcement(world, true);
  take("an empty wallet", await runTurn(world, poor, { user: "eva" }));
  await givenEnforcement(world, null);
}

/** Refusals of a database that fails, a provider that is silent, a function without time, a stage without keys. */
async function unusual({ world }: Attack, take: (name: string, answer: Answer) => Answer): Promise<void> {
  const session = await givenSession(world, "ute");
  const away = new URL(world.databaseUrl);
  away.port = "9";
  const models = modelsWith("fake-slow-1500");
  const small = { ...models, default: { ...models["default"], contextWindow: 600 } } as typeof models;
  const containers = {
    database: givenContainer(world, { config: { databaseUrl: away.href } }),
    small: givenContainer(world, { models: small }),
    keyless: givenContainer(world, { config: providedBy(world.config, null) }),
    plain: givenContainer(world),
  };
  const turn = (container: keyof typeof containers, more = {}) => containers[container].turn(session, { user: "ute", ...more });
  try {
    take("the database is away", await turn("database"));
    take("a message that fits no window", await turn("small", { message: "word ".repeat(3_000) }));
    take("a provider without a key", await turn("keyless"));
    take("no time left", await turn("plain", { timeLeftMs: 0 }));
    take("a silent provider", await turn("plain", { alias: "fake-slow-1500", timeLeftMs: 3_600 }));
    const keyed = { user: "ute", key: "k-123", alias: "fake-slow-1500" };
    const slow = await givenModelAsked(world, () => runTurn(world, session, keyed));
    take("the same key, still running", await runTurn(world, session, keyed));
    await slow.answer;
    take("the same key, another request", await runTurn(world, session, { user: "ute", key: "k-123", message: "other" }));
    await givenRefusedWrite(world, { table: "sessions", on: "insert" });
    take("a write that fails for no known reason", await world.call("POST", "/api/v1/sessions", { user: "ute", body: {} }));
  } finally {
    await givenNoRefusedWrite(world);
    await Promise.all(Object.values(containers).map((container) => container.close()));
  }
}
