// How much a browser fetches before the first page is there, and for the pages behind it. Budgets in octets, compressed.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, it } from "vitest";
import { builtSite } from "@pantheon/local/site/build.ts";

const KB = 1_000;

let folder = "";
beforeAll(async () => {
  folder = await builtSite();
}, 180_000);

const weightOf = async (path: string) => gzipSync(await readFile(join(folder, path)), { level: 9 }).length;

/** The files of a kind that a page is given before it asks for any itself, and what those import at once. */
async function firstFiles(kind: "js" | "css"): Promise<string[]> {
  const index = await readFile(join(folder, "index.html"), "utf8");
  const named = [...index.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path = ""]) => path).filter((path) => path.endsWith(kind));
  const texts = await Promise.all(named.map((path) => readFile(join(folder, path), "utf8")));
  const imported = texts.flatMap((text) => [...text.matchAll(/\bfrom"\.\/([^"]+\.js)"/g)].map(([, name = ""]) => `assets/${name}`));
  return [...new Set([...named, ...(kind === "js" ? imported : [])])];
}

it.each([
  ["js", 70 * KB],
  ["css", 8 * KB],
] as const)("the first %s weighs no more than its budget", async (kind, budget) => {
  const files = await firstFiles(kind);
  expect(files.length).toBeGreaterThan(0);
  const weights = await Promise.all(files.map(weightOf));
  expect(weights.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(budget);
});

it("the operator's pages, charts and the playground are not among it, and all of it together has a budget", async () => {
  const first = await firstFiles("js");
  const all = (await readdir(join(folder, "assets"))).filter((name) => name.endsWith(".js")).map((name) => `assets/${name}`);
  for (const part of ["pages", "usage", "keys", "playground"]) {
    expect(all.filter((path) => path.startsWith(`assets/${part}-`))).toHaveLength(1);
    expect(first.filter((path) => path.startsWith(`assets/${part}-`))).toEqual([]);
  }
  const weights = await Promise.all(all.map(weightOf));
  expect(weights.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(120 * KB);
});
