// docs/security.md names a test for every requirement: each is there, under that name; and what it says of secrets is what the stages do.

import { expect, it } from "vitest";
import { SECRET_PARTS } from "../../infra/secret-parts.ts";
import { readProjectFile } from "../support/project-files.ts";

const page = await readProjectFile("docs/security.md");

const evidence = [...page.matchAll(/^\| (?:V[^|]*\|[^|]*|\d\.\d [^|]*)\| `([^`]+)` \| (.+) \|$/gm)].map(([, file = "", name = ""]) => ({
  file,
  name,
}));

it("names a test for every line of the table", () => {
  expect(evidence.length).toBe(page.match(/^\| (?:V\d|\d\.\d)/gm)?.length);
  expect(new Set(page.match(/^\| V\d+/gm))).toEqual(new Set([2, 3, 4, 6, 7, 9, 12, 13, 14, 15, 16].map((chapter) => `| V${chapter}`)));
});

it.each(evidence)("$file has the test: $name", async ({ file, name }) => {
  expect(await readProjectFile(file)).toContain(name);
});

it("says of every secret in which part it is", () => {
  for (const [part, names] of Object.entries(SECRET_PARTS)) {
    for (const name of names.filter((each) => !each.endsWith("_PREVIOUS"))) expect(page).toContain(`| \`${name}\` | ${part} |`);
  }
});
