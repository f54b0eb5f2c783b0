// What every answer of every function has in common over real HTTP: ids, headers, browser rules, failures, the log line, health.

import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { edgeApp, HOUSE_HEADERS, houseHeaders, ORIGINS, problemOf, refused, startEdge, THING } from "../support/edge.ts";
import { quietLog } from "../support/quiet-log.ts";

const { send, post, lines, port, healthFinds } = startEdge();

describe("headers", () => {
  it.each(["abc", "A.b_c-9", "x".repeat(64)])("the caller's request id %s is kept", async (id) => {
    const answer = await send({ headers: { "X-Request-Id": id } });
    expect(answer.headers["x-request-id"]).toBe(id);
    expect(lines.map((line) => line.fields["caller_request_id"])).toEqual([id]);
  });

  it.each(["", "x".repeat(65), "x".repeat(10_000), "<script>", "a%0d%0aSet-Cookie:x=1", "a b", "é", '{"a":1}'])(
    "a request id that is not plain is replaced: %s",
    async (id) => {
      const answer = await send({ headers: { "X-Request-Id": id } });
      expect(answer.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.headers["set-cookie"]).toBeUndefined();
    },
  );

  it("in great number are read, in great size refused by the server", async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`X-Many-${index}`, "1"]));
    expect((await send({ headers: many })).status).toBe(200);
    expect((await send({ headers: { "X-Big": "b".repeat(20_000) } })).status).toBe(431);
  });

  it("with two lengths of one body are refused by the server", async () => {
    const socket = connect(port(), "127.0.0.1");
    socket.setTimeout(10_000, () => socket.destroy());
    socket.write(
      `POST ${THING} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/things HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(socket, "close");
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect(lines).toEqual([]);
  });
});

describe("a body that never ends", () => {
  it("is refused while it is still being sent", async () => {
    const socket = connect(port(), "127.0.0.1");
    socket.setTimeout(10_000, () => socket.destroy());
    socket.write(`POST ${THING} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const size = 300_000;
    socket.write(`${size.toString(16)}\r\n${"a".repeat(size)}\r\n`);
    const [answer]: unknown[] = await once(socket, "data");
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("browsers", () => {
  it.each(ORIGINS)("from %s may call and read what they need", async (origin) => {
    const answer = await send({ headers: { Origin: origin } });
    expect(answer.headers).toMatchObject({ "access-control-allow-origin": origin, vary: expect.stringContaining("Origin") });
    expect(answer.headers["access-control-expose-headers"]?.split(",")).toEqual([
      "X-Request-Id",
      "Pantheon-Request-Id",
      "Pantheon-Version",
      "Idempotency-Replayed",
      "Retry-After",
      "ETag",
      "WWW-Authenticate",
    ]);
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
  });

  it.each([
    "https://evil.com",
    "null",
    "https://app.example.com.evil.com",
    "https://evilapp.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://APP.example.com",
    "*",
    "",
  ])("from %j get no permission, on any kind of answer", async (origin) => {
    const preflight = { method: "OPTIONS", headers: { Origin: origin, "Access-Control-Request-Method": "POST" } };
    for (const sent of [{ headers: { Origin: origin } }, { path: "/nothing", headers: { Origin: origin } }, preflight]) {
      const { headers } = await send(sent);
      expect([headers["access-control-allow-origin"], headers["access-control-allow-credentials"]]).toEqual([undefined, undefined]);
      expect(headers.vary).toContain("Origin");
    }
  });

  it("get their permission on refusals too, so that they can read why", async () => {
    const headers = { Origin: "https://app.example.com" };
    for (const sent of [{ path: "/nothing" }, { method: "PUT" }, { path: "/api/v1/things?limit=x" }, { path: "/api/v1/fails/error" }]) {
      expect((await send({ ...sent, headers })).headers["access-control-allow-origin"]).toBe("https://app.example.com");
    }
  });

  it("ask first, and are told methods and headers", async () => {
    const asked = {
      Origin: "https://app.example.com",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": " ".repeat(10_000),
    };
    const answer = await send({ method: "OPTIONS", path: THING, headers: asked });
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": "https://app.example.com",
      "access-control-allow-methods": "GET,HEAD,POST,PUT,PATCH,DELETE",
      "access-control-allow-headers": "Authorization,Content-Type,Idempotency-Key,If-Match,X-Request-Id",
    });
    expect(houseHeaders(answer)).toEqual(HOUSE_HEADERS);
  });
});

describe("a failure inside", () => {
  it.each(["error", "invariant", "text"])("is 500 without a word about it: %s", async (how) => {
    expect(await refused(send({ path: `/api/v1/fails/${how}` }))).toBe("500 internal");
    expect(JSON.stringify(lines)).not.toContain("canary");
  });

  it("that is a refusal keeps its status and says when to come back", async () => {
    const answer = await send({ path: "/api/v1/fails/busy" });
    expect([answer.status, answer.headers["retry-after"], problemOf(answer).code]).toEqual([409, "2", "session_busy"]);
  });
});

describe("the log", () => {
  it("has one line a request, with ids and the outcome and nothing that was sent", async () => {
    const injection = '\n{"level":"info","message":"canary"}';
    await post({ message: injection }, { headers: { "User-Agent": "canary", Authorization: "Bearer canary", "X-Request-Id": "r-1" } });
    await post({ message: injection, canary: 1 });
    await send({ path: "/canary" });
    expect(
      lines.map(({ message, fields }) => [message, fields["method"], fields["route"], fields["status"], fields["code"], fields["user_id"]]),
    ).toEqual([
      ["request", "POST", "/api/v1/things/:thing_id", 201, null, null],
      ["request", "POST", "/api/v1/things/:thing_id", 422, "invalid_request", null],
      ["request", "GET", "/*", 404, "not_found", null],
    ]);
    expect(lines[0]?.fields).toMatchObject({ caller_request_id: "r-1", function: "turns", ms: 0 });
    expect(JSON.stringify(lines)).not.toContain("canary");
  });
});

describe("health", () => {
  const place = { migration_head: "20261120_0023_x", expected_migration_head: "20261120_0023_x", revision: "7" };
  const build = { function: "turns", stage: "local", version: "0.1.0", commit: "c0ffee" };

  it.each(["/api/v1/health", "/api/v1/health/turns"])("of a function whose database is where it should be is ok: %s", async (path) => {
    const answer = await send({ path });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      200,
      { status: "ok", ...build, ...place, database_role: "application", maintenance: [] },
    ]);
    expect(houseHeaders(answer)).toEqual(HOUSE_HEADERS);
  });

  it("is drift, and still 200, when the database is ahead", async () => {
    healthFinds(() =>
      Promise.resolve({
        migrationHead: "20261121_0024_y",
        expectedMigrationHead: "20261120_0023_x",
        revision: "7",
        databaseRole: "application",
        maintenance: [],
      }),
    );
    const answer = await send({ path: "/api/v1/health" });
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { status: "drift", migration_head: "20261121_0024_y" }]);
  });

  it.each([null, "20261119_0001_w"])("is 503 when the database is behind: %s", async (migrationHead) => {
    healthFinds(() =>
      Promise.resolve({
        migrationHead,
        expectedMigrationHead: "20261120_0023_x",
        revision: "7",
        databaseRole: "application",
        maintenance: [],
      }),
    );
    const answer = await send({ path: "/api/v1/health" });
    expect(await refused(answer)).toBe("503 schema_behind");
    expect(problemOf(answer)).toMatchObject({ ...build, ...place, migration_head: migrationHead });
  });

  it("is 503 with a time to come back when the database is away", async () => {
    healthFinds(() => Promise.reject(new Error("connect ECONNREFUSED canary:5432")));
    const answer = await send({ path: "/api/v1/health/turns" });
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)]);
    expect(problemOf(answer)).toMatchObject({ code: "database_unavailable", ...build });
  });

  it("of another function is not answered here", async () => {
    expect(await refused(send({ path: "/api/v1/health/users" }))).toBe("404 not_found");
  });
});

it("a request behind a plain server has 29 seconds", async () => {
  expect(JSON.parse((await send({ path: "/api/v1/deadline" })).text)).toEqual({ in: 29_000 });
});

it("a request that does not end is answered before the function's time does, and says how to find out what became of it", async () => {
  const log = quietLog();
  const response = await edgeApp(log).request("/api/v1/never", {}, { timeLeft: () => 300 });
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await response.json()).toMatchObject({ code: "out_of_time", detail: expect.stringContaining("same Idempotency-Key") });
  expect(log.lines).toMatchObject([{ message: "request", fields: { status: 503, code: "out_of_time" } }]);
});
