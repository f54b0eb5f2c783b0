// A mutant: the product with one guard taken out, and the test that has to notice. It still loads and runs; it only stopped being careful.

import type { ProjectFile } from "../../support/project-files.ts";

export type Patch = {
  /** A file of the product, from the project's folder. */
  readonly file: string;
  /** Occurs exactly once in it. */
  readonly find: string;
  readonly replace: string;
};

export type NamedTest = {
  readonly file: string;
  /** The test's title as its file has it. */
  readonly name: string;
  /** Of a table of tests the title of the row that is meant, as a run shows it. */
  readonly row?: string;
};

export type Mutant = {
  readonly name: string;
  /** What is taken out, and what that would cost. */
  readonly guard: string;
  readonly patches: readonly Patch[];
  readonly test: NamedTest;
};

/** The title that the test has in a run. */
export function titleOf({ name, row }: NamedTest): string {
  return row ?? name;
}

/** The file with this patch. Throws when the place is not there exactly once: a patch that fits nowhere removes no guard. */
export function patched({ path, text }: ProjectFile, { find, replace }: Patch): string {
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`${path} has the place of the patch ${places} times: ${find.trim().split("\n")[0]}`);
  return text.replace(find, () => replace);
}
