// The project's own files as text, for tests about how the house is built.

import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

export type ProjectFile = { readonly path: string; readonly text: string };

/** Files by patterns relative to the project, in the order of their paths. Installed and generated folders are left out. */
export async function projectFiles(...patterns: string[]): Promise<ProjectFile[]> {
  const paths: string[] = [];
  for await (const path of glob(patterns, { cwd: PROJECT, exclude: (name) => OTHERS.has(name) })) paths.push(path);
  const files = paths.toSorted().map(async (path) => ({ path, text: await readProjectFile(path) }));
  return Promise.all(files);
}

export function readProjectFile(path: string): Promise<string> {
  return readFile(join(PROJECT, path), "utf8");
}

const OTHERS = new Set(["node_modules", ".pantheon", ".sst", "dist", "coverage"]);
