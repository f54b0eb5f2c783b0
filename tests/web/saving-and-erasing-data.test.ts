// One's own data in a browser: saved whole as a file; what was said erased, only with the word typed, and the ledger stays.

import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { givenHistory } from "../support/given-history.ts";
import { axe, givenApp, settled } from "./support/app.ts";

const app = givenApp();

it("erases every session with the word typed, and keeps what was charged", async () => {
  await givenCredits(app.world, "shy", "5");
  for (const title of ["First", "Second"]) await runTurn(app.world, await givenSession(app.world, "shy", { title }), { user: "shy" });
  const page = await app.page("shy");
  await page.goto("/data");
  await page.getByRole("button", { name: "Erase what I have said" }).click();
  const erase = page.getByRole("button", { name: "Erase it all" });
  await page.getByLabel('Type "erase" to confirm').fill("yes");
  expect(await erase.isDisabled()).toBe(true);
  await page.getByLabel('Type "erase" to confirm').fill("erase");
  expect(await axe(page)).toEqual([]);
  await erase.dblclick();
  await page.getByText("2 sessions and 2 turns were erased.").waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("link", { name: "Playground" }).click();
  await page.getByText("The first message makes one.").waitFor();
  await page.goto("/transactions");
  await settled(page);
  expect(await page.getByRole("button", { name: /^Turn / }).count()).toBe(2);
});

it("saves all that is kept of oneself, page after page, as one file", async () => {
  await givenHistory(app.world, "collector", 250);
  const page = await app.page("collector");
  await page.goto("/data");
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save what is kept of me" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toMatch(/^pantheon \d{4}-\d{2}-\d{2}\.json$/);
  const { records } = JSON.parse(await readFile(await file.path(), "utf8"));
  await page.getByText(`${new Intl.NumberFormat("en-US").format(records.length)} records were saved.`).waitFor();
  expect(await axe(page)).toEqual([]);
  expect(records.length).toBeGreaterThan(200);
  const { total } = (await app.world.call("GET", "/api/v1/users/me/transactions", { user: "collector" })).json;
  expect(records.filter(({ type }: { type: string }) => type === "transaction")).toHaveLength(total);
});
