// Topping up as on a stage, where Stripe's own form takes the card: under the pages' policy, with a Stripe of our own at Stripe's address.

import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { axe, givenApp } from "./support/app.ts";
import { givenToStripe, STRIPE_KEY, withStripe } from "./support/fake-stripe.ts";

const app = givenApp();
const card = (page: Page) => page.getByLabel("Card of Stripe's form");

async function started(page: Page, dollars: string): Promise<void> {
  await page.goto("/top-up");
  await page.getByLabel("Amount in US dollars").fill(dollars);
  await page.getByRole("button", { name: "Go on to pay" }).click();
}

it("the form gets the key, the payment's secret and the pages' colours, pays once, and is watched until the credits are there", async () => {
  const page = await app.page("payer", { scheme: "dark" });
  await withStripe(page);
  await started(page, "10");
  await card(page).waitFor();
  expect(await axe(page)).toEqual([]);
  const before = await givenToStripe(page);
  expect(before).toMatchObject({ key: STRIPE_KEY, secret: app.world.stripe.intents().at(-1)?.client_secret, element: { type: "payment" } });
  expect(before.appearances[0]).toMatchObject({ theme: "night", variables: { colorText: "rgb(236, 231, 221)" } });
  await page.getByRole("button", { name: "Light", exact: true }).click();
  await expect.poll(async () => (await givenToStripe(page)).appearances.at(-1)?.theme).toBe("stripe");
  await page.getByRole("button", { name: "Pay $10.00" }).dblclick();
  await page.getByText("Paid. +333.33 credits came").waitFor();
  const { confirmed } = await givenToStripe(page);
  expect(confirmed).toEqual([{ return_url: page.url(), redirect: "if_required" }]);
  expect((await app.world.call("GET", "/api/v1/users/me/wallet", { user: "payer" })).json.balance).toBe("333.33");
});

it("a card that is declined is said in Stripe's words, what was filled in stays, and another is taken", async () => {
  const page = await app.page("declined");
  await withStripe(page);
  await started(page, "5");
  await card(page).fill("4000 0000 0000 0002");
  await page.getByRole("button", { name: "Pay $5.00" }).click();
  await page.getByText("The card was declined.").waitFor();
  expect(await card(page).inputValue()).toBe("4000 0000 0000 0002");
  await card(page).fill("nonsense");
  await page.getByRole("button", { name: "Pay $5.00" }).click();
  await page.getByText("The payment could not be made. Nothing was taken; try again.").waitFor();
  expect(await page.getByText("internal words").count()).toBe(0);
  await card(page).fill("4000 0027 6000 3184"); // its bank asks first
  await page.getByRole("button", { name: "Pay $5.00" }).click();
  await page.getByText("Paid. +166.67 credits came").waitFor();
});

it("a top-up that is canceled takes the form away", async () => {
  const page = await app.page("canceling");
  await withStripe(page);
  await started(page, "5");
  await card(page).waitFor();
  await page.getByRole("button", { name: "Cancel this top-up" }).click();
  await page.getByText("You canceled it. Nothing was paid.").waitFor();
  expect([await card(page).count(), (await givenToStripe(page)).destroyed]).toEqual([0, 1]);
});

it("a Stripe that cannot be reached is said, and asked again when somebody wants", async () => {
  const page = await app.page("blocked");
  let isAway = true;
  await withStripe(page, () => isAway);
  await started(page, "5");
  await page.getByText("Stripe's form could not be loaded.").waitFor();
  expect(await axe(page)).toEqual([]);
  isAway = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await card(page).waitFor();
  await page.getByRole("button", { name: "Pay $5.00" }).click();
  await page.getByText("Paid. +166.67 credits came").waitFor();
  app.complaints.splice(0); // the browser writes down what it could not load
});

it("a bank that asked at a page of its own comes back, and the payment's secret leaves the address before anything is drawn", async () => {
  const page = await app.page("returning");
  await withStripe(page);
  await started(page, "5");
  await card(page).waitFor();
  const { secret } = await givenToStripe(page);
  const back = `${new URL(page.url()).pathname}?payment_intent=pi_1&payment_intent_client_secret=${secret}&redirect_status=succeeded`;
  await page.goto(back);
  await card(page).waitFor();
  expect(new URL(page.url()).search).toBe("");
});

it("Stripe's script is asked for by nobody who does not pay", async () => {
  const page = await app.page("looking");
  await withStripe(page);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).host));
  for (const address of ["/", "/usage", "/top-up", "/keys"]) {
    await page.goto(address);
    await page.getByRole("heading", { level: 1 }).waitFor();
  }
  await page.waitForLoadState("networkidle");
  expect(new Set(asked)).toEqual(new Set([new URL(app.world.apiUrl).host]));
});
