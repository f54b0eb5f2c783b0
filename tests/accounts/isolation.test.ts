// Nobody meets anything of anybody else: a foreign id is an unknown id, a claim to be somebody else changes nothing, and two users who
// are served at the same time never see a word of each other.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { givenKey } from "../support/given-key.ts";
import { operationsOf } from "../support/openapi-document.ts";
import { readProjectFile } from "../support/project-files.ts";
import { randomFrom } from "../support/random.ts";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type Answer, type CallOptions, type TestWorld } from "../support/world.ts";

let world: TestWorld;
const bobs = { session: "", file: "", turn: "", transaction: "", top_up: "", key: "", hold: "", cursor: "" };

beforeAll(async () => {
  world = await testWorld();
  await givenCredits(world, "bob", "7");
  bobs.session = await givenSession(world, "bob", { title: "canary-bob", system_prompt: "canary-bob" });
  bobs.turn = (await runTurn(world, bobs.session, { user: "bob", message: "canary-bob" })).json.id;
  const { json } = await world.call("GET", "/api/v1/users/me/transactions?limit=1", { user: "bob" });
  bobs.transaction = json.transactions[0].id;
  const topUp = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "bob", body: { amount_usd: "10" } });
  bobs.top_up = topUp.json.id;
  const file = { filename: "canary-bob.txt", size_bytes: 4 };
  bobs.file = (await world.call("POST", `/api/v1/sessions/${bobs.session}/files`, { user: "bob", body: file })).json.id;
  bobs.key = (await givenKey(world, "bob")).id;
  const hold = await world.call("POST", "/api/v1/holds", { user: "bob", body: { model_alias: "default", credits: "0.5" } });
  bobs.hold = hold.json.id;
  bobs.cursor = json.next_cursor;
  await givenSession(world, "ada");
});

afterAll(() => world.end());

const MESSAGE = { message: "what did they say?" };

/** Every route with an id in it: how it is called, and which id of somebody else fits there. */
const ID_ROUTES: readonly (readonly [
  method: string,
  path: string,
  kind: "session" | "turn" | "transaction" | "top_up" | "key" | "hold",
  options: CallOptions,
])[] = [
  ["GET", "sessions/{id}", "session", {}],
  ["PATCH", "sessions/{id}", "session", { body: { title: "mine" } }],
  ["PATCH", "sessions/{id}", "session", { body: { title: "mine" }, key: "a-patch-key-of-ada" }],
  ["DELETE", "sessions/{id}", "session", {}],
  ["DELETE", "sessions/{id}", "session", { key: "a-key-of-ada" }],
  ["GET", "sessions/{id}/turns", "session", {}],
  ["GET", "sessions/{id}/context", "session", {}],
  ["GET", "sessions/{id}/messages", "session", {}],
  ["GET", "sessions/{id}/messages?limit=1&offset=1", "session", {}],
  ["POST", "sessions/{id}/turns", "session", { body: MESSAGE }],
  ["POST", "sessions/{id}/turns/stream", "session", { body: MESSAGE }],
  ["POST", "sessions/{id}/turns", "session", { body: MESSAGE, key: "another-key-of-ada" }],
  ["GET", "sessions/{id}/files", "session", {}],
  ["POST", "sessions/{id}/files", "session", { body: { filename: "a.txt", size_bytes: 4 } }],
  ["POST", "sessions/{id}/files", "session", { body: { filename: "a.txt", size_bytes: 4 }, key: "a-file-key-of-ada" }],
  ["GET", "sessions/{id}/files/{file_id}", "session", {}],
  ["GET", "sessions/{id}/files/{file_id}/upload", "session", {}],
  ["DELETE", "sessions/{id}/files/{file_id}", "session", {}],
  ["DELETE", "sessions/{id}/files/{file_id}", "session", { key: "another-file-key-of-ada" }],
  ["GET", "users/me/transactions/{id}/receipt", "transaction", {}],
  ["GET", "users/me/turns/{id}", "turn", {}],
  ["GET", "users/me/wallet/top-ups/{id}", "top_up", {}],
  ["DELETE", "users/me/wallet/top-ups/{id}", "top_up", {}],
  ["PATCH", "users/me/keys/{id}", "key", { body: { name: "mine" } }],
  ["PATCH", "users/me/keys/{id}", "key", { body: { models: null }, key: "a-key-of-adas-own" }],
  ["POST", "users/me/keys/{id}/rotate", "key", { body: {} }],
  ["DELETE", "users/me/keys/{id}", "key", {}],
  ["POST", "holds/{id}/settle", "hold", { body: { credits: "0.1" } }],
  ["POST", "holds/{id}/extend", "hold", { body: { lease_seconds: 60 } }],
  ["DELETE", "holds/{id}", "hold", {}],
];

