// The attack can fail: an answer that is wrong in one way is found to be wrong in that way, and a product that writes although it refuses,
// or answers what its document does not promise, is caught by rows and by mutations.

import { once } from "node:events";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exactRequest } from "../../support/exact-request.ts";
import { operationsOf, type Operation } from "../../support/openapi-document.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";
import { readProjectFile } from "../../support/project-files.ts";
import { tracesOf } from "../../support/traces.ts";
import type { Answer } from "../../support/world.ts";
import { attackWorld, type AttackWorld } from "./attack-world.ts";
import { createCanaries } from "./canaries.ts";
import { faultsOf } from "./check.ts";
import { allFaults, reportText } from "./report.ts";
import type { Group, Row } from "./row.ts";
import { runMutations } from "./run-mutations.ts";
import { runRows } from "./run-rows.ts";
import { POST_SESSION, sends } from "./rows/requests.ts";

const COMMIT = "c0ffee";
const HOUSE = { "x-request-id": "r-1", "pantheon-version": COMMIT, "cache-control": "no-store", "x-content-type-options": "nosniff" };
const PROBLEM = {
  type: "/problems/not_found",
  title: "Not found",
  status: 404,
  detail: "Not found.",
  code: "not_found",
  request_id: "r-1",
};
const canaries = createCanaries();

/** A good 404, or one with other headers or members. */
function answerOf(members: object = {}, headers: Record<string, string | null> = {}, status = 404): Answer {
  const text = JSON.stringify({ ...PROBLEM, ...members });
  const all = { ...HOUSE, "content-type": "application/problem+json", ...headers };
  const kept = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  return { status, headers: new Headers(kept), text, json: JSON.parse(text) };
}

const judge = (answer: Answer, expected = {}) => faultsOf(answer, { status: 404, ...expected }, canaries, COMMIT);

describe("an answer is found to be wrong when", () => {
  const wrongs: readonly (readonly [string, Answer, object, RegExp])[] = [
    ["it has another status", answerOf({}, {}, 200), {}, /^status 200, expected 404/],
    ["the server is at fault", answerOf({ status: 500 }, {}, 500), {}, /a fault of the server/],
    ["it has another code", answerOf(), { code: "forbidden" }, /code not_found, expected forbidden/],
    ["it has no request id", answerOf({}, { "x-request-id": null }), {}, /x-request-id is missing/],
    ["it says another build", answerOf({}, { "pantheon-version": "other" }), {}, /pantheon-version is "other"/],
    ["it may be cached", answerOf({}, { "cache-control": "max-age=1" }), {}, /cache-control/],
    ["its type may be guessed", answerOf({}, { "x-content-type-options": null }), {}, /x-content-type-options/],
    ["it names its server", answerOf({}, { server: "node" }), {}, /header server/],
    ["it sets a cookie", answerOf({}, { "set-cookie": "x=1" }), {}, /set-cookie/],
    ["it is no problem document", answerOf({ title: 5 }), {}, /not a problem document/],
    ["it is a problem of another media type", answerOf({}, { "content-type": "application/json" }), {}, /content type of a refusal/],
    ["its document says another status", answerOf({ status: 400 }), {}, /document says status 400/],
    ["its document says another id", answerOf({ request_id: "r-2" }), {}, /another request id/],
    ["a 422 has no place", answerOf({ code: "invalid_request", type: "/problems/invalid_request" }), {}, /a 422 without a place/],
    ["its faults are elsewhere", answerOf({ errors: [{ path: "b", message: "is wrong" }] }), { at: "a" }, /the faults are at \["b"\]/],
    ["it has a stack", answerOf({ detail: "Error: x at Object.run (/srv/app.ts:7:1)" }), {}, /speaks of the inside/],
    ["it has a statement", answerOf({ detail: 'select "id" from turns' }), {}, /speaks of the inside/],
    ["it names a table", answerOf({ detail: "credit_wallets is away" }), {}, /speaks of the inside/],
    ["it names a host", answerOf({ detail: "connect ECONNREFUSED 127.0.0.1:5432" }), {}, /speaks of the inside/],
    ["it has a secret", answerOf({ detail: canaries.environment["STRIPE_SECRET_KEY"] }), {}, /canary of STRIPE_SECRET_KEY/],
    ["a header has a secret", answerOf({}, { "x-a": canaries.environment["AUTH_JWT_SECRET"] ?? "" }), {}, /canary of AUTH_JWT_SECRET/],
    ["it repeats somebody's card", answerOf({ detail: `no ${canaries.card}` }), {}, /canary of a card number/],
    ["a rule of the row says so", answerOf(), { also: () => "it is blue" }, /it is blue/],
  ];

  it.each(wrongs)("%s", (_what, answer, expected, found) => {
    expect(judge(answer, expected)).toContainEqual(expect.stringMatching(found));
  });

  it("and a good one is not", () => {
    expect(judge(answerOf(), { code: "not_found" })).toEqual([]);
  });
});

