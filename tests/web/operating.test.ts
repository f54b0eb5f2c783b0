// What an operator does in a browser, each act seen by the API and by the audit.

import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { ADMIN, axe, givenApp, settled } from "./support/app.ts";
import { givenLivedInWorld } from "./support/seed.ts";

const app = givenApp();

const ask = async (path: string, user = ADMIN) => (await app.world.call("GET", `/api/v1${path}`, { user })).json;

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

async function multiplier(): Promise<string> {
  const { items } = await ask("/admin/pricing");
  return items.find((item: { model_alias: string }) => item.model_alias === "claude-sonnet").multiplier;
}

it("finds somebody, grants them credits with the balance seen before, suspends them and lets them go on", async () => {
  await givenLivedInWorld(app.world);
  const before = (await ask("/admin/wallets/ada")).balance;
  const page = await app.page(ADMIN);
  await page.goto("/operator/people");
  await page.getByLabel("User id or e-mail").fill("ad");
  await page.getByRole("button", { name: "Search" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("?query=ad");
  await page.getByText("1 found").waitFor();
  await page.getByRole("table", { name: "People" }).getByRole("link", { name: "ada", exact: true }).click();
  await page.getByRole("button", { name: "Grant credits" }).click();
  await page.getByLabel("Credits", { exact: true }).fill("12.5");
  await page.getByLabel("Note").fill("For the trouble");
  expect(await axe(page)).toEqual([]);
  const promised = await page.locator(".effect data").last().getAttribute("value");
  await page.getByRole("button", { name: "Grant", exact: true }).dblclick();
  await page.getByText("The balance is now").waitFor();
  const after = (await ask("/admin/wallets/ada")).balance;
  expect([after, Number(after) - Number(before)]).toEqual([promised, 12.5]);
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByText("For the trouble").waitFor();

  const turn = async () => (await app.world.call("POST", `/api/v1/sessions/${session}/turns`, { body: { message: "Still here?" } })).status;
  const session = (await ask("/sessions", "ada")).sessions[0].id;
  for (const [act, said, status] of [
    ["Suspend", "Suspended: new turns are refused.", 403],
    ["Reactivate", "Reactivated: turns run again.", 201],
  ] as const) {
    await page.getByRole("button", { name: act, exact: true }).click();
    if (act === "Suspend") await page.getByLabel("Reason").fill("A question of the bank");
    await page.getByRole("dialog").getByRole("button", { name: act, exact: true }).click();
    await page.getByText(said).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    expect(await turn()).toBe(status);
    await expect.poll(() => page.getByText("suspended: A question of the bank").count()).toBe(act === "Suspend" ? 1 : 0);
  }
});

it("filters and orders people in the address, and opens somebody who was never here", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/people?order=balance");
  await settled(page);
  const { users } = await ask("/admin/users?order=balance");
  const shown = await page.getByRole("table", { name: "People" }).locator("tbody tr td:first-child a").allTextContents();
  expect(shown).toEqual(users.map((user: { user_id: string }) => user.user_id));
  await page.getByRole("radio", { name: "Below zero" }).check();
  await expect.poll(() => new URL(page.url()).search).toBe("?order=balance&state=negative");
  await page.goto("/operator/people?query=nobody-of-this-name&state=%3Cb%3E");
  await page.getByRole("link", { name: "Open the page of nobody-of-this-name all the same" }).click();
  await page.getByText("No wallet yet.").waitFor();
  expect(await page.getByRole("button", { name: "Take credits back" }).count()).toBe(0);
});

it("takes credits back with the balance seen before, and more than is available only when that is said", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/people/susan.kare");
  for (const isBelow of [false, true]) {
    const { balance, available } = await ask("/admin/wallets/susan.kare");
    await page.getByRole("button", { name: "Take credits back" }).click();
    await page.getByLabel("Credits", { exact: true }).fill(isBelow ? String(Number(available) + 1) : "5.5");
    await page.getByLabel("Why").fill("Billed twice");
    const act = page.getByRole("button", { name: "Take back", exact: true });
    if (isBelow) {
      expect(await act.isDisabled()).toBe(true);
      await page.getByRole("checkbox").check();
    }
    expect(await axe(page)).toEqual([]);
    const promised = await page.locator(".effect data").last().getAttribute("value");
    await act.dblclick();
    await page.getByText("The balance is now").waitFor();
    const after = (await ask("/admin/wallets/susan.kare")).balance;
    expect([after, Number(balance) - Number(after)]).toEqual([promised, isBelow ? Number(available) + 1 : 5.5]);
    await page.getByRole("button", { name: "Close" }).click();
  }
  await page.locator(".balance-below").waitFor();
});

it("reads somebody's whole ledger, with the receipt of a turn, and their top-ups", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/people/ada");
  await settled(page);
  const { total } = await ask("/admin/users/ada/transactions");
  await page.getByText(`${total} rows, times are yours`).waitFor();
  await page.getByRole("button", { name: "Older" }).first().click();
  await expect.poll(() => page.getByRole("table", { name: "The ledger" }).locator("tbody tr").count()).toBe(50);
  await page
    .getByRole("button", { name: /^Turn / })
    .first()
    .click();
  await page.getByText("Computed again from what was stored: the same.").waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).click();
  expect(await page.getByRole("table", { name: "Top-ups" }).locator("tbody tr").count()).toBe(2);
});

