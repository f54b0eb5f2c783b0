// `npm run bench -- --web`: how long a person waits for the first data of a page on a slow telephone, and how a list of ten thousand rows
// scrolls. A real browser on the local world, its processor four times slower and its network a slow 4G, as Lighthouse has them. The
// address is plain HTTP/1.1 on this machine: a stage adds TLS to the first connection, and takes away what HTTP/1.1 costs.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Table from "cli-table3";
import { Kysely, PostgresDialect } from "kysely";
import { Pool } from "pg";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Schema } from "@pantheon/core/db/schema/schema.ts";
import { builtSite } from "@pantheon/local/site/build.ts";
import { startWorld, type World } from "@pantheon/local/world.ts";
import { seedEvents, seedLedger, spreadCalls } from "../../support/seed-usage.ts";
import { openBrowser } from "../../web/support/browser.ts";
import { quiet, withBenchDatabase } from "./bench-database.ts";

const USER = "user-0";
const ADMIN = "root";
const ROWS = 10_000;
const RUNS = 7;
const CPU_RATE = 4;
/** Octets a second, and milliseconds for a round trip. */
const SLOW_4G = { offline: false, downloadThroughput: (1.6e6 * 0.9) / 8, uploadThroughput: (7.5e5 * 0.9) / 8, latency: 150 };
const AIM_MS = 1_500;
/** Each page with what is there as soon as it has its data. */
const PAGES = [
  ["the wallet", "/", ".balance-figure", USER],
  ["transactions", "/transactions", "tbody tr", USER],
  ["usage", "/usage", "tbody tr", USER],
  ["top up", "/top-up", ".form", USER],
  ["the operator's overview", "/operator", ".figures", ADMIN],
] as const;

type Look = { readonly browser: Browser; readonly world: World };

await withBenchDatabase({ fsync: "off" }, bench);

async function bench(url: string): Promise<void> {
  await seed(url);
  const home = await mkdtemp(join(tmpdir(), "pantheon-web-bench-"));
  const browser = await openBrowser();
  if (browser === null) throw new Error("there is no browser here");
  const environment = { ADMIN_USER_IDS: ADMIN };
  const world = await startWorld({ home, port: 0, databaseUrl: url, environment, log: quiet, site: await builtSite() });
  try {
    process.stdout.write(`${await firstData({ browser, world })}\n${await scrolled({ browser, world })}\n`);
  } finally {
    await browser.close();
    await world.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** One person with ten thousand calls in thirty days, and as many rows of the ledger. */
async function seed(url: string): Promise<void> {
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: url, max: 1 }) }) });
  const day = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10);
  const aliases = ["claude-sonnet", "gpt-4o", "gpt-4o-mini", "gemini-flash"];
  try {
    await seedEvents(db, spreadCalls({ first: 1, count: ROWS, users: 1, days: 29, day, aliases }));
    await seedLedger(db);
  } finally {
    await db.destroy();
  }
}

async function firstData(look: Look): Promise<string> {
  const table = new Table({
    head: ["ms to the first data, median (worst)", "first visit", "again", `aim ${AIM_MS}`],
    style: { head: [], border: [] },
  });
  for (const [what, address, shown, user] of PAGES) {
    const times: Record<"first" | "again", number[]> = { first: [], again: [] };
    for (let run = 0; run < RUNS; run += 1) {
      const context = await contextOf(look, user);
      times.first.push(await timeTo(context, `${look.world.apiUrl}${address}`, shown));
      times.again.push(await timeTo(context, `${look.world.apiUrl}${address}`, shown)); // its files are in the browser's cache
      await context.close();
    }
    const isMet = middle(times.first) <= AIM_MS;
    table.push([what, told(times.first), told(times.again), isMet ? "met" : "missed"]);
  }
  return table.toString();
}

/** A browser that nobody has used, in which this person is signed in. */
async function contextOf({ browser, world }: Look, user: string): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 412, height: 823 } });
  const access = await world.issuer.token({ user, email: `${user}@example.com` });
  const tokens = JSON.stringify({ access, refresh: null, expires: Date.now() + 3_600_000 });
  await context.addInitScript(`sessionStorage.setItem("pantheon.tokens", ${JSON.stringify(tokens)})`);
  return context;
}

/** From the begin of the navigation to the frame after the data is in the page. */
async function timeTo(context: BrowserContext, address: string, shown: string): Promise<number> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", SLOW_4G);
  await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_RATE });
  await page.addInitScript(`new MutationObserver((_changes, observer) => {
    if (document.querySelector(${JSON.stringify(shown)}) === null) return;
    observer.disconnect();
    requestAnimationFrame(() => { window.firstData = performance.now(); });
  }).observe(document, { childList: true, subtree: true })`);
  await page.goto(address);
  const ms = await page.evaluate<number>(
    "new Promise((tell) => { const look = () => (window.firstData === undefined ? requestAnimationFrame(look) : tell(window.firstData)); look(); })",
  );
  await page.close();
  return ms;
}

/** The ledger with all of its rows at once, which the page itself never asks for: 25 at a time, as somebody wants more. */
async function scrolled({ browser, world }: Look): Promise<string> {
  const context = await contextOf({ browser, world }, USER);
  const page = await context.newPage();
  const rows = await allRows(world);
  await page.route("**/users/me/transactions?*", (route) =>
    route.fulfill({ json: { transactions: rows, total: rows.length, next_cursor: null } }),
  );
  const began = performance.now();
  await page.goto(`${world.apiUrl}/transactions`);
  await page.locator("tbody tr").last().waitFor();
  const drawn = performance.now() - began;
  const frames = await framesOf(page);
  await context.close();
  const table = new Table({ head: [`${rows.length} rows in one page`, "ms"], style: { head: [], border: [] } });
  table.push(["until all are drawn", drawn.toFixed(0)]);
  table.push(["a frame while it scrolls, median", middle(frames).toFixed(1)]);
  table.push(["the 95th of 100", at(frames, 0.95).toFixed(1)]);
  table.push(["the longest", at(frames, 1).toFixed(1)]);
  return table.toString();
}

async function allRows(world: World): Promise<unknown[]> {
  const token = await world.issuer.token({ user: USER });
  const rows: unknown[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const after = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await fetch(`${world.apiUrl}/api/v1/users/me/transactions?limit=200${after}`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const page = (await answer.json()) as { transactions: unknown[]; next_cursor: string | null };
    rows.push(...page.transactions);
    cursor = page.next_cursor;
  }
  return rows;
}

/** Milliseconds of each frame while the whole page is scrolled through in three seconds. */
function framesOf(page: Page): Promise<number[]> {
  return page.evaluate<number[]>(`new Promise((resolve) => {
    const frames = []; let last = performance.now(); const began = last;
    const all = document.documentElement.scrollHeight - innerHeight;
    const step = (now) => {
      frames.push(now - last); last = now;
      scrollTo(0, all * Math.min(1, (now - began) / 3000));
      if (now - began < 3000) requestAnimationFrame(step); else resolve(frames.slice(1));
    };
    requestAnimationFrame(step);
  })`);
}

function told(times: readonly number[]): string {
  return `${middle(times).toFixed(0)} (${at(times, 1).toFixed(0)})`;
}

function middle(times: readonly number[]): number {
  return at(times, 0.5);
}

function at(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
}
