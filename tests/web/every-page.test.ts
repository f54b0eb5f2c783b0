// Every page, with data in it, in light, dark and on a narrow screen: axe finds nothing, nothing is wider than the screen, and the console
// stays empty. PANTHEON_EVERY_PICTURE names a folder for
// pictures of all of them.

import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { ADMIN, axe, givenApp, settled, type Look } from "./support/app.ts";
import { givenLivedInWorld } from "./support/seed.ts";

const app = givenApp({ ADMIN_GRANT_SUM_PER_DAY: "200" });
const PICTURES = process.env["PANTHEON_EVERY_PICTURE"];

let session = "";
beforeAll(async () => {
  if (app.isOpen) session = await givenLivedInWorld(app.world);
});

const LOOKS: readonly (readonly [string, Look])[] = [
  ["light", { scheme: "light" }],
  ["dark", { scheme: "dark" }],
  ["narrow", { scheme: "light", width: 360 }],
];

const ACCOUNT = [
  "/",
  "/usage",
  "/transactions",
  "/top-up",
  "/keys",
  "/limits",
  "/data",
  "/playground",
  "/playground/SESSION",
  "/nowhere",
  "/operator",
];
const EMPTY = ["/", "/usage", "/transactions", "/top-up", "/keys", "/limits", "/playground"];
const OPERATOR = [
  "/operator",
  "/operator/people",
  "/operator/people?query=zzz",
  "/operator/people/ada",
  "/operator/people/nobody",
  "/operator/keys",
  "/operator/grants",
  "/operator/grants?status=all",
  "/operator/prices",
  "/operator/prices/2026-02-20",
  "/operator/enforcement",
  "/operator/payments",
  "/operator/payments?status=quarantined",
  "/operator/payments?show=reversals",
  "/operator/cash",
  "/operator/audit",
  "/operator/audit?show=reads",
  "/operator/health",
];

describe.each(LOOKS)("in %s", (name, look) => {
  it("an account's pages are whole", async () => {
    expect(await faultsOf(await app.page("ada", look), name, "account", ACCOUNT)).toEqual({});
  }, 120_000);

  it("the operator's pages are whole", async () => {
    expect(await faultsOf(await app.page(ADMIN, look), name, "operator", OPERATOR)).toEqual({});
  }, 120_000);

  it("an account without anything yet has pages that say so", async () => {
    expect(await faultsOf(await app.page("newcomer", look), name, "empty", EMPTY)).toEqual({});
  }, 120_000);
});

/** What is wrong with the page at each of these addresses, as far as something is. */
async function faultsOf(page: Page, look: string, who: string, addresses: readonly string[]) {
  const faults: Record<string, unknown> = {};
  for (const address of addresses) {
    await page.goto(address.replace("SESSION", session));
    await page.getByRole("heading", { level: 1 }).waitFor();
    await settled(page);
    const violations = await axe(page);
    const width = await page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    if (violations.length > 0 || width > 0) faults[address] = { violations, width };
    const file = `${who}${address.replaceAll(/[^a-z]+/g, "-")}-${look}.png`;
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, file), fullPage: true });
  }
  return faults;
}
