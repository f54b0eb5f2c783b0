// What a page says and keeps when the API refuses, the network goes, a token ends, or the page itself breaks.

import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { givenCredits } from "../support/given.ts";
import { axe, givenApp, settled } from "./support/app.ts";

const app = givenApp();

const problem = (status: number, detail: string) => ({
  status,
  contentType: "application/problem+json",
  body: JSON.stringify({ type: "about:blank", title: "T", status, detail, code: "database_unavailable", request_id: "req-1" }),
});

/** Whether the words are at the page once it has settled. */
async function seen(page: Page, words: string): Promise<void> {
  await page.getByText(words).first().waitFor();
}

it("a refusal is shown in the API's words, with the request's id and a way to try again", async () => {
  const page = await app.page("ada");
  let refuses = true;
  await page.route("**/api/v1/users/me/**", (route) => (refuses ? route.fulfill(problem(403, "Not today.")) : route.continue()));
  for (const address of ["/", "/usage", "/transactions", "/top-up"]) {
    refuses = true;
    await page.goto(address);
    await seen(page, "Not today.");
    await seen(page, "Request req-1");
    expect(await axe(page)).toEqual([]);
    refuses = false;
    const again = page.getByRole("button", { name: "Try again" });
    for (let faults = await again.count(); faults > 0; faults -= 1) {
      await again.first().click();
      await expect.poll(() => again.count()).toBe(faults - 1);
    }
  }
});

it("a database that is away for a moment is asked again without anybody's help", async () => {
  const page = await app.page("ada");
  let times = 0;
  await page.route("**/users/me/wallet", (route) => {
    times += 1;
    return times === 1 ? route.fulfill(problem(503, "Away.")) : route.continue();
  });
  await page.goto("/");
  await page.locator(".balance-figure").waitFor();
  expect([times > 1, await page.locator(".fault").count()]).toEqual([true, 0]);
});

it("what was shown before stays while the network is gone, and a page that was not says so", async () => {
  const page = await app.page("ada");
  await page.goto("/");
  await page.locator(".balance-figure").waitFor();
  await page.waitForLoadState("networkidle"); // what the other pages are made of is fetched behind this one
  await page.context().setOffline(true);
  await seen(page, "You are offline. What you see is from before.");
  expect(await page.locator(".balance-figure").count()).toBe(1);
  await page.getByRole("link", { name: "Usage" }).click();
  await seen(page, "This is shown as soon as the network is back.");
  expect(await axe(page)).toEqual([]);
  await page.context().setOffline(false);
  await seen(page, "No calls yet.");
});

it("a token that ends in the middle of work loses nothing that was typed", async () => {
  await givenCredits(app.world, "worker", "5");
  const page = await app.page("worker");
  await page.goto("/playground");
  await page.getByLabel("Message").fill("A long thought");
  await page.evaluate(`sessionStorage.setItem("pantheon.tokens", JSON.stringify({ access: "x", refresh: null, expires: 0 }))`);
  await page.getByRole("button", { name: "Send" }).click();
  await seen(page, "Your sign-in has ended. What you typed is kept.");
  expect(await page.getByLabel("Message").inputValue()).toBe("A long thought");
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Sign in again" }).first().click();
  await page.getByLabel("User id").fill("worker");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Playground" }).waitFor();
  expect(await page.getByLabel("Message").inputValue()).toBe("A long thought");
  await page.getByRole("button", { name: "Send" }).click();
  await seen(page, "I am a stand-in model");
});

it("a token that the API takes for nobody's ends the sign-in, and nothing is asked over and over", async () => {
  const page = await app.page("ada");
  await page.goto("/");
  await settled(page);
  await page.evaluate(
    `sessionStorage.setItem("pantheon.tokens", JSON.stringify({ access: "x", refresh: null, expires: Date.now() + 3600000 }))`,
  );
  const asked: string[] = [];
  page.on("request", (request) => request.url().includes("/users/me/usage") && asked.push(request.url()));
  await page.getByRole("link", { name: "Usage" }).click();
  await seen(page, "Your sign-in has ended.");
  await settled(page);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked).toEqual([...new Set(asked)]);
});

it("one renewal runs at a time, however many questions wait for it", async () => {
  const page = await app.stranger();
  await page.goto("/");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("User id").fill("renewer");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator(".balance-figure").waitFor();
  await page.evaluate(`{ const kept = JSON.parse(sessionStorage.getItem("pantheon.tokens")); kept.expires = 0;
    sessionStorage.setItem("pantheon.tokens", JSON.stringify(kept)); }`);
  let renewals = 0;
  page.on("request", (request) => (renewals += request.url().endsWith("/auth/token") ? 1 : 0));
  await page.reload();
  await settled(page);
  expect([renewals, await page.locator(".balance-figure").count(), await page.locator(".fault").count()]).toEqual([1, 1, 0]);
});

it("a sign-in that was not begun here ends nowhere, and its code leaves the address", async () => {
  const page = await app.stranger();
  await page.goto("/signed-in?code=stolen&state=other");
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  expect(new URL(page.url()).search).toBe("");
  await page.evaluate(`sessionStorage.setItem("pantheon.attempt", JSON.stringify({ verifier: "v", state: "mine", back: "/usage" }))`);
  await page.goto("/signed-in?code=stolen&state=other");
  await seen(page, "Signing in did not work.");
  expect([new URL(page.url()).pathname + new URL(page.url()).search, await page.evaluate("sessionStorage.length")]).toEqual(["/usage", 0]);
});

it("a way back that leads to another site is not taken", async () => {
  const page = await app.stranger();
  await page.goto("/");
  await page.evaluate(`sessionStorage.setItem("pantheon.attempt", JSON.stringify({ verifier: "v", state: "s", back: "//evil.example" }))`);
  await page.goto("/signed-in?code=c&state=s");
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  expect(page.url()).toBe(`${app.world.apiUrl}/`);
});

it("a page that breaks says so, and the frame around it goes on", async () => {
  const page = await app.page("ada");
  await page.route("**/users/me/usage**", (route) =>
    route.fulfill({ json: { events: [{ id: 1, created_at: "never" }], total: 1, next_cursor: null } }),
  );
  await page.goto("/usage");
  await seen(page, "This page broke.");
  await page.getByRole("link", { name: "Wallet" }).click();
  await settled(page);
  expect(await page.locator(".balance-figure").count()).toBe(1);
});

it("without its settings the app says so, and starts when they can be had", async () => {
  const page = await app.page("ada");
  let away = true;
  await page.route("**/config.json", (route) => (away ? route.abort("connectionrefused") : route.continue()));
  await page.goto("/");
  await seen(page, "The API could not be reached.");
  away = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await settled(page);
  expect(await page.locator(".balance-figure").count()).toBe(1);
});
