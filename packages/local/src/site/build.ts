// The web app as Vite builds it for every stage. A build is kept under the hash of what it was made of, so that it is made again only
// when a source has changed, and two that build at once end with the same files.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { glob, mkdtemp, mkdir, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { localEnvironment } from "@pantheon/ops/place.ts";

const PROJECT = fileURLToPath(new URL("../../../..", import.meta.url));
const WEB = join(PROJECT, "packages/web");
const BUILDS = join(PROJECT, "node_modules/.cache/pantheon-web");
const SOURCES = [
  "packages/web/{index.html,package.json,tsconfig.json,vite.config.ts}",
  "packages/web/{src,public}/**",
  "packages/{client,contract}/src/**",
];
const KEPT = 3;
const BUILD_MS = 120_000;

/** The folder of the built app, built first if need be. Rejects with Vite's own words when it cannot be built. */
export async function builtSite(): Promise<string> {
  const place = join(BUILDS, await hashOfSources());
  if (existsSync(place)) return place;
  await mkdir(BUILDS, { recursive: true });
  const draft = await mkdtemp(join(BUILDS, "draft-"));
  try {
    await build(draft);
    await rename(draft, place).catch((error: unknown) => {
      if (!existsSync(place)) throw error; // another process was first
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  await forgetOld();
  return place;
}

/** In a process of its own: how Vite builds follows NODE_ENV, and what is tested must be what is deployed. */
async function build(folder: string): Promise<void> {
  const vite = join(dirname(fileURLToPath(import.meta.resolve("vite/package.json"))), "bin/vite.js");
  const env = { ...localEnvironment(), NODE_ENV: "production" };
  const options = ["build", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"];
  await promisify(execFile)(process.execPath, [vite, ...options], { cwd: WEB, env, timeout: BUILD_MS });
}

async function hashOfSources(): Promise<string> {
  const paths: string[] = [];
  for await (const path of glob(SOURCES, { cwd: PROJECT })) paths.push(path);
  const hash = createHash("sha256");
  for (const path of paths.toSorted()) {
    const file = resolve(PROJECT, path);
    if ((await stat(file)).isFile())
      hash
        .update(`${path}\0`)
        .update(await readFile(file))
        .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

/** The newest few stay: another process may still serve one of them. */
async function forgetOld(): Promise<void> {
  const folders = (await readdir(BUILDS)).filter((name) => !name.startsWith("draft-"));
  const dated = await Promise.all(folders.map(async (name) => ({ name, at: (await stat(join(BUILDS, name))).mtimeMs })));
  const old = dated.toSorted((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(old.map(({ name }) => rm(join(BUILDS, name), { recursive: true, force: true })));
}
