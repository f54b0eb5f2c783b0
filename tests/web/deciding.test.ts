// What waits for an admin's decision, in a browser: grants that need a second one, payments that were set aside, keys that must go.

import { expect, it } from "vitest";
import { givenQuarantined } from "../support/given-quarantined.ts";
import { givenCredits } from "../support/given.ts";
import { ADMIN, axe, givenApp, settled } from "./support/app.ts";

const SECOND = "second";

const app = givenApp({ ADMIN_GRANT_SUM_PER_DAY: "100", ADMIN_USER_IDS: `${ADMIN},${SECOND}` });

const ask = async (path: string) => (await app.world.call("GET", `/api/v1/admin${path}`, { user: ADMIN })).json;
const balanceOf = async (user: string) => (await ask(`/wallets/${user}`)).balance;

async function proposed(user: string, amount: string): Promise<void> {
  const body = { amount, note: `For ${user}`, create: true };
  const { status } = await app.world.call("POST", `/api/v1/admin/wallets/${user}/grant`, { user: ADMIN, body });
  expect(status).toBe(202);
}

it("a grant is booked by a second admin with the balance seen before, and not by the one who proposed it", async () => {
  await givenCredits(app.world, "winner", "3");
  await proposed("winner", "150");
  const first = await app.page(ADMIN);
  await first.goto("/operator/grants");
  await first.getByRole("button", { name: "Confirm the grant for winner" }).click();
  await first.getByRole("button", { name: "Confirm it" }).click();
  await first.getByText("You have proposed this grant. Another admin has to confirm it.").waitFor();
  expect(await balanceOf("winner")).toBe("3");
  const second = await app.page(SECOND);
  await second.goto("/operator/grants");
  await second.getByRole("button", { name: "Confirm the grant for winner" }).click();
  await second.locator(".effect data").last().waitFor();
  expect(await axe(second)).toEqual([]);
  const promised = await second.locator(".effect data").nth(1).getAttribute("value");
  await second.getByRole("button", { name: "Confirm it" }).dblclick();
  await second.getByText("The balance is now").waitFor();
  expect([promised, await balanceOf("winner")]).toEqual(["153", "153"]);
  await second.getByRole("button", { name: "Close" }).click();
  await second.getByText("No grant waits for a second admin.").waitFor();
  await second.getByRole("radio", { name: "Granted" }).check();
  await second.getByText("granted by second").waitFor();
  expect(new URL(second.url()).search).toBe("?status=granted");
});

it("a proposed grant is dismissed, and nothing is booked", async () => {
  await proposed("loser", "500");
  const page = await app.page(SECOND);
  await page.goto("/operator/grants");
  await page.getByRole("button", { name: "Dismiss the grant for loser" }).click();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Dismiss it" }).click();
  await page.getByText("No grant waits for a second admin.").waitFor();
  expect(await balanceOf("loser")).toBe("0");
});

it("a payment that was set aside is granted for what was received, with a note in the audit", async () => {
  await givenCredits(app.world, "puzzled", "1");
  await givenQuarantined(app.world, { user: "puzzled" });
  const page = await app.page(ADMIN);
  await page.goto("/operator/payments?status=quarantined");
  await page.getByRole("button", { name: "Decide on the payment of puzzled" }).click();
  await page.getByText("900 in the smallest unit of USD").waitFor();
  expect(await page.getByRole("button", { name: "Grant it" }).isDisabled()).toBe(true);
  await page.getByLabel("Why").fill("Paid a dollar less");
  await page.getByLabel("Credits", { exact: true }).fill("20");
  await expect.poll(() => page.locator(".effect").last().locator("data").last().getAttribute("value")).toBe("21");
  await page.getByLabel("Credits", { exact: true }).fill("");
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Grant it" }).dblclick();
  await page.getByText("300.00 credits were granted to puzzled.").waitFor();
  expect(await balanceOf("puzzled")).toBe("301");
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByText("No top-ups in this state.").waitFor();
  await page.goto("/operator/audit?user_id=puzzled");
  await page.getByText("Paid a dollar less").first().waitFor();
});

