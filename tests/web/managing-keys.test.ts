// API keys in a browser: made and shown once, used by a program, changed, rotated and revoked.

import { expect, it } from "vitest";
import { givenCredits } from "../support/given.ts";
import { axe, givenApp, settled } from "./support/app.ts";

const app = givenApp();

/** What a program is answered that shows this key. */
async function models(key: string): Promise<number> {
  return (await fetch(`${app.world.apiUrl}/api/v1/models`, { headers: { Authorization: `Bearer ${key}` } })).status;
}

it("makes a key that is shown once and opens the API; rotates it; revokes it for good", async () => {
  await givenCredits(app.world, "keeper", "5");
  const page = await app.page("keeper");
  await page.goto("/keys");
  await page.getByText("No keys yet.").waitFor();
  await page.getByRole("button", { name: "Make a key" }).click();
  await page.getByLabel("Name", { exact: true }).fill("The robot");
  await page.getByRole("checkbox", { name: "gpt-4o-mini" }).check();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Make it" }).dblclick();
  await page.locator(".key-text").waitFor();
  const first = (await page.locator(".key-text").textContent()) ?? "";
  expect(first).toMatch(/^pan_[\w-]{48}$/);
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).click();
  await settled(page);
  expect(await page.content()).not.toContain(first);
  expect(await page.evaluate("JSON.stringify([sessionStorage, localStorage])")).not.toContain(first);
  expect(await page.getByRole("table", { name: "API keys" }).locator("tbody tr").count()).toBe(1);
  await page.getByText("gpt-4o-mini only").waitFor();
  expect(await models(first)).toBe(200);

  await page.getByRole("button", { name: "Rotate The robot" }).click();
  await page.getByRole("radio", { name: "At once" }).check();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Rotate it" }).click();
  await page.locator(".key-text").waitFor();
  const second = (await page.locator(".key-text").textContent()) ?? "";
  expect([await models(first), await models(second)]).toEqual([401, 200]);
  await page.getByRole("button", { name: "Close" }).click();

  await page.getByRole("button", { name: "Revoke The robot" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "Revoke The robot" }).click();
  await page.getByRole("button", { name: "Revoke it" }).click();
  await page.getByText("revoked", { exact: true }).waitFor();
  expect([await models(second), await page.getByRole("button", { name: "Rotate The robot" }).count()]).toEqual([401, 0]);
});

it("changes a key's name, last day and models; a day that is over is said to be so", async () => {
  await app.world.call("POST", "/api/v1/users/me/keys", { user: "tidy", body: { name: "Old name" } });
  const page = await app.page("tidy", { width: 360 });
  await page.goto("/keys");
  await page.getByRole("button", { name: "Change Old name" }).click();
  await page.getByLabel("Name", { exact: true }).fill("New name");
  await page.getByLabel("Last day").fill("2020-01-01");
  await page.getByRole("button", { name: "Change it" }).click();
  await page.locator(".field-fault").waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByLabel("Last day").fill("2199-12-31");
  await page.getByRole("button", { name: "Change it" }).click();
  await page.getByText("New name").waitFor();
  const { keys } = (await app.world.call("GET", "/api/v1/users/me/keys", { user: "tidy" })).json;
  expect(keys).toMatchObject([{ name: "New name", expires_at: expect.stringMatching(/^2199-12-31T23:59:59/), models: null }]);
});