describe("a product that is not as it should be", () => {
  let database: TestDatabase;
  let world: AttackWorld;
  let operations: Operation[];

  beforeAll(async () => {
    database = await freshDatabase();
    world = await attackWorld(database.url);
    operations = operationsOf(await readProjectFile("docs/openapi.json"));
  });
  afterAll(async () => {
    await world.end();
    await database.drop();
  });

  it("is caught by a row when it takes what must be refused, and when a story of it ends badly", async () => {
    const rows: readonly Row[] = [
      { id: 1, what: "taken", requests: () => [sends(POST_SESSION, "{}", { status: 422 })] },
      { id: 2, what: "told", story: () => Promise.reject(new Error("the story ends badly")) },
      { id: 3, what: "good", requests: () => [sends(POST_SESSION, "[]", { status: 422 })] },
    ];
    const found = await runRows({ world, operations, rows: { numbers: rows } as Record<Group, readonly Row[]>, full: false, seed: 1 });
    expect(found.faults.map(({ row, wrong }) => [row, ...wrong])).toEqual([
      ["A1 taken", "status 201, expected 422"],
      ["A1 taken", expect.stringMatching(/^something was written, or a model asked: by POST \/api\/v1\/sessions/)],
      ["A2 told", "the story ends badly"],
    ]);
    expect(found.groups[0]).toMatchObject({ rows: 3, passed: 1 });
    const report = {
      seed: 1,
      rows: found,
      mutations: null,
      met: ["a canary in a log line"],
      logLines: 1,
      canaries: 1,
      broken: ["balance"],
    };
    expect(allFaults(report)).toHaveLength(5);
    expect(reportText(report)).toMatch(/A1 taken[\s\S]*asked: .*POST[\s\S]*status 201, expected 422[\s\S]*5 faults\./);
  });

  it("is caught by mutations when its document promises less than it answers", async () => {
    const silent = operations.map((each) => ({ ...each, responses: each.responses.filter(({ status }) => status !== 422) }));
    const wanted = silent.filter(({ name }) => name === "GET /api/v1/sessions");
    const { faults } = await runMutations({ world, operations: silent, wanted, perRoute: 40, seed: 1 });
    expect(faults.length).toBeGreaterThan(0);
    for (const { got, wrong } of faults)
      expect([got, wrong[0]]).toEqual([expect.stringMatching(/^422 /), expect.stringMatching(/^status 422/)]);
  });

  it("is caught by mutations when it writes although it refuses, with the requests that did it", async () => {
    const careless = await writingOnRefusal(world);
    try {
      const wanted = operations.filter(({ name }) => name === POST_SESSION);
      const { faults } = await runMutations({ world: { ...world, apiUrl: careless.url }, operations, wanted, perRoute: 24, seed: 3 });
      expect(faults.length).toBeGreaterThan(0);
      for (const { got, wrong } of faults)
        expect([got, wrong]).toEqual([expect.stringMatching(/^422 /), [expect.stringMatching(/was written/)]]);
    } finally {
      await careless.close();
    }
  });

  it("is caught in its log when it says a secret", async () => {
    const before = await tracesOf(world);
    world.captured.info("careless", { detail: world.canaries.environment["OPENROUTER_API_KEY"] });
    expect(world.met).toEqual(["OPENROUTER_API_KEY in a log line"]);
    expect(await tracesOf(world)).toEqual(before);
  });
});

/** The product behind somebody who opens a session of `zed` whenever a request was refused with 422. */
async function writingOnRefusal(world: AttackWorld): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const forward = async () => {
      const { method = "GET", url: path = "/", headers } = request;
      const body = await buffer(request);
      const { connection: _connection, host: _host, "transfer-encoding": _chunked, "content-length": _length, ...kept } = headers;
      const answer = await exactRequest(world.apiUrl, { method, path, headers: kept, ...(body.length > 0 && { body }) });
      if (answer.status === 422) await world.call("POST", "/api/v1/sessions", { user: "zed", body: {} });
      response.writeHead(answer.status, Object.fromEntries([...answer.headers].filter(([name]) => name !== "transfer-encoding")));
      response.end(answer.text);
    };
    forward().catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