/** Every admins' route with an id in it, and one that is there. */
const ADMIN_ROUTES: readonly (readonly [method: string, path: string, id: string])[] = [
  ["GET", "admin/wallets/{id}", "bob"],
  ["GET", "admin/users/{id}", "bob"],
  ["GET", "admin/users/{id}/transactions", "bob"],
  ["GET", "admin/users/{id}/turns", "bob"],
  ["GET", "admin/users/{id}/top-ups", "bob"],
  ["GET", "admin/turns/{id}", newId()],
  ["DELETE", "admin/keys/{id}", newId()],
  ["PATCH", "admin/keys/{id}", newId()],
  ["GET", "admin/users/{id}/limits", "bob"],
  ["PUT", "admin/users/{id}/limits", "bob"],
  ["POST", "admin/top-ups/{id}/resolve", newId()],
  ["POST", "admin/wallets/{id}/grant", "bob"],
  ["POST", "admin/grants/{id}/confirm", newId()],
  ["POST", "admin/grants/{id}/dismiss", newId()],
  ["POST", "admin/wallets/{id}/deduct", "bob"],
  ["POST", "admin/users/{id}/wallet/grant", "bob"],
  ["POST", "admin/users/{id}/suspend", "bob"],
  ["POST", "admin/users/{id}/reactivate", "bob"],
  ["PATCH", "admin/pricing/{id}", "default"],
  ["POST", "admin/pricing/versions/{id}/activate", "2026-02-20"],
  ["GET", "admin/pricing/versions/{id}", "2026-02-20"],
];

describe("an id of somebody else", () => {
  it.each(ID_ROUTES)("is answered by %s %s like one that never was, and nothing happens to it", async (method, path, kind, options) => {
    const before = await tracesOf(world);
    const address = (id: string) => `/api/v1/${path.replace("{id}", id).replace("{file_id}", bobs.file)}`;
    const call = (id: string, more: CallOptions = {}) => world.call(method, address(id), { ...options, ...more });
    const foreign = await call(bobs[kind]);
    const unknown = await call(newId());
    expect(alike(foreign)).toEqual(alike(unknown));
    expect(foreign.status).toBe(404);
    expect(alike(await call(kind === "turn" ? bobs.session : bobs.turn))).toEqual(alike(unknown)); // an id of another kind
    expect(await tracesOf(world)).toEqual(before);
  });

  it.each(ADMIN_ROUTES)(
    "is not told from one that never was by %s %s, which is closed to users, and nothing happens",
    async (method, path, id) => {
      const before = await tracesOf(world);
      const options = method === "GET" ? {} : { body: { amount: 1 }, key: "a-third-key" };
      const call = (name: string) => world.call(method, `/api/v1/${path.replace("{id}", name)}`, options);
      const foreign = await call(id);
      expect(alike(foreign)).toEqual(alike(await call("never-was")));
      expect([foreign.status, foreign.json.detail]).toEqual([403, "Admin access required."]);
      expect(await tracesOf(world)).toEqual(before);
    },
  );

  it("was tried on every route that takes one", async () => {
    const documented = operationsOf(await readProjectFile("docs/openapi.json")).filter(({ path }) => path.includes("{"));
    const tried = [...ID_ROUTES, ...ADMIN_ROUTES].map(([method, path]) => `${method} /api/v1/${path.replace(/\?.*/, "")}`);
    expect(documented.map(({ name }) => name.replace(/\{\w+\}/, "{id}")).toSorted()).toEqual([...new Set(tried)].toSorted());
  });
});

describe("a claim to be somebody else", () => {
  const READS = ["auth/me", "sessions", ...["wallet", "wallet/top-ups", "usage", "transactions", "data"].map((of) => `users/me/${of}`)];

  it.each(READS)("in a header changes nothing about GET %s", async (path) => {
    const headers = { "X-User-Id": "bob", "X-Forwarded-User": "bob", "X-Amzn-Oidc-Identity": "bob", Cookie: "user_id=bob", From: "bob" };
    const plain = await world.call("GET", `/api/v1/${path}`);
    const claimed = await world.call("GET", `/api/v1/${path}`, { headers });
    expect([claimed.status, claimed.text]).toEqual([200, plain.text]);
    expect(claimed.text).not.toMatch(/bob/);
  });

  it.each(READS)("in the query of GET %s is refused", async (path) => {
    const answer = await world.call("GET", `/api/v1/${path}?user_id=bob`);
    expect([answer.status, answer.json.errors]).toEqual([422, [{ path: "user_id", message: "is not known" }]]);
  });

  it("in a body is refused", async () => {
    const before = await tracesOf(world);
    const own = await world.call("GET", "/api/v1/sessions");
    for (const name of ["user_id", "started_by_user_id"]) {
      const opened = await world.call("POST", "/api/v1/sessions", { body: { [name]: "bob" } });
      const ran = await world.call("POST", `/api/v1/sessions/${own.json.sessions[0].id}/turns`, { body: { ...MESSAGE, [name]: "bob" } });
      expect([opened.status, ran.status]).toEqual([422, 422]);
    }
    expect(await tracesOf(world)).toEqual(before);
  });

  it("by a cursor opens nothing", async () => {
    expect(bobs.cursor).toEqual(expect.any(String));
    const answer = await world.call("GET", `/api/v1/users/me/transactions?cursor=${bobs.cursor}`);
    expect([answer.status, answer.json.errors[0].path]).toEqual([422, "cursor"]);
  });

  it("by their Idempotency-Key gives an answer of one's own", async () => {
    const key = "a-shared-key";
    const [theirs, own] = [await givenSession(world, "bob"), await givenSession(world, "ada")];
    const opened = { bob: await openAs("bob", key, { title: "canary-bob" }), ada: await openAs("ada", key, { title: "mine" }) };
    expect([opened.ada.status, opened.ada.headers.get("idempotency-replayed"), opened.ada.json.title]).toEqual([201, null, "mine"]);
    expect(opened.ada.json.id).not.toBe(opened.bob.json.id);
    const ran = {
      bob: await runTurn(world, theirs, { user: "bob", key: "a-turn-key", message: "canary-bob" }),
      ada: await runTurn(world, own, { user: "ada", key: "a-turn-key", message: "mine" }),
    };
    expect([ran.ada.status, ran.ada.headers.get("idempotency-replayed"), ran.ada.json.user_input]).toEqual([201, null, "mine"]);
    expect(ran.ada.json.id).not.toBe(ran.bob.json.id);
  });
});

