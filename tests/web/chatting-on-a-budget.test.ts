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

it("a session whose first message is sent with a cheaper model is that model's; another one is the session's only when that is said", async () => {
  await givenCredits(app.world, "chooser", "0.01");
  const page = await app.page("chooser");
  await page.goto("/playground");
  await page.getByLabel("Model").selectOption("gpt-4o");
  await page.getByLabel("Message").fill("Hi");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("These would answer now:").waitFor();
  const cheaper = page.getByRole("button", { name: /^Send with / }).first();
  const name = (await cheaper.textContent())?.replace("Send with ", "") ?? "";
  await cheaper.click();
  await page.locator(".turn-foot").waitFor();
  const modelOf = async () =>
    (await app.world.call("GET", `/api/v1/sessions/${new URL(page.url()).pathname.split("/").at(-1)}`, { user: "chooser" })).json
      .model_alias;
  expect(await modelOf()).toBe(name);
  await page.getByLabel("Model").selectOption("gemini-flash");
  await page.getByText("gemini-flash answers here until you leave.").waitFor();
  expect(await axe(page)).toEqual([]);
  expect(await modelOf()).toBe(name);
  await page.getByRole("button", { name: "Make gemini-flash the session's model" }).click();
  await expect.poll(modelOf).toBe("gemini-flash");
  await expect.poll(() => page.getByText("answers here until you leave.").count()).toBe(0);
});