it("changes a price with its effect seen before; not when somebody else did so meanwhile", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/prices");
  await settled(page);
  await page.getByRole("button", { name: "Edit the price of claude-sonnet" }).click();
  await page.getByLabel("Multiplier").fill("5");
  await page.getByText(/−\$1\.\d\d → about \$/).waitFor();
  expect(await axe(page)).toEqual([]);
  const somebodyElse = { user: ADMIN, body: { multiplier: "1.1", pricing_version: "2026-02-20" } };
  await app.world.call("PATCH", "/api/v1/admin/pricing/default", somebodyElse);
  await page.getByRole("button", { name: "Change the price" }).click();
  await page.getByText("Somebody changed the prices meanwhile.").waitFor();
  expect(await multiplier()).toBe("1.5");
  await page.getByRole("button", { name: "Close" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Edit the price of claude-sonnet" }).click();
  await page.getByLabel("Multiplier").fill("5");
  await page.getByRole("button", { name: "Change the price" }).click();
  const row = page.getByRole("table", { name: "Active prices" }).getByRole("row").filter({ hasText: "claude-sonnet" });
  await expect.poll(() => row.locator("td").nth(1).textContent()).toBe("× 5");
  expect(await multiplier()).toBe("5");
});

it("shows the cash that Stripe told of, to the cent", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/cash?days=7");
  await settled(page);
  const { total, days } = await ask(`/admin/cash?from=${day(6)}&to=${day(0)}`);
  const shown = await page.locator(".figures data").evaluateAll((all) => all.map((one) => one.getAttribute("value")));
  expect(shown).toEqual([total.taken_usd, total.refunded_usd, total.disputed_usd, total.net_usd]);
  expect(await page.getByRole("table", { name: "Cash by day" }).locator("tbody tr").count()).toBe(days.length);
});

it("throws the switch of enforcement only with the word typed, and takes it back", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/enforcement");
  await page.getByRole("button", { name: "Switch it on" }).click();
  const confirm = page.getByRole("button", { name: "Switch enforcement on" });
  await page.getByLabel('Type "on" to confirm').fill("yes");
  expect(await confirm.isDisabled()).toBe(true);
  await page.getByLabel('Type "on" to confirm').fill("on");
  expect(await axe(page)).toEqual([]);
  await confirm.click();
  await page.getByText("On: an empty wallet is refused.").waitFor();
  expect(await ask("/admin/settings")).toMatchObject({ enforcement_enabled: true, enforcement_source: "override" });
  await page.getByRole("button", { name: "Back to the stage's default" }).click();
  await page.getByLabel('Type "default" to confirm').fill("default");
  await page.getByRole("dialog").getByRole("button", { name: "Back to the stage's default" }).click();
  await page.getByText("as this stage was deployed").waitFor();
});

it("sees whom enforcement would refuse, before the switch is thrown and in its question", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/enforcement?days=7");
  await settled(page);
  const { users, total } = await ask(`/admin/analytics/would-refuse?from=${day(6)}&to=${day(0)}`);
  expect(total).toBeGreaterThan(0);
  const table = page.getByRole("table", { name: "Who would be refused" });
  const shown = await table.locator("tbody tr td:first-child").allTextContents();
  expect(shown).toEqual(users.slice(0, 10).map((user: { user_id: string }) => user.user_id));
  const { would_have_been_refused: turns } = await ask(`/admin/usage/summary?from=${day(6)}&to=${day(0)}`);
  await page.getByText(`turns of ${total} people`).first().waitFor();
  expect(await page.locator(".figure-value").first().textContent()).toBe(String(turns));
  await page.getByRole("button", { name: "Switch it on" }).click();
  await page.getByRole("dialog").getByText(`turns of ${total} people`).waitFor();
  expect(await axe(page)).toEqual([]);
});

it("saves everybody's usage, and one person's, as files", async () => {
  const page = await app.page(ADMIN);
  for (const [address, query] of [
    ["/operator?days=7", ""],
    ["/operator/people/susan.kare?days=7", "user_id=susan.kare&"],
  ]) {
    await page.goto(address ?? "");
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as CSV" }).click();
    const { text } = await app.world.call("GET", `/api/v1/admin/usage/export.csv?${query}from=${day(6)}&to=${day(0)}`, { user: ADMIN });
    expect(await readFile(await (await saved).path(), "utf8")).toBe(text);
  }
});

it("reads in the audit what was done, before and after", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/audit");
  await settled(page);
  const { total } = await ask("/admin/actions");
  await page.getByText(`${total} in all`).waitFor();
  expect(await page.getByRole("row").filter({ hasText: "2026-02-20/claude-sonnet" }).textContent()).toMatch(/1\.5 → 5/);
});

it("keeps the filter of payments in the address", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/payments");
  await page.getByRole("radio", { name: "Declined" }).check();
  await expect.poll(() => new URL(page.url()).search).toBe("?status=failed");
  await settled(page);
  expect(await page.locator("tbody tr").count()).toBe(1);
  await page.reload();
  await settled(page);
  expect(await page.getByRole("radio", { name: "Declined" }).isChecked()).toBe(true);
  await page.goto("/operator/payments?status=%3Cb%3E");
  await settled(page);
  expect(await page.locator("tbody tr").count()).toBe((await ask("/admin/top-ups")).total);
});

it("reads a chart by keys", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator?days=7");
  const chart = page.getByRole("application");
  await chart.focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  expect(await page.locator(".chart-tip").textContent()).toMatch(/Revenue\$\d/);
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press("Escape");
  expect(await page.locator(".chart-tip").count()).toBe(0);
});

it("is refused to somebody who is none, whose browser is not even sent the pages", async () => {
  const page = await app.page("nosy");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto("/operator/people/ada");
  await page.getByRole("heading", { name: "For operators" }).waitFor();
  expect(asked.filter((path) => path.includes("/admin/") || /assets\/pages-/.test(path))).toEqual([]);
  expect(await page.getByRole("link", { name: "Audit" }).count()).toBe(0);
});
