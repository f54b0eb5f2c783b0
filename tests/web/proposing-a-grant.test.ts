// A grant above what one admin may give alone on a day, in a browser: it is proposed, and nothing came yet.

import { expect, it } from "vitest";
import { givenCredits } from "../support/given.ts";
import { ADMIN, axe, givenApp } from "./support/app.ts";

const app = givenApp({ ADMIN_GRANT_SUM_PER_DAY: "100" });

it("says that another admin has to confirm it, and leaves the balance as it was", async () => {
  await givenCredits(app.world, "lucky", "3");
  const page = await app.page(ADMIN);
  await page.goto("/operator/people/lucky");
  await page.getByRole("button", { name: "Grant credits" }).click();
  await page.getByLabel("Credits", { exact: true }).fill("101");
  await page.getByLabel("Note").fill("A large one");
  await page.getByRole("button", { name: "Grant", exact: true }).click();
  await page.getByText("It is proposed: another admin has to confirm it.").waitFor();
  expect(await axe(page)).toEqual([]);
  expect((await app.world.call("GET", "/api/v1/admin/wallets/lucky", { user: ADMIN })).json.balance).toBe("3");
});
