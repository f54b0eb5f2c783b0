// What every page says when there is nothing to show: it loads, the API refuses, the network is gone, nobody is signed in.

import type { Page, Route } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { ADMIN, axe, givenApp, settled } from "./support/app.ts";
import { givenLivedInWorld } from "./support/seed.ts";
import { ACCOUNT_PAGES, OPERATOR_PAGES } from "./support/pages.ts";

const app = givenApp();

let session = "";
beforeAll(async () => {
  if (app.isOpen) session = await givenLivedInWorld(app.world);
}, 120_000);

const FACES = [
  ["an account's", "ada", ACCOUNT_PAGES],
  ["the operator's", ADMIN, OPERATOR_PAGES],
] as const;

/** Asks nothing before somebody does something. */
const ASKS_NOTHING = new Set(["/data"]);

/** What the pages ask, without who is asking. */
const QUESTIONS = /\/api\/v1\/(?!auth\/me)/;

const refusal = {
  status: 403,
  contentType: "application/problem+json",
  body: JSON.stringify({ type: "about:blank", title: "T", status: 403, detail: "Not today.", code: "forbidden", request_id: "req-1" }),
};

const at = (address: string) => address.replace("SESSION", session);

describe.each(FACES)("%s pages", (_name, user, pages) => {
  const asking = pages.filter((address) => !ASKS_NOTHING.has(address));

  it("say what the API said, with its request, and show what there is when it is asked again", async () => {
    const page = await app.page(user);
    let refuses = true;
    await page.route(QUESTIONS, (route) => (refuses ? route.fulfill(refusal) : route.continue()));
    for (const address of asking) {
      refuses = true;
      await page.goto(at(address));
      await page.getByText("Not today.").first().waitFor();
      await page.getByText("Request req-1").first().waitFor();
      expect({ address, violations: await axe(page) }).toEqual({ address, violations: [] });
      refuses = false;
      await recovered(page, address);
    }
  }, 240_000);

  it("say that they load", async () => {
    const page = await app.page(user);
    let held: Route[] = [];
    let holds = true;
    await page.route(QUESTIONS, (route) => {
      if (!holds) return route.continue();
      held.push(route);
      return undefined;
    });
    for (const address of asking) {
      holds = true;
      await page.goto(at(address));
      await expect.poll(() => page.getByRole("status").filter({ hasText: "Loading" }).count(), { timeout: 10_000 }).toBeGreaterThan(0);
      holds = false;
      await Promise.all(held.map((route) => route.continue().catch(() => {})));
      held = [];
      await settled(page);
    }
  }, 240_000);

  it("say that the network is gone, and come back with it", async () => {
    const page = await app.page(user);
    await page.goto(pages[0] ?? "/");
    await settled(page);
    await page.waitForLoadState("networkidle");
    await page.context().setOffline(true);
    const links = page.getByRole("navigation", { name: "Pages" }).locator(user === ADMIN ? 'a[href^="/operator"]' : "a");
    for (const link of await links.all()) {
      await link.click();
      await page.getByText("You are offline. What you see is from before.").waitFor();
      await page.locator("#page h1").waitFor();
      expect([await link.textContent(), await page.getByText("This page broke.").count()]).toEqual([await link.textContent(), 0]);
    }
    expect(await axe(page)).toEqual([]);
    await page.context().setOffline(false);
    await settled(page);
    await expect.poll(() => page.getByText("You are offline.").count(), { timeout: 10_000 }).toBe(0);
  }, 120_000);

  it("ask a stranger to sign in, and lead back to where they wanted to go", async () => {
    const page = await app.stranger();
    for (const address of pages) {
      await page.goto(at(address));
      await page.getByRole("button", { name: "Sign in" }).waitFor();
      expect(await page.locator("#page").count()).toBe(0);
    }
    expect(await axe(page)).toEqual([]);
    const last = at(pages.at(-1) ?? "/");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("User id").fill(user);
    await page.getByRole("button", { name: "Sign in" }).click();
    await settled(page);
    expect(new URL(page.url()).pathname).toBe(last);
  }, 120_000);
});

it("nothing moves for whoever asked for that", async () => {
  const page = await app.page("ada");
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto("/keys");
  await page.getByRole("button", { name: "Make a key" }).click();
  await page.getByRole("dialog").waitFor();
  expect(await page.evaluate("document.getAnimations().length")).toBe(0);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Make a key" }).click();
  expect(await page.evaluate("getComputedStyle(document.querySelector('dialog')).transitionDuration")).toContain("0.16s");
});

async function recovered(page: Page, address: string): Promise<void> {
  const again = page.getByRole("button", { name: "Try again" });
  for (let tries = 0; tries < 20 && (await again.count()) > 0; tries += 1) {
    const faults = await again.count();
    await again.first().click();
    await expect.poll(() => again.count(), { timeout: 10_000 }).not.toBe(faults);
    await settled(page);
  }
  expect({ address, faults: await page.locator(".fault").count() }).toEqual({ address, faults: 0 });
}
