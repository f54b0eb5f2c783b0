// The API's description as the local world shows it: the committed document, whole, and a page that needs nothing from anywhere.

import { afterAll, beforeAll, expect, it } from "vitest";
import { doorOperationsOf, operationsOf } from "../support/openapi-document.ts";
import { readProjectFile } from "../support/project-files.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;

beforeAll(async () => {
  world = await testWorld();
});

afterAll(() => world.end());

it("is the committed document for programs, with this world's own address", async () => {
  const { status, json } = await world.call("GET", "/openapi.json", { user: null });
  const committed = JSON.parse(await readProjectFile("docs/openapi.json"));
  expect(status).toBe(200);
  expect(json).toEqual({ ...committed, servers: [{ ...committed.servers[0], url: world.apiUrl }, ...committed.servers.slice(1)] });
});

it("shows people every operation and every shape, and every link leads somewhere", async () => {
  const { status, text } = await world.call("GET", "/docs", { user: null });
  const document = await readProjectFile("docs/openapi.json");
  const ids = new Set([...text.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id));
  const missing = [
    ...[...operationsOf(document), ...doorOperationsOf(document)].map(({ operationId }) => operationId),
    ...Object.keys(JSON.parse(document).components.schemas).map((name) => `shape-${name}`),
    ...[...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id),
  ].filter((id) => !ids.has(id));
  expect([status, missing]).toEqual([200, []]);
});

it("loads nothing, runs nothing, and styles by its own nonce alone", async () => {
  const { headers, text } = await world.call("GET", "/docs", { user: null });
  const policy = headers.get("content-security-policy") ?? "";
  const nonce = /style-src '(nonce-[^']+)'/.exec(policy)?.[1] ?? "none";
  expect(policy.split("; ").toSorted()).toEqual(
    ["base-uri 'none'", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'", `style-src '${nonce}'`].toSorted(),
  );
  expect(text).toContain(`<style nonce="${nonce.replace("nonce-", "")}">`);
  expect(text.match(/<script|\son\w+=|(?:src|href)="(?!#|\/openapi\.json")/g)).toBeNull();
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});
