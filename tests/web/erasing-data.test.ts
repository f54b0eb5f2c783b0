// Erasing what one has said, in a browser: only with the word typed, and the ledger stays.

import { expect, it } from "vitest";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
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
