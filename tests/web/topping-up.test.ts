// Topping up in a browser, from the amount to the credits, also when the bank says no or asks first.

import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { axe, givenApp } from "./support/app.ts";

const app = givenApp();

/** Goes from the amount to the card form of a top-up. */
async function started(page: Page, dollars: string): Promise<void> {
  await page.goto("/top-up");
  await page.getByLabel("Amount in US dollars").fill(dollars);
  await page.getByRole("button", { name: "Go on to pay" }).click();
  await page.getByLabel("Card number").waitFor();
}

async function balanceOf(user: string): Promise<string> {
  return (await app.world.call("GET", "/api/v1/users/me/wallet", { user })).json.balance;
}

it("buys what the page said it would, once", async () => {
  const page = await app.page("payer");
  await page.goto("/");
  await page.getByRole("main").getByRole("link", { name: "Top up" }).click();
  await page.getByRole("radio", { name: "$10", exact: true }).check();
  await page.getByText("buys 333.33 credits").waitFor();
  await page.getByRole("button", { name: "Go on to pay" }).click();
  await page.getByRole("button", { name: "Pay $10.00" }).dblclick();
  await page.getByText("Paid. +333.33 credits came").waitFor();
  expect(await axe(page)).toEqual([]);
  expect(await balanceOf("payer")).toBe("333.33");
  await page.getByRole("link", { name: "Wallet" }).click();
  await page.getByText("Top-up of $10.00: 333.33 credits added").waitFor();
  expect(await page.locator(".balance-figure data").getAttribute("value")).toBe("333.33");
});

it("says what the bank says, and takes another card for the same top-up", async () => {
  const page = await app.page("declined");
  await started(page, "5");
  await page.getByLabel("Card number").fill("4000 0000 0000 0002");
  await page.getByRole("button", { name: "Pay $5.00" }).click();
  await page.getByText("The card was declined.").waitFor();
  expect(await page.getByLabel("Card number").getAttribute("aria-invalid")).toBe("true");
  expect(await axe(page)).toEqual([]);
  await page.getByLabel("Card number").fill("1234");
  await page.getByRole("button", { name: "Pay $5.00" }).click();
  await page.getByText("none of the test cards").waitFor();
  await page.getByLabel("Card number").fill("4242424242424242");
  await page.getByRole("button", { name: "Pay $5.00" }).click();
  await page.getByText("Paid. +166.67 credits came").waitFor();
  expect(await balanceOf("declined")).toBe("166.67");
});

it("lets the bank ask, and believes what it is told", async () => {
  const page = await app.page("asked");
  for (const [told, balance] of [
    ["It is not", "0"],
    ["It is me", "33.33"],
  ] as const) {
    await started(page, "1.00");
    await page.getByLabel("Card number").fill("4000 0027 6000 3184");
    await page.getByRole("button", { name: "Pay $1.00" }).click();
    await page.getByRole("button", { name: told }).click();
    await page
      .getByText(told === "It is me" ? "Paid. +33.33" : "declined, can be paid again")
      .first()
      .waitFor();
    expect(await balanceOf("asked")).toBe(balance);
  }
});

it("says what an amount may be, and keeps what was typed over a reload", async () => {
  const page = await app.page("typist");
  await page.goto("/top-up");
  await page.getByLabel("Amount in US dollars").fill("0.50");
  await page.getByRole("button", { name: "Go on to pay" }).click();
  await page.getByText("amount_usd must be between 1.00 and 500.00").first().waitFor();
  expect(await axe(page)).toEqual([]);
  await page.reload();
  expect(await page.getByLabel("Amount in US dollars").inputValue()).toBe("0.50");
  await page.getByLabel("Amount in US dollars").fill("1e3");
  expect(await page.getByRole("button", { name: "Go on to pay" }).isDisabled()).toBe(true);
});

it("can be given up before it is paid, and then takes no card", async () => {
  const page = await app.page("unsure");
  await started(page, "8");
  await page.getByRole("button", { name: "Cancel this top-up" }).click();
  await page.getByText("You canceled it. Nothing was paid.").waitFor();
  expect(await page.getByLabel("Card number").count()).toBe(0);
  await page.getByRole("table", { name: "Top-ups" }).getByText("canceled").waitFor();
});

it("says in words what was refunded, what is disputed, and what was taken back", async () => {
  const page = await app.page("regretter");
  await started(page, "10");
  const { id } = app.world.stripe.pay(app.world.stripe.intents().at(-1)?.id ?? "", "pm_card_visa");
  await page.getByText("Paid. +333.33 credits came").waitFor();
  app.world.stripe.refund(id, 300);
  await app.world.stripe.settled();
  await page.reload();
  await page.getByText("$3.00 were refunded, or are on their way back to your card.").waitFor();
  await page.getByText(/credits were taken back for it/).waitFor();
  app.world.stripe.dispute(id);
  await app.world.stripe.settled();
  await page.reload();
  await page.getByText(/The payment is disputed|The bank asks about this payment/).waitFor();
  expect(await axe(page)).toEqual([]);
});

it("shows nobody else's top-up", async () => {
  const { json } = await app.world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "payer", body: { amount_usd: "7" } });
  const page = await app.page("stranger");
  await page.goto(`/top-up/${json.id}`);
  await page.getByText("Top-up not found.").waitFor();
  expect(await page.getByLabel("Card number").count()).toBe(0);
});
