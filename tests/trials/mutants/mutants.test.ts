// The mutants themselves: each takes a guard out of the product as it stands today, and names a test that there is.

import { describe, expect, it } from "vitest";
import { projectFiles, readProjectFile } from "../../support/project-files.ts";
import { patched, titleOf } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

/** Guards whose loss costs money, or lets anybody in: there is no list of mutants without them. */
const NAMED = [
  "turns-key",
  "settle-status",
  "settle-attempt",
  "void-attempt",
  "wallet-first",
  "settle-exists",
  "rollup-group-by",
  "hold-in-sql",
  "revision-gate",
  "grant-reference",
  "wallet-nan",
  "signature-future",
  "pool-error-listener",
  "client-error-listener",
  "stale-pool",
  "deduction-rounding",
];

describe("the mutants", () => {
  it("are fifteen at least, each under its own name, and the dearest guards are among them", () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(15);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(NAMED));
  });

  it("change files of the product alone, and never a test", () => {
    const files = MUTANTS.flatMap(({ patches }) => patches.map(({ file }) => file));
    expect(files.filter((file) => !/^(?:packages\/(?:contract|core|edge|local)\/src|functions|migrations)\/[\w/-]+\.ts$/.test(file))).toEqual([]);
  });

  it.each(MUTANTS)("$name: its patches fit, each in exactly one place", async ({ patches }) => {
    expect(patches.length).toBeGreaterThan(0);
    const files = new Map((await projectFiles(...new Set(patches.map(({ file }) => file)))).map((file) => [file.path, file]));
    for (const patch of patches) {
      const file = files.get(patch.file) ?? { path: patch.file, text: "" };
      const text = patched(file, patch);
      expect(text).not.toBe(file.text);
      files.set(patch.file, { path: patch.file, text });
    }
  });

  it.each(MUTANTS)("$name: the test that has to notice is there", async ({ test }) => {
    expect(test.file).toMatch(/^tests\/.+\.test\.ts$/);
    const source = await readProjectFile(test.file);
    expect(['"', "'", "`"].map((quote) => `${quote}${test.name}${quote}`).some((title) => source.includes(title))).toBe(true);
    expect(titleOf(test)).toMatch(rowsOf(test.name));
    expect(titleOf(test).split(PLACEHOLDER)).toHaveLength(1); // of a table of tests one row is named
  });
});

const PLACEHOLDER = /%[sdifjo]|\$\w+/g;

/** What a run may make of this title. */
function rowsOf(title: string): RegExp {
  const parts = title.split(PLACEHOLDER).map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}
