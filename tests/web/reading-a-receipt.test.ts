// The ledger in a browser: a receipt with its arithmetic, by mouse and by keys, and a list that goes on.

import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { givenHistory } from "../support/given-history.ts";
import { ADMIN, axe, givenApp } from "./support/app.ts";
import { paid } from "./support/seed.ts";

const app = givenApp();

it("opens by keys, shows the sum that the API computed, has an address, and gives the focus back", async () => {
  await givenCredits(app.world, "reader", "5");
  await runTurn(app.world, await givenSession(app.world, "reader"), { user: "reader" });
  const page = await app.page("reader");
  await page.goto("/transactions");
  const turn = page.getByRole("button", { name: /^Turn / });
  await turn.focus();
  await page.keyboard.press("Enter");
  await page.getByText("Computed again from what was stored: the same.").waitFor();
  expect(await axe(page)).toEqual([]);
  const address = new URL(page.url());
  const { json } = await app.world.call("GET", `/api/v1/users/me/transactions/${address.searchParams.get("receipt")}/receipt`, {
    user: "reader",
  });
  expect(await page.locator(".receipt-arithmetic").textContent()).toBe(json.lines[0].arithmetic);
  expect(await page.locator(".sum-total data").first().getAttribute("value")).toBe(json.total);
  await page.keyboard.press("Escape");
  await expect.poll(() => new URL(page.url()).search).toBe("");
  expect(await page.evaluate("document.activeElement?.textContent")).toBe(await turn.textContent());

  await page.goto(address.pathname + address.search);
  await page.getByText("Computed again from what was stored").waitFor();
});

it("of a top-up does its division again; of a grant says who it came from", async () => {
  await paid(app.world, "25.00", "pm_card_visa");
  await app.world.call("POST", "/api/v1/admin/wallets/ada/grant", { user: ADMIN, body: { amount: "7", note: "Thanks", create: true } });
  const page = await app.page("ada");
  await page.goto("/transactions");
  await page.getByRole("button", { name: /^Top-up of \$25\.00/ }).click();
  await page.getByText("Computed again from what was stored: the same.").waitFor();
  const id = new URL(page.url()).searchParams.get("receipt");
  const { json } = await app.world.call("GET", `/api/v1/users/me/transactions/${id}/receipt`, { user: "ada" });
  expect(await page.locator(".receipt-arithmetic").textContent()).toBe(json.payment.arithmetic);
  expect(await page.locator(".sum-total data").first().getAttribute("value")).toBe(json.amount);
  await page.getByText(json.payment.payment_intent_id).waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("row").filter({ hasText: "Thanks" }).getByRole("button").click();
  await page.getByText("This amount was decided, not computed.").waitFor();
  expect(await page.locator(".sum-total data").first().getAttribute("value")).toBe("7");
});

it("of somebody else is not found, and says so in place", async () => {
  const { json } = await app.world.call("GET", "/api/v1/users/me/transactions", { user: "reader" });
  const page = await app.page("curious");
  await page.goto(`/transactions?receipt=${json.transactions[0].id}`);
  await page.getByText("Transaction not found.").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("");
});

it("a long ledger goes on, row after row, each once and exactly", async () => {
  await givenHistory(app.world, "veteran", 60);
  const page = await app.page("veteran");
  await page.goto("/transactions");
  const older = page.getByRole("button", { name: "Older" });
  for (const rows of [25, 50, 60]) {
    await expect.poll(() => page.locator("tbody tr").count()).toBe(rows);
    if (rows < 60) await older.click();
  }
  expect(await older.count()).toBe(0);
  const shown = await page.locator("tbody td:last-child data").evaluateAll((all) => all.map((one) => one.getAttribute("value") ?? ""));
  expect(shown).toEqual(Array.from({ length: 60 }, (_none, index) => String((60 - index) * 0.5)));
});

it("a ledger is narrowed to days in the address, and saved as a file of them", async () => {
  await givenHistory(app.world, "bookkeeper", 30);
  const today = new Date().toISOString().slice(0, 10);
  const page = await app.page("bookkeeper");
  await page.goto("/transactions");
  await page.getByLabel("To (UTC)").fill("2020-01-01");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByText("No transactions in these days.").waitFor();
  expect(new URL(page.url()).search).toBe("?to=2020-01-01");
  await page.getByLabel("From (UTC)").fill("2020-01-01");
  await page.getByLabel("To (UTC)").fill(today);
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("table", { name: "Transactions" }).waitFor();
  expect(await axe(page)).toEqual([]);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as CSV" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe(`transactions from 2020-01-01 to ${today}.csv`);
  const query = `from=2020-01-01&to=${today}`;
  const { text } = await app.world.call("GET", `/api/v1/users/me/transactions/export.csv?${query}`, { user: "bookkeeper" });
  expect(await readFile(await file.path(), "utf8")).toBe(text);
  await page.getByRole("button", { name: "Show all" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("");
});
