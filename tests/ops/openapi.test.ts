// The OpenAPI document says what the API does: it is current, it is complete, and real answers are the ones it promises.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { Problem } from "@pantheon/contract/problem.ts";
import { CsvFile } from "@pantheon/contract/wire.ts";
import { applications } from "@pantheon/functions/whole.ts";
import { givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { givenKey } from "../support/given-key.ts";
import { BODIES, givenForDeletion, VERSION } from "../support/openapi-bodies.ts";
import { BOOK, givenHold, provokeHolds } from "../support/openapi-holds.ts";
import { operationsOf, type Operation } from "../support/openapi-document.ts";
import {
  RUN,
  WEBHOOK,
  provokeFiles,
  givenProposal,
  provokePriceRefusals,
  provokeProposed,
  provokeResolved,
  provokeQuarantine,
  provokeTooManyKeys,
  provokeTooManySessions,
  provokeTopUpRefusals,
  provokeTurnRefusals,
  provokeUncovered,
  provokeUncancelable,
  provokeWebhook,
  type Promised,
} from "../support/openapi-refusals.ts";
import { PROJECT, readProjectFile } from "../support/project-files.ts";
import { exactly, SHAPES } from "../support/shapes.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let operations: Operation[];

beforeAll(async () => {
  world = await testWorld({
    models: modelsWith("fake-500", "fake-slow-1500"),
    environment: { ADMIN_USER_IDS: "ada", ADMIN_GRANT_SUM_PER_DAY: "5000" },
  });
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
    const apps = Object.values(applications(world.deps));
    const routes = apps.flatMap((app) => app.routes.filter(({ method, path }) => method !== "ALL" && !path.startsWith("/v1/")));
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
          successes[0]?.status === 204 ? { mediaTypes: [], hasSchema: false } : { mediaTypes: [mediaTypeOf(path)], hasSchema: true },
        ),
        ...(path.endsWith("/grant") ? [expect.objectContaining({ mediaTypes: ["application/json"], hasSchema: true })] : []), // 202
      ]);
    }
  });

  it("names every operation as a person would, and every shape", () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(
      names.filter(
        (name) =>
          !/^(?:create|list|read|delete|run|stream|start|cancel|patch|activate|confirm|dismiss|override|reset|grant|deduct|resolve|suspend|reactivate|export|receive|rotate|set|settle|extend|book)[A-Z][A-Za-z]+$/.test(
            name,
          ),
      ),
    ).toEqual([]);
    const unnamed = operations.flatMap(({ name, responses }) =>
      responses
        .filter(({ hasSchema, shape, mediaTypes }) => hasSchema && shape === null && mediaTypes[0] !== "text/csv")
        .map(({ status }) => `${name} ${status}`),
    );
    expect(unnamed).toEqual([]);
  });

  it("says which headers a response carries", () => {
    for (const { name, parameters, responses } of operations) {
      const isKeyed = parameters.some((parameter) => parameter.name === "Idempotency-Key");
      for (const { status, headers } of responses) {
        const more = [
          ...(status < 300 && isKeyed ? ["Idempotency-Replayed"] : []),
          ...(status === 401 ? ["WWW-Authenticate"] : []),
          ...([409, 429, 503].includes(status) ? ["Retry-After"] : []),
          ...(status === 200 && /^GET .*\/admin\/(?:pricing|pricing\/versions\/\{version\}|settings)$/.test(name) ? ["ETag"] : []),
        ];
        expect({ name, status, headers }).toEqual({ name, status, headers: ["X-Request-Id", "Pantheon-Version", ...more] });
      }
    }
  });

  it("makes every refusal a problem document, and names the ones that every route has", () => {
    for (const { name, path, responses } of operations) {
      const refusals = responses.filter(({ status }) => status >= 400);
      const said = refusals.map(({ status, mediaTypes, shape }) => ({ status, mediaTypes, shape }));
      expect({ name, said }).toEqual({
        name,
        said: refusals.map(({ status }) => ({
          status,
          mediaTypes: ["application/problem+json"],
          shape: status === 402 ? "InsufficientCredits" : status === 412 ? "PreconditionFailed" : "Problem",
        })),
      });
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
    const shape = SHAPES.get(response.shape ?? "") ?? (name.endsWith(".csv") ? CsvFile : v.never());
    if (answer.status >= 400) [Problem, shape].forEach((one) => v.parse(one, answer.json));
    else if (response.mediaTypes[0] === "text/event-stream") eventsOf(answer).forEach((event) => v.parse(shape, event));
    else if (response.hasSchema) exactly(shape, answer.json ?? answer.text);
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
    const { announced } = await provokeFiles(world, session, promised);
    const ids = {
      session_id: session,
      file_id: announced,
      top_up_id: await provokeQuarantine(world, promised),
      proposal_id: await givenProposal(world, "ada"),
      turn_id: turn.json.id,
      transaction_id: debits.json.transactions[0].id,
      user_id: "gus",
      model_alias: "default",
      version: "2026-02-20",
      key_id: (await givenKey(world)).id,
      hold_id: await givenHold(world),
    };

    const erasing = "DELETE /api/v1/users/me/data"; // comes last: the others need what it erases
    const others = operations
      .filter(({ name }) => name !== WEBHOOK && name !== BOOK)
      .toSorted((a, b) => Number(a.name === erasing) - Number(b.name === erasing));
    for (const operation of others) await provokeCommon(operation, ids, promised);
    await provokeWebhook(world, promised);
    await provokeTopUpRefusals(world, promised);
    await provokeResolved(world, promised);
    await provokeProposed(world, ids.proposal_id, promised);
    await provokeUncovered(world, promised);
    await provokeUncancelable(world, promised);
    await provokeTooManyKeys(world, promised);
    await provokeTooManySessions(world, promised);
    await provokeTurnRefusals(world, promised);
    await provokePriceRefusals(world, VERSION, promised);
    await provokeHolds(world, promised);

    const documented = operations.flatMap(({ name, responses }) => responses.map(({ status }) => ({ name, status })));
    const unprovoked = documented.filter(({ name, status }) => !SILENCES.has(status) && !seen.get(name)?.has(status));
    expect(unprovoked.map(({ name, status }) => `${status} of ${name}`)).toEqual([]);
  });
});

