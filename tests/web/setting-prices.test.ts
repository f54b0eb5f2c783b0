// An operator's prices in a browser: warnings before a price is saved, and a version that is looked at before it is activated.

import { expect, it } from "vitest";
import { ADMIN, axe, givenApp } from "./support/app.ts";

const app = givenApp();

const ask = async (path: string) => (await app.world.call("GET", `/api/v1${path}`, { user: ADMIN })).json;

it("warns of a price below the provider's list before it is saved", async () => {
  const { items } = await ask("/admin/pricing");
  const { break_even_multiplier: least } = items.find((item: { model_alias: string }) => item.model_alias === "gpt-4o");
  const page = await app.page(ADMIN);
  await page.goto("/operator/prices");
  await page.getByRole("button", { name: "Edit the price of gpt-4o", exact: true }).click();
  await page.getByLabel("Multiplier").fill(String(Number(least) - 0.0001));
  await page.getByText(`it breaks even at × ${least}`).waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByLabel("Multiplier").fill(least);
  await expect.poll(() => page.getByText("it breaks even at").count()).toBe(0);
});

it("copies a version, sees it against the active one, and activates it only as it was looked at", async () => {
  const page = await app.page(ADMIN);
  await page.goto("/operator/prices");
  await page.getByRole("button", { name: "New version" }).click();
  await page.getByLabel("Name").fill("2027-01-01");
  await page.getByLabel("Label").fill("New year");
  await page.getByRole("button", { name: "Copy the active version" }).click();
  await expect.poll(() => new URL(page.url()).pathname).toBe("/operator/prices/2027-01-01");
  await page.getByRole("button", { name: "Edit the price of deepseek" }).click();
  await page.getByLabel("Multiplier").fill("0.6");
  await page.getByRole("button", { name: "Change the price" }).click();
  const row = page.getByRole("row").filter({ hasText: "deepseek" });
  await row.getByText("× 0.6", { exact: true }).waitFor();
  const active = (await ask("/admin/pricing")).items.find((item: { model_alias: string }) => item.model_alias === "deepseek").multiplier;
  await row.getByText(`× ${active} →`).waitFor();
  expect(await page.getByText("the same", { exact: true }).count()).toBe((await ask("/admin/pricing")).items.length - 1);
  expect(await axe(page)).toEqual([]);
  const somebodyElse = { user: ADMIN, body: { multiplier: "1.2", pricing_version: "2026-02-20" } };
  await app.world.call("PATCH", "/api/v1/admin/pricing/default", somebodyElse);
  await page.getByRole("button", { name: "Activate 2027-01-01" }).click();
  await page.getByText("Somebody changed prices or settings meanwhile.").waitFor();
  expect((await ask("/admin/pricing")).pricing_version).toBe("2026-02-20");
  await page.reload();
  await page.getByRole("button", { name: "Activate 2027-01-01" }).click();
  await expect.poll(() => new URL(page.url()).pathname).toBe("/operator/prices");
  await page.getByRole("heading", { name: "2027-01-01", exact: true }).waitFor();
  expect((await ask("/admin/pricing")).pricing_version).toBe("2027-01-01");
  await page.getByRole("table", { name: "Versions" }).getByRole("link", { name: "2026-02-20" }).click();
  await page.getByText("can be activated, from").waitFor();
});
