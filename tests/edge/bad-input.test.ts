// Bad input gets the refusal that the contract names, as a problem document, and leaves no trace: nothing is written, no model is asked,
// nothing is repeated. Every answer carries its request id and the build.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { BAD_BODIES, BAD_IDS } from "../support/bad-requests.ts";
import { checkedSend, COMMIT } from "../support/checked-send.ts";
import { exactRequest, type ExactRequest } from "../support/exact-request.ts";
import { givenSession, runTurn } from "../support/given.ts";
import { tracesOf } from "../support/traces.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let session: string;
let token: string;
let before: unknown;

beforeAll(async () => {
  world = await testWorld({ environment: { COMMIT_SHA: COMMIT, ADMIN_USER_IDS: "ada" } });
  session = await givenSession(world);
  await runTurn(world, session);
  token = await world.issuer.token({ user: "ada" });
  before = await tracesOf(world);
});

afterEach(() => expectNothingHappened());

afterAll(() => world.end());

const send = (sent: ExactRequest) => checkedSend(world, session, sent);

describe("a request is refused when", () => {
  it.each(BAD_BODIES)("$what ($target)", async ({ target, headers, body, status, at }) => {
    const [method = "", path = ""] = target.split(" ");
    const answer = await send({ method, path, ...(headers && { headers }), ...(body !== undefined && { body }) });
    expect(answer.status).toBe(status);
    if (at !== undefined) expect(answer.json.errors).toEqual([{ path: at, message: expect.any(String) }]);
  });

  it("there are thousands of unknown properties, with no more than a few of them told", async () => {
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_none, index) => [`n${index}`, 0])));
    const answer = await send({ method: "POST", path: "/api/v1/sessions", headers: { "Content-Type": "application/json" }, body });
    expect(answer.status).toBe(422);
    expect(answer.json.errors.length).toBeLessThanOrEqual(20);
  });
});

describe("what only looks bad", () => {
  const big = "😀".repeat(32_000);

  it.each([
    ["32 000 characters of four octets, with blanks around them", JSON.stringify({ message: ` ${big}\n` }), { user_input: big }],
    ["a byte order mark", '\ufeff{"message":"hi"}', { user_input: "hi" }],
    ["a pair of surrogates, spelled out", String.raw`{"message":"\ud83d\ude00"}`, { user_input: "😀" }],
    ["one property twice", '{"message":5,"message":"hi"}', { user_input: "hi" }],
    ["the fewest output tokens", '{"message":"hi","max_output_tokens":1}', { status: "completed" }],
    ["the most output tokens, as a decimal", '{"message":"hi","max_output_tokens":8192.0}', { status: "completed" }],
    [
      "a text that looks like SQL and script",
      `{"message":"'; DROP TABLE turns; -- <script>"}`,
      { user_input: "'; DROP TABLE turns; -- <script>" },
    ],
  ])("is taken: %s", async (_what, body, expected) => {
    const headers = { "Content-Type": "Application/JSON ; charset=UTF-8" };
    const answer = await send({ method: "POST", path: "/api/v1/sessions/{session}/turns", headers, body });
    expect([answer.status, answer.json]).toEqual([201, expect.objectContaining(expected)]);
    before = await tracesOf(world);
  });
});

describe("a body that is longer than it says", () => {
  it("is cut where it said, and the rest is no request", async () => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Content-Length": "2" };
    const body = `{"message":"${"x".repeat(300_000)}"}`;
    const answer = await exactRequest(world.apiUrl, { method: "POST", path: `/api/v1/sessions/${session}/turns`, headers, body });
    expect(answer.status).toBe(400);
  });
});

const READS = [
  "auth/me",
  "users/me/wallet",
  "users/me/usage",
  "users/me/transactions",
  "users/me/wallet/top-ups",
  "sessions",
  "sessions/{session}",
];
const LISTS = [
  "sessions",
  "sessions/{session}/turns",
  "sessions/{session}/messages",
  "users/me/usage",
  "users/me/transactions",
  "users/me/wallet/top-ups",
];
const RECEIPT = "users/me/transactions/{id}/receipt";

