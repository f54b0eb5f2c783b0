// The page that admins read and the table that the code parses by are one and the same.

import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { SITE_VARIABLES } from "@pantheon/core/config/site-variables.ts";
import { VARIABLES } from "@pantheon/core/config/variables.ts";

it("docs/env_contract.md has every variable with its default and its secrecy, and no other, in the same order", async () => {
  const page = await readFile(new URL("../../docs/env_contract.md", import.meta.url), "utf8");
  const rows = page.split("\n").flatMap((line) => {
    const [, name, fallback, secret, meaning] = /^\| `([A-Z_]+)` \| (.+?) \| (yes|no) \| (.+) \|$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, fallback, secret, meaning }];
  });
  expect(rows).toEqual(
    [...VARIABLES, ...SITE_VARIABLES].map((variable) => ({
      name: variable.name,
      fallback: variable.default === null ? (variable.required ? "required" : "–") : `\`${variable.default}\``,
      secret: variable.secret ? "yes" : "no",
      meaning: variable.means,
    })),
  );
});
