// The playground where no overdraft is allowed: an answer that ends where the credits end, and models that would still answer.

import { expect, it } from "vitest";
import { givenCredits } from "../support/given.ts";
import { axe, givenApp } from "./support/app.ts";

const app = givenApp({ CREDIT_ENFORCEMENT_ENABLED: "true", CREDIT_OVERDRAFT: "none" });

it("says that an answer ended at what the wallet affords, and leads to the top-up", async () => {
  await givenCredits(app.world, "thrifty", "0.01774");
  const page = await app.page("thrifty");
  await page.goto("/playground");
  await page.getByLabel("Message").fill("🎈".repeat(60)); // the stand-in says it again, which is longer than what is affordable
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("The answer ends here because this is what your wallet affords.").waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("main").getByRole("link", { name: "Top up" }).click();
  await page.getByRole("heading", { name: "Top up" }).waitFor();
});

it("offers the models that would answer where the credits do not reach, and sends with one of them", async () => {
  await givenCredits(app.world, "frugal", "0.01");
  const page = await app.page("frugal");
  await page.goto("/playground");
  await page.getByLabel("Model").selectOption("gpt-4o");
  await page.getByLabel("Message").fill("Hi");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("These would answer now:").waitFor();
  expect(await axe(page)).toEqual([]);
  const cheaper = page.getByRole("button", { name: /^Send with / }).first();
  const name = (await cheaper.textContent())?.replace("Send with ", "") ?? "";
  await cheaper.click();
  const answered = page.locator(".turn-foot").getByText(name, { exact: true });
  await answered.waitFor();
  expect(await answered.count()).toBe(1);
});