describe("a query", () => {
  it.each([...READS, ...LISTS])("that GET %s does not know is refused with its name", async (path) => {
    for (const name of ["user_id", "is_admin", "x", "__proto__", "constructor", "_method"]) {
      const answer = await send({ method: "GET", path: `/api/v1/${path}?${name}=1` });
      expect([answer.status, answer.json.errors]).toEqual([422, [{ path: name, message: "is not known" }]]);
    }
  });

  it.each([
    "POST /api/v1/sessions",
    "POST /api/v1/sessions/{session}/turns",
    "POST /api/v1/users/me/wallet/top-up",
    "DELETE /api/v1/sessions/{session}",
  ])("of %s is refused", async (target) => {
    const [method = "", path = ""] = target.split(" ");
    const answer = await send({
      method,
      path: `${path}?user_id=bob`,
      headers: { "Content-Type": "application/json" },
      body: '{"message":"hi"}',
    });
    expect([answer.status, answer.json.errors]).toEqual([422, [{ path: "user_id", message: "is not known" }]]);
  });
});

describe("a fault is told in words", () => {
  it.each([
    ['{"message":7}', "message", "must be text"],
    ['{"message":"hi","max_output_tokens":"7"}', "max_output_tokens", "must be a number"],
    ['{"message":"hi","max_output_tokens":1.5}', "max_output_tokens", "must be a whole number"],
    ['{"message":"hi","max_output_tokens":0}', "max_output_tokens", "must be at least 1"],
    ['{"message":"hi","max_output_tokens":9000}', "max_output_tokens", "must be at most 8192"],
    ["{}", "message", "is required"],
  ])("%s", async (body, path, message) => {
    const answer = await send({
      method: "POST",
      path: "/api/v1/sessions/{session}/turns",
      headers: { "Content-Type": "application/json" },
      body,
    });
    expect([answer.status, answer.json.errors]).toEqual([422, [{ path, message }]]);
  });

  it("of a list of words names them", async () => {
    const headers = { "Content-Type": "application/json" };
    const answer = await send({ method: "POST", path: "/api/v1/sessions", headers, body: '{"tools":["shell"]}' });
    expect(answer.json.errors).toEqual([{ path: "tools.0", message: "must be search or file_read" }]);
  });
});

describe("an id in a path", () => {
  const PRICE = '{"multiplier":1,"pricing_version":"2026-02-20"}';
  const routes = [
    "GET sessions/{id}",
    "DELETE sessions/{id}",
    "GET sessions/{id}/turns",
    "GET sessions/{id}/messages",
    "POST sessions/{id}/turns",
    `GET ${RECEIPT}`,
    "GET users/me/wallet/top-ups/{id}",
    "GET admin/wallets/{id}",
    "PATCH admin/pricing/{id}",
    "POST admin/users/{id}/suspend",
    "POST admin/users/{id}/reactivate",
    "POST admin/pricing/versions/{id}/activate",
    "GET admin/pricing/versions/{id}",
  ];

  it.each(routes)("that is none of ours is answered by %s like one that never was", async (route) => {
    const [method = "", path = ""] = route.split(" ");
    const ask = (id: string) => {
      const body = {
        ...(path.endsWith("turns") && method === "POST" && { body: '{"message":"hi"}' }),
        ...(method === "PATCH" && { body: PRICE }),
      };
      const headers = { "Content-Type": "application/json", "X-Request-Id": "same" };
      return send({ method, path: `/api/v1/${path.replace("{id}", () => id)}`, headers, ...body });
    };
    const unknown = await ask(newId());
    expect([unknown.status, unknown.json.code]).toEqual([404, "not_found"]);
    for (const spelled of BAD_IDS) {
      const odd = await ask(spelled.replace("{id}", () => session).replace("{ID}", () => session.toUpperCase()));
      expect([spelled, odd.status, odd.text]).toEqual([spelled, 404, unknown.text]);
    }
    expect((await ask("a".repeat(10_000))).status).toBe(414);
  });
});

/** No row of any table is another, no model was asked, and no object has got a property that it was not given. */
async function expectNothingHappened(): Promise<void> {
  expect(await tracesOf(world)).toEqual(before);
  expect("isAdmin" in {}).toBe(false);
}
