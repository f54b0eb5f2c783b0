// Limits in a browser: one's own, those of a key, and those that an admin sets.

import { expect, it } from "vitest";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { ADMIN, axe, givenApp, settled } from "./support/app.ts";

const app = givenApp();

const read = async (path: string, user: string) => (await app.world.call("GET", `/api/v1${path}`, { user })).json;

it("sets limits of one's own, sees what is used of them, and is refused above them", async () => {
  await givenCredits(app.world, "thrifty", "5");
  const session = await givenSession(app.world, "thrifty");
  await runTurn(app.world, session, { user: "thrifty" });
  const page = await app.page("thrifty");
  await page.goto("/limits");
  await page.getByText("Nothing is limited.").waitFor();
  await page.getByRole("button", { name: "Set limits" }).click();
  await page.getByLabel("Credits a day", { exact: true }).fill("many");
  await page.getByText("Credits are numbers with a point").waitFor();
  expect(await page.getByRole("button", { name: "Set the limits" }).isDisabled()).toBe(true);
  await page.getByLabel("Credits a day", { exact: true }).fill("0.00000001");
  await page.getByLabel("Calls an hour", { exact: true }).fill("0");
  await page.getByRole("button", { name: "Set the limits" }).click();
  await page.locator(".field-fault").waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByLabel("Calls an hour", { exact: true }).fill("50");
  await page.getByRole("button", { name: "Set the limits" }).dblclick();
  const table = page.getByRole("table", { name: "Limits" });
  await table.waitFor();
  expect(await axe(page)).toEqual([]);
  const { own, in_force: inForce } = await read("/users/me/limits", "thrifty");
  expect([own.credits_per_day, own.calls_per_hour, own.running]).toEqual(["0.00000001", 50, null]);
  const used = inForce.find((limit: { name: string }) => limit.name === "credits_per_day").used;
  const row = table.getByRole("row").filter({ hasText: "Credits a day" });
  expect(await row.locator("data").first().getAttribute("value")).toBe(used);
  expect((await runTurn(app.world, session, { user: "thrifty" })).status).toBe(402);

  await page.getByRole("button", { name: "Set limits" }).click();
  expect(await page.getByLabel("Calls an hour", { exact: true }).inputValue()).toBe("50");
  await page.getByLabel("Credits a day", { exact: true }).fill("");
  await page.getByLabel("Calls an hour", { exact: true }).fill("");
  await page.getByRole("button", { name: "Set the limits" }).click();
  await page.getByText("Nothing is limited.").waitFor();
  expect((await runTurn(app.world, session, { user: "thrifty" })).status).toBe(201);
});

it("gives a key limits of its own, and takes them away again", async () => {
  const page = await app.page("locksmith", { width: 360 });
  await page.goto("/keys");
  await page.getByRole("button", { name: "Make a key" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Careful");
  await page.getByText("Limits of this key").click();
  await page.getByLabel("Credits in all").fill("2.5");
  await page.getByLabel("Turns at once").fill("1");
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Make it" }).click();
  await page.locator(".key-text").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByText("credits in all: 2.5 · turns at once: 1").waitFor();
  await page.getByRole("button", { name: "Change Careful" }).click();
  for (const label of ["Credits in all", "Turns at once"]) await page.getByLabel(label).fill("");
  await page.getByRole("button", { name: "Change it" }).click();
  await expect.poll(async () => (await read("/users/me/keys", "locksmith")).keys[0].limits).toBeNull();
});

it("lets an admin limit somebody, whose lower limit counts and who sees whose it is", async () => {
  await givenCredits(app.world, "guest", "5");
  await runTurn(app.world, await givenSession(app.world, "guest"), { user: "guest" });
  const admin = await app.page(ADMIN);
  await admin.goto("/operator/people/guest");
  await admin.getByRole("button", { name: "Set limits" }).click();
  await admin.getByLabel("Credits a month").fill("20");
  expect(await axe(admin)).toEqual([]);
  await admin.getByRole("button", { name: "Set the limits" }).click();
  await admin.getByRole("table", { name: "Limits" }).getByText("Credits a month").waitFor();
  expect((await read("/admin/users/guest/limits", ADMIN)).admin.credits_per_month).toBe("20");
  await admin.getByRole("table", { name: "Acts of operators" }).getByText("credits per month").first().waitFor();
  const page = await app.page("guest");
  await page.goto("/limits");
  await settled(page);
  await page.getByText("set by an admin or the stage").waitFor();
});
