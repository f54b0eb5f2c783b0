// What an operator does in a browser, each act seen by the API and by the audit.

import { expect, it } from "vitest";
import { ADMIN, axe, givenApp, settled } from "./support/app.ts";
import { givenLivedInWorld } from "./support/seed.ts";

const app = givenApp();

const ask = async (path: string, user = ADMIN) => (await app.world.call("GET", `/api/v1${path}`, { user })).json;

async function multiplier(): Promise<string> {
  const { items } = await ask("/admin/pricing");
  return items.find((item: { model_alias: string }) => item.model_alias === "claude-sonnet").multiplier;
}

it("finds somebody, grants them credits with the balance seen before, suspends them and lets them go on", async () => {
  await givenLivedInWorld(app.world);
  const before = (await ask("/admin/wallets/ada")).balance;
  const page = await app.page(ADMIN);
  await page.goto("/operator/people");
  await page.getByLabel("User id").fill("ada");
  await page.getByRole("button", { name: "Open" }).click();
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
    await page.getByRole("dialog").getByRole("button", { name: act, exact: true }).click();
    await page.getByText(said).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    expect(await turn()).toBe(status);
  }
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
  await page.getByRole("cell", { name: "× 5", exact: true }).waitFor();
  expect(await multiplier()).toBe("5");
});

it("copies a version and makes it the active one", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/prices");
  await page.getByRole("button", { name: "New version" }).click();
  await page.getByLabel("Name").fill("2027-01-01");
  await page.getByLabel("Label").fill("New year");
  await page.getByRole("button", { name: "Copy the active version" }).click();
  await page.getByRole("button", { name: "Activate 2027-01-01" }).click();
  await page.getByRole("heading", { name: "2027-01-01", exact: true }).waitFor();
  expect((await ask("/admin/pricing")).pricing_version).toBe("2027-01-01");
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
  expect(await page.locator("tbody tr").count()).toBe(2);
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