describe("two users at once", () => {
  const REQUESTS = 200;
  const SEED = 20_261_120;

  it("never see a word of each other, in answers or in what the model is asked", async () => {
    const users = await Promise.all(["cleo", "dora"].map((name) => givenUserWithCanaries(name)));
    const next = randomFrom(SEED);
    const chance = (choices: number) => Math.floor(next() * choices);
    const asked = Array.from({ length: REQUESTS }, () => {
      const user = users[chance(users.length)] ?? users[0];
      const ways = user === undefined ? [] : waysOf(user.name, user.session, user.debit);
      return { user, way: ways[chance(ways.length)] };
    });
    const answers = await Promise.all(asked.map(async ({ user, way }) => ({ user, answer: await way?.() })));

    expect(answers.filter(({ answer }) => answer === undefined || answer.status >= 500)).toEqual([]);
    for (const { user, answer } of answers) {
      const foreign = users.filter(({ name }) => name !== user?.name).map(({ name }) => `canary-${name}`);
      expect(foreign.filter((canary) => `${answer?.text} ${JSON.stringify([...(answer?.headers ?? [])])}`.includes(canary))).toEqual([]);
    }
    expect(answers.filter(({ user, answer }) => answer?.text.includes(`canary-${user?.name}`)).length).toBeGreaterThan(REQUESTS / 4);
    const prompts = world.provider.requests.map((request) => JSON.stringify(request));
    expect(prompts.filter((prompt) => prompt.includes("canary-cleo") && prompt.includes("canary-dora"))).toEqual([]);
    expect(prompts.filter((prompt) => /canary-(?:cleo|dora)/.test(prompt)).length).toBeGreaterThan(2);
  });
});

async function givenUserWithCanaries(name: string) {
  const canary = `canary-${name}`;
  const session = await givenSession(world, name, { title: canary, system_prompt: canary });
  const turn = await runTurn(world, session, { user: name, message: canary });
  expect(turn.status).toBe(201);
  const { json } = await world.call("GET", "/api/v1/users/me/transactions", { user: name });
  return { name, session, debit: String(json.transactions[0].id) };
}

/** What a user may do, each of it a chance to be shown another's rows. */
function waysOf(user: string, session: string, debit: string): (() => Promise<Answer>)[] {
  const get = (path: string) => () => world.call("GET", `/api/v1/${path}`, { user });
  return [
    get("auth/me"),
    get("users/me/wallet"),
    get("users/me/wallet/top-ups?limit=200"),
    get("users/me/usage?limit=200"),
    get("users/me/transactions?limit=200"),
    get(`users/me/transactions/${debit}/receipt`),
    get("users/me/data"),
    get("sessions?limit=200"),
    get(`sessions/${session}`),
    get(`sessions/${session}/turns?limit=200`),
    get(`sessions/${session}/messages?limit=200`),
    () => world.call("POST", "/api/v1/sessions", { user, body: { title: `canary-${user}` } }),
    () => runTurn(world, session, { user, message: `canary-${user}` }),
  ];
}

function openAs(user: string, key: string, body: unknown): Promise<Answer> {
  return world.call("POST", "/api/v1/sessions", { user, key, body });
}

/** All that a caller can see of an answer, except the id of the request itself. */
function alike({ status, headers, json }: Answer): unknown {
  const { request_id: _id, ...body } = json;
  const seen = [...headers].filter(([name]) => !["x-request-id", "pantheon-request-id", "date"].includes(name));
  return { status, body, headers: seen };
}