/** Faults and silence: their own tests provoke them. */
const SILENCES: ReadonlySet<number> = new Set([500, 503, 504]);

/** What a success of this path is made of. */
function mediaTypeOf(path: string): string {
  if (path.endsWith("/stream")) return "text/event-stream";
  return path.endsWith(".csv") ? "text/csv" : "application/json";
}

/** The events of a streamed response. */
function eventsOf({ text }: Answer): unknown[] {
  return text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [JSON.parse(line.slice("data: ".length))] : []));
}

/** What is called without a token: health, and Stripe's events, which a signature lets in. */
function isOpen(path: string): boolean {
  return path.startsWith("/api/v1/health") || path.startsWith("/webhooks/");
}

/** The success of an operation (of deleting a session: of one of its own), and what it refuses whoever asks. */
async function provokeCommon(
  { name, method, path, secured, takesBody }: Operation,
  ids: Record<string, string>,
  promised: Promised,
): Promise<void> {
  const own = path.replaceAll(/\{(\w+)\}/g, (_all, id: string) => ids[id] ?? "");
  const body = takesBody ? { body: BODIES[name] ?? {} } : {};
  const isOnce = (method === "DELETE" && path.includes("{")) || path.includes("{proposal_id}");
  const succeeding = isOnce ? await givenForDeletion(world, path) : own;
  expect(promised(name, await world.call(method, succeeding, body)).status).toBeLessThan(300);
  if (!path.startsWith("/webhooks/")) expect(promised(name, await world.call(method, `${own}?surprise=1`, body)).status).toBe(422);
  if (!secured) return;
  expect(promised(name, await world.call(method, own, { ...body, user: null })).status).toBe(401);
  if (path.startsWith("/api/v1/admin")) expect(promised(name, await world.call(method, own, { ...body, user: "bea" })).status).toBe(403);
  if (path.includes("{")) expect(promised(name, await world.call(method, path.replace(/\{\w+\}/, newId()), body)).status).toBe(404);
  if (method === "GET") return;
  expect(promised(name, await world.call(method, own, { raw: "{" })).status).toBe(400);
  expect(promised(name, await world.call(method, own, { raw: " ".repeat(256 * 1024 + 1) })).status).toBe(413);
  expect(promised(name, await world.call(method, own, { raw: "{}", headers: { "Content-Type": "text/plain" } })).status).toBe(415);
}
