// The door in the OpenAPI document: every route of it, with refusals as other programs read them.

import { expect, it } from "vitest";
import { readConfig } from "@pantheon/core/config/config.ts";
import { completionsApp } from "@pantheon/functions/completions/app.ts";
import { createDeps } from "@pantheon/functions/whole.ts";
import { doorOperationsOf } from "../support/openapi-document.ts";
import { readProjectFile } from "../support/project-files.ts";
import { quietLog } from "../support/quiet-log.ts";

const door = doorOperationsOf(await readProjectFile("docs/openapi.json"));

it("has every route of the door, and nothing else", () => {
  const config = readConfig({ DATABASE_URL: "postgres://nowhere.invalid/none", AUTH_ISSUER: "https://nowhere.invalid" });
  const { routes } = completionsApp(createDeps({ config, log: quietLog(), clock: Date.now, maxConnections: 1 }));
  const mounted = routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1/"));
  const names = mounted.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`);
  expect(door.map(({ name }) => name).toSorted()).toEqual([...new Set(names)].toSorted());
});

it("tells every refusal as other programs read it, and knows no 422", () => {
  for (const { name, tags, secured, responses } of door) {
    const refusals = responses.filter(({ status }) => status >= 400);
    const said = { name, tags, secured, statuses: refusals.map(({ status }) => status) };
    expect(said).toEqual({ name, tags: ["door"], secured: true, statuses: expect.arrayContaining([401, 500, 503]) });
    expect(refusals.filter(({ status, shape }) => status === 422 || shape !== "CompletionError")).toEqual([]);
  }
});

it("names every success", () => {
  const successes = door.flatMap(({ responses }) => responses.filter(({ status }) => status < 300));
  expect(successes.filter(({ shape }) => shape === null)).toEqual([]);
});
