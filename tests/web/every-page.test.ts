// Every page, with data in it, in light, dark and on a narrow screen: axe finds nothing, nothing is wider than the screen, and the console
// stays empty. PANTHEON_EVERY_PICTURE names a folder for
// pictures of all of them.

import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { ADMIN, axe, givenApp, settled, type Look } from "./support/app.ts";
import { ACCOUNT_PAGES, OPERATOR_PAGES } from "./support/pages.ts";
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

const ACCOUNT = [...ACCOUNT_PAGES, "/nowhere", "/operator"];
const EMPTY = ACCOUNT_PAGES.filter((address) => !["/data", "/playground/SESSION"].includes(address));
const OPERATOR = [
  ...OPERATOR_PAGES,
  "/operator/people?query=zzz",
  "/operator/people/nobody",
  "/operator/grants?status=all",
  "/operator/payments?status=quarantined",
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
