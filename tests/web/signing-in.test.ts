// Signing in and out, in a browser: one comes back to where one was going, and nothing of it stays in an address.

import { expect, it } from "vitest";
import { axe, givenApp } from "./support/app.ts";

const app = givenApp();

it("somebody signs in, comes back to the page that they wanted, and signs out", async () => {
  const page = await app.stranger();
  await page.goto("/transactions?receipt=");
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Who would you like to be?" }).waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByLabel("User id").fill("grace");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Transactions" }).waitFor();
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/transactions?receipt=");
  await page.getByText("grace@example.com").waitFor();
  expect(await page.evaluate("localStorage.length")).toBe(0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  expect(await page.evaluate("sessionStorage.length")).toBe(0);
});
