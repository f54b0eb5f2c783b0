// One's usage in a browser: by day and model as the API sums it, as a chart, as a table and as a file, and how long the wallet lasts.

import { readFile } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { axe, givenApp, settled } from "./support/app.ts";
import { givenLivedInWorld } from "./support/seed.ts";

const app = givenApp();

beforeAll(async () => {
  if (app.isOpen) await givenLivedInWorld(app.world);
}, 120_000);

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

async function summary(from: string, group: string, user = "ada") {
  const path = `/api/v1/users/me/usage/summary?from=${from}&to=${day(0)}&group_by=${group}`;
  return (await app.world.call("GET", path, { user })).json;
}

it("shows the sums of the API by model, and its days by keys and as a table", async () => {
  const page = await app.page("ada");
  await page.goto("/usage?days=7");
  await settled(page);
  await page.getByRole("table", { name: "Usage by model" }).waitFor();
  const { rows, total } = await summary(day(6), "model");
  const shown = await page
    .getByRole("table", { name: "Usage by model" })
    .locator("tbody tr")
    .evaluateAll((all) => all.map((row) => [row.querySelector("td")?.textContent, row.querySelector("data")?.getAttribute("value")]));
  expect(shown).toEqual(rows.map((row: Record<string, string>) => [row["model_alias"], row["credits_charged"]]));
  expect(await page.locator(".usage-sum data").first().getAttribute("value")).toBe(total.credits_charged);
  const chart = page.getByRole("application");
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  await page.locator(".chart-tip").waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("As a table").click();
  expect(await page.locator(".chart-table tbody tr").count()).toBe(7);
  expect(await axe(page)).toEqual([]);
});

it("counts calls or tokens instead, which the address keeps", async () => {
  const page = await app.page("ada");
  await page.goto("/usage?days=7");
  await page.getByRole("radio", { name: "Calls" }).check();
  await expect.poll(() => new URL(page.url()).searchParams.get("show")).toBe("calls");
  const { rows } = await summary(day(6), "day,model");
  await page.getByText("As a table").click();
  const shown = await page.locator(".chart-table tbody td").evaluateAll((all) => all.map((cell) => Number(cell.textContent)));
  const calls = rows.map((row: { calls: number }) => row.calls);
  expect(shown.reduce((sum, one) => sum + one, 0)).toBe(calls.reduce((sum: number, one: number) => sum + one, 0));
  await page.getByRole("radio", { name: "90 days" }).check();
  await settled(page);
  expect(new URL(page.url()).search).toBe("?days=90&show=calls");
  await page.goto("/usage?days=1e9&show=%3Cb%3E");
  await settled(page);
  expect(await page.getByRole("radio", { name: "30 days" }).isChecked()).toBe(true);
});

it("sums by API key, each by its own name, and what came without one", async () => {
  await givenCredits(app.world, "robotic", "5");
  for (const name of ["The robot", "The robot"]) {
    const made = (await app.world.call("POST", "/api/v1/users/me/keys", { user: "robotic", body: { name } })).json;
    const headers = { Authorization: `Bearer ${made.key}` };
    const session = (await app.world.call("POST", "/api/v1/sessions", { user: null, headers, body: {} })).json.id;
    await app.world.call("POST", `/api/v1/sessions/${session}/turns`, { user: null, headers, body: { message: "Hello" } });
  }
  await runTurn(app.world, await givenSession(app.world, "robotic"), { user: "robotic" });
  const page = await app.page("robotic");
  await page.goto("/usage?days=7");
  await page.getByRole("radio", { name: "By key" }).check();
  const table = page.getByRole("table", { name: "Usage by key" });
  await table.waitFor();
  expect(new URL(page.url()).search).toBe("?days=7&by=key");
  const { rows } = await summary(day(6), "key", "robotic");
  const shown = await table.locator("tbody data").evaluateAll((all) => all.map((one) => one.getAttribute("value")));
  expect(shown).toEqual(rows.map((row: Record<string, string>) => row["credits_charged"]));
  const names = await table.locator("tbody td:first-child").allTextContents();
  expect(names.toSorted()).toEqual(["The robot", "The robot", "without a key"]);
  expect(await axe(page)).toEqual([]);
});

it("saves the days that are seen as a file", async () => {
  const page = await app.page("ada");
  await page.goto("/usage?days=7");
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as CSV" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe(`usage ${day(6)} to ${day(0)}.csv`);
  const { text } = await app.world.call("GET", `/api/v1/users/me/usage/export.csv?from=${day(6)}&to=${day(0)}`, { user: "ada" });
  expect(await readFile(await file.path(), "utf8")).toBe(text);
});

it.each(["ada", "spender"])("says how long the wallet of %s lasts at the pace of the last days", async (user) => {
  if (user === "spender") {
    await givenCredits(app.world, user, "0.05");
    await runTurn(app.world, await givenSession(app.world, user), { user });
  }
  const page = await app.page(user);
  await page.goto("/");
  const { total } = await summary(day(6), "model", user);
  const { available } = (await app.world.call("GET", "/api/v1/users/me/wallet", { user })).json;
  const days = Number(available) / (Number(total.credits_charged) / 7);
  const said = days > 365 ? "more than a year" : `about ${Math.floor(days)} days, until`;
  const pace = page.getByText("at this pace it lasts");
  await pace.waitFor();
  expect(await pace.textContent()).toContain(`at this pace it lasts ${said}`);
});

it("says nothing of a pace where there is none", async () => {
  const page = await app.page("without-a-pace");
  await page.goto("/");
  await settled(page);
  expect(await page.getByText("at this pace").count()).toBe(0);
});
