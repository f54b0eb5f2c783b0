// Every recorded answer, good or broken, comes to the same thing over real HTTP however the network splits it, and nobody's words,
// key or address are in it.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FIXTURES } from "../support/dialect-fixtures.ts";
import { askOnce, fixture, givenRoute, servingBody } from "../support/given-call.ts";
import { expectNoSecrets } from "../support/given-gateway.ts";
import { PROJECT } from "../support/project-files.ts";

describe("an answer as it was recorded", () => {
  it.each(FIXTURES.map((row) => ({ ...row, title: `${row.provider} ${row.name} ${row.type ?? ""}` })))(
    "$title",
    async ({ provider, name, type = "text/event-stream", expected }) => {
      const body = await fixture(givenRoute(provider).dialect, name);
      for (const octets of [body.length, 61, 7]) {
        const server = await servingBody(body, type, octets);
        try {
          const outcome = await askOnce(provider, server.url);
          expect(outcome).toMatchObject(expected);
          expectNoSecrets(outcome);
        } finally {
          await server.close();
        }
      }
    },
  );

  it("is expected to come to something, each of them", async () => {
    for (const dialect of ["openai-compatible", "anthropic", "google"] as const) {
      const files = await readdir(join(PROJECT, "tests/fixtures/dialects", dialect));
      const named = FIXTURES.filter(({ provider }) => givenRoute(provider).dialect === dialect).map(({ name }) => `${name}.txt`);
      expect(files.toSorted()).toEqual([...new Set(named)].toSorted());
    }
  });
});
