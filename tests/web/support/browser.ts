// A real browser for tests: one that is named (PANTHEON_CHROME), the one that npm brought (Linux x64), or the machine's own. Where there is
// none the pages' tests are skipped, which PANTHEON_REQUIRE_BROWSER makes a failure.

import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { PROJECT } from "../../support/project-files.ts";

// Not the package's own list: that one turns off the same-origin policy, and with it what these tests look at.
const ARGS = ["--no-sandbox", "--font-render-hinting=none", "--disable-gpu"];
const SYSTEM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Null where there is no browser. Throws where there must be one. */
export async function openBrowser(): Promise<Browser | null> {
  const browser = await found();
  if (browser === null && process.env["PANTHEON_REQUIRE_BROWSER"] === "1")
    throw new Error("PANTHEON_REQUIRE_BROWSER is set, and there is no browser");
  if (browser === null) process.stderr.write("no browser here: the pages are not tested (PANTHEON_CHROME names one)\n");
  return browser;
}

async function found(): Promise<Browser | null> {
  const named = process.env["PANTHEON_CHROME"];
  if (named !== undefined && named !== "") return chromium.launch({ executablePath: named, args: ARGS });
  if (process.platform === "linux" && process.arch === "x64") return chromium.launch({ executablePath: await unpacked(), args: ARGS });
  const path = SYSTEM.find((candidate) => existsSync(candidate));
  if (path !== undefined) return chromium.launch({ executablePath: path, args: ARGS });
  for (const channel of ["chrome", "msedge"]) {
    const browser = await chromium.launch({ channel }).catch(() => null);
    if (browser !== null) return browser;
  }
  return null;
}

/**
 * Unpacked once a version, in a folder of its own: the package unpacks into the temporary folder whatever version it is, and takes what
 * lies there for whole.
 */
async function unpacked(): Promise<string> {
  const manifest: { version: string } = JSON.parse(await readFile(join(PROJECT, "node_modules/@sparticuz/chromium/package.json"), "utf8"));
  const folder = join(PROJECT, "node_modules/.cache", `chromium-${manifest.version}-${process.pid}`);
  const whole = join(PROJECT, "node_modules/.cache", `chromium-${manifest.version}`);
  if (existsSync(join(whole, "chromium"))) return join(whole, "chromium");
  await mkdir(folder, { recursive: true });
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    const { default: packed } = await import("@sparticuz/chromium");
    await packed.executablePath();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
  return takeInPlace(folder, whole);
}

/** Another process may have been first; both have the same files. */
async function takeInPlace(folder: string, whole: string): Promise<string> {
  await rename(folder, whole).catch(() => rm(folder, { recursive: true, force: true }));
  return join(whole, "chromium");
}