it("a payment that was set aside is dismissed without credits", async () => {
  await givenCredits(app.world, "wronged", "1");
  await givenQuarantined(app.world, { user: "wronged" });
  const page = await app.page(ADMIN, { width: 360 });
  await page.goto("/operator/payments?status=quarantined");
  await page.getByRole("button", { name: "Decide on the payment of wronged" }).click();
  await page.getByRole("radio", { name: "Dismiss it" }).check();
  await page.getByLabel("Why").fill("Refunded in Stripe");
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Dismiss it for good" }).click();
  await page.getByText("Dismissed: it leaves quarantine without credits.").waitFor();
  expect(await balanceOf("wronged")).toBe("1");
});

it("a payment leads to Stripe where payments are Stripe's", async () => {
  const { payment } = await givenQuarantined(app.world, { user: "linked" });
  const page = await app.page(ADMIN);
  await page.route("**/config.json", async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...(await response.json()), payment: null } });
  });
  await page.goto("/operator/payments?status=quarantined");
  const link = page.getByRole("link", { name: payment });
  expect(await link.getAttribute("href")).toBe(`https://dashboard.stripe.com/test/payments/${payment}`);
  expect(await link.getAttribute("rel")).toBe("noreferrer");
});

it("somebody's key is found and revoked for good", async () => {
  for (const user of ["careless", "careful"]) {
    expect((await app.world.call("POST", "/api/v1/users/me/keys", { user, body: { name: `Key of ${user}` } })).status).toBe(201);
  }
  const page = await app.page(ADMIN);
  await page.goto("/operator/keys");
  await settled(page);
  expect(await page.getByRole("table", { name: "API keys" }).locator("tbody tr").count()).toBe(2);
  await page.getByLabel("User id").fill("careless");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("heading", { name: "Keys of careless" }).waitFor();
  expect(new URL(page.url()).search).toBe("?user_id=careless");
  await page.getByRole("button", { name: "Revoke Key of careless" }).click();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Revoke it" }).click();
  await page.getByRole("table", { name: "API keys" }).getByText("revoked").waitFor();
  expect((await ask("/keys?user_id=careless")).keys[0].revoked_at).not.toBeNull();
  await page.getByRole("button", { name: "Show all" }).click();
  await expect.poll(() => page.getByRole("table", { name: "API keys" }).locator("tbody tr").count()).toBe(2);
});

it("the audit is narrowed by who did it, to whom and when, and says who read what", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/audit");
  await page.getByLabel("Admin").fill(SECOND);
  await page.getByLabel("Done to").fill("winner");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe(`?admin_id=${SECOND}&user_id=winner`);
  await settled(page);
  const { total } = await ask(`/actions?admin_id=${SECOND}&user_id=winner`);
  await page.getByText(`${total} in all`).waitFor();
  await page.reload();
  expect(await page.getByLabel("Admin").inputValue()).toBe(SECOND);
  await page.getByLabel("To (UTC)").fill("2020-01-01");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByText("Nothing fits these filters.").waitFor();
  await page.goto(`/operator/audit?show=reads&admin_id=${ADMIN}`);
  await page.getByRole("table", { name: "Reads of operators" }).waitFor();
  expect(await axe(page)).toEqual([]);
});

it("refunds and disputes are seen with whose they are and what they take, by kind", async () => {
  const { world } = app;
  await givenCredits(world, "disputer", "1");
  await world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "disputer", body: { amount_usd: "10.00" } });
  const { id } = world.stripe.pay(world.stripe.intents().at(-1)?.id ?? "", "pm_card_visa");
  await world.stripe.settled();
  world.stripe.refund(id, 300);
  world.stripe.dispute(id);
  await world.stripe.settled();
  const page = await app.page(ADMIN);
  await page.goto("/operator/payments");
  await page.getByRole("radio", { name: "Refunds and disputes" }).check();
  const table = page.getByRole("table", { name: "Refunds and disputes" });
  const { reversals } = await ask("/reversals");
  await expect.poll(() => table.locator("tbody tr").count()).toBe(reversals.length);
  expect(await axe(page)).toEqual([]);
  await page.getByRole("radio", { name: "Refunds", exact: true }).check();
  await expect.poll(() => table.locator("tbody tr").count()).toBe(1);
  expect(new URL(page.url()).search).toBe("?show=reversals&kind=refund");
  await table.getByText("$3.00").waitFor();
  const taken = reversals.find((one: { kind: string }) => one.kind === "refund").credits_taken;
  expect(await table.locator("data").last().getAttribute("value")).toBe(taken);
});
