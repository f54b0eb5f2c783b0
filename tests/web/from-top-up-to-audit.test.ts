// What the app is for, from end to end: somebody pays, chats, reads what it cost and makes a key; an admin finds them, sees what they bring,
// takes credits back, raises a price, and reads all of it in the audit.

import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { ADMIN, axe, givenApp, settled } from "./support/app.ts";

const app = givenApp();

const ask = async (path: string, user: string) => (await app.world.call("GET", `/api/v1${path}`, { user })).json;

const MODEL = "gpt-4o-mini";
const PAYER = "grace";

it("a payer tops up, chats, reads the receipt and makes a key", async () => {
  const page = await app.page(PAYER);
  await topUp(page);
  await chat(page);
  await page.getByRole("button", { name: "Receipt" }).click();
  await page.getByText("Computed again from what was stored: the same.").waitFor();
  const charged = await page.locator(".sum-total data").first().getAttribute("value");
  const { transactions } = await ask("/users/me/transactions?limit=1", PAYER);
  expect(transactions[0].amount).toBe(`-${charged}`);
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).click();
  const key = await makeKey(page);
  expect((await fetch(`${app.world.apiUrl}/api/v1/models`, { headers: { Authorization: `Bearer ${key}` } })).status).toBe(200);
}, 120_000);

it("an admin finds that person, sees the margin, deducts, raises a price and reads it in the audit", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator");
  await page.getByRole("link", { name: "People" }).click();
  await page.getByLabel("User id or e-mail").fill("gra");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("table", { name: "People" }).getByRole("link", { name: PAYER }).click();
  await settled(page);
  await page.locator(".person-margin").waitFor();
  const { revenue_usd: revenue, margin_usd: margin } = await ask(`/admin/analytics/margin?user_id=${PAYER}`, ADMIN);
  const shown = await page.locator(".person-margin data").evaluateAll((all) => all.map((one) => one.getAttribute("value")));
  expect(shown).toEqual([revenue, margin]);
  await deduct(page);
  await raise(page);

  await page.getByRole("link", { name: "Audit" }).click();
  const acts = page.getByRole("table", { name: "Acts of operators" });
  await acts.getByRole("row").filter({ hasText: MODEL }).getByText("1 → 1.5").waitFor();
  await acts.getByRole("row").filter({ hasText: PAYER }).getByText("wallet.deduct").waitFor();
  expect(await axe(page)).toEqual([]);
}, 120_000);

async function topUp(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByRole("main").getByRole("link", { name: "Top up" }).click();
  await page.getByRole("radio", { name: "$10", exact: true }).check();
  await page.getByRole("button", { name: "Go on to pay" }).click();
  await page.getByRole("button", { name: "Pay $10.00" }).click();
  await page.getByText("Paid. +333.33 credits came").waitFor();
}

async function chat(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Playground" }).click();
  await page.getByLabel("Model").selectOption(MODEL);
  await page.getByLabel("Message").fill("What is a wallet?");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".turn-foot").getByText(MODEL).waitFor();
}

async function makeKey(page: Page): Promise<string> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "API keys" }).click();
  await page.getByRole("button", { name: "Make a key" }).click();
  await page.getByLabel("Name", { exact: true }).fill("The laptop");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.locator(".key-text").waitFor();
  return (await page.locator(".key-text").textContent()) ?? "";
}

async function deduct(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Take credits back" }).click();
  await page.getByLabel("Credits", { exact: true }).fill("3.33");
  await page.getByLabel("Why").fill("Counted twice");
  await page.getByRole("button", { name: "Take back", exact: true }).click();
  await page.getByText("The balance is now").waitFor();
  const { balance } = await ask(`/admin/wallets/${PAYER}`, ADMIN);
  expect(await page.getByRole("dialog").locator("data").getAttribute("value")).toBe(balance);
  await page.getByRole("button", { name: "Close" }).click();
}

async function raise(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Prices" }).click();
  await page.getByRole("button", { name: `Edit the price of ${MODEL}` }).click();
  await page.getByLabel("Multiplier").fill("1.5");
  await page.getByRole("button", { name: "Change the price" }).click();
  await page
    .getByRole("row")
    .filter({ has: page.getByRole("button", { name: `Edit the price of ${MODEL}` }) })
    .getByText("× 1.5", { exact: true })
    .waitFor();
}
