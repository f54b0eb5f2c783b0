// The whole local world with the web app in it, and a browser to look at it: what a test of a page begins with. Ending it also proves that
// no page wrote an error to its console, or was stopped by its policy.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { builtSite } from "@pantheon/local/site/build.ts";
import { testWorld, type TestWorld } from "../../support/world.ts";
import { openBrowser } from "./browser.ts";

export type App = {
  readonly world: TestWorld;
  /** False where there is no browser, and so no world. */
  readonly isOpen: boolean;
  /** A page of a browser of its own, signed in as this user. Opens no address yet. */
  page(user: string, options?: Look): Promise<Page>;
  /** The same for somebody who is not signed in. */
  stranger(options?: Look): Promise<Page>;
  /** Everything that a page complained about so far. */
  readonly complaints: string[];
};

export type Look = { readonly scheme?: "light" | "dark"; readonly width?: number };

export const ADMIN = "root";
const NARROW = 820;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Starts it for a file of tests, and stops it; without a browser every test of the file is skipped. `environment` is the stage's. */
export function givenApp(environment: Readonly<Record<string, string>> = {}): App {
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];
  let browser: Browser | null = null;
  let world: TestWorld;
  beforeAll(async () => {
    browser = await openBrowser();
    if (browser !== null) world = await testWorld({ site: await builtSite(), environment: { ADMIN_USER_IDS: ADMIN, ...environment } });
  }, 180_000);
  beforeEach(({ skip }) => skip(browser === null, "no browser"));
  afterAll(async () => {
    if (browser === null) return;
    await browser.close();
    await world.end();
    expect(complaints).toEqual([]);
  });
  const open = async ({ scheme = "light", width = 1280 }: Look) => {
    if (browser === null) throw new Error("there is no browser");
    const context = await browser.newContext({
      colorScheme: scheme,
      viewport: { width, height: 900 },
      baseURL: world.apiUrl,
      hasTouch: width < NARROW,
      timezoneId: "Europe/Berlin",
      locale: "en-GB",
    });
    contexts.push(context);
    const page = await context.newPage();
    listen(page, complaints);
    return page;
  };
  return {
    get world() {
      return world;
    },
    get isOpen() {
      return browser !== null;
    },
    complaints,
    stranger: (look = {}) => open(look),
    page: async (user, look = {}) => {
      const page = await open(look);
      const access = await world.issuer.token({ user, email: `${user}@example.com` });
      const tokens = JSON.stringify({ access, refresh: null, expires: Date.now() + 3_600_000 });
      await page.addInitScript(`if (sessionStorage.getItem("pantheon.tokens") === null && sessionStorage.getItem("test.in") === null) {
        sessionStorage.setItem("test.in", "yes"); sessionStorage.setItem("pantheon.tokens", ${JSON.stringify(tokens)}); }`);
      return page;
    },
  };
}

/** A refusal of the API, or a network that is gone, is no fault of a page, but the browser writes it down like one. */
function listen(page: Page, complaints: string[]): void {
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    if (
      /^Failed to load resource: (?:the server responded with a status of|net::ERR_(?:INTERNET_DISCONNECTED|CONNECTION_RE(?:SET|FUSED)))/.test(
        message.text(),
      )
    )
      return;
    complaints.push(`${page.url()} ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()} ${error.message}`));
}

/** A dialog that is still fading in has less contrast than it will have. */
const STILL = `Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().iterations !== Infinity).map((one) => one.finished)).then(() => null)`;

type AxeResult = { id: string; nodes: { html: string; failureSummary: string }[] };

/** What axe finds wrong with the page as it is now: WCAG 2.2 A and AA, and its best practices. */
export async function axe(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(await readFile(AXE, "utf8")); // by the debugger: the policy lets in no script but the pages' own
  await page.evaluate(STILL);
  const found = await page.evaluate<AxeResult[]>("axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)");
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 240)}`),
  );
}

/** Waits until a page is there, and nothing of it loads any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator("#page h1").waitFor();
  await expect.poll(() => page.locator(".loading").count(), { timeout: 10_000 }).toBe(0);
}
