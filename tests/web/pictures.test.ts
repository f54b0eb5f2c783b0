// `npm run pictures`: the pictures of the documents, taken from a world with data in it. Without a folder to put them in nothing is taken.

import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT } from "../support/project-files.ts";
import { ADMIN, givenApp, settled, type Look } from "./support/app.ts";
import { givenLivedInWorld } from "./support/seed.ts";

const FOLDER = process.env["PANTHEON_PICTURES"];
const MOST_OCTETS = 200_000;

const app = givenApp();

const SHOTS: readonly (readonly [file: string, user: string, address: string, look: Look])[] = [
  ["wallet.png", "ada", "/", {}],
  ["overview-dark.png", ADMIN, "/operator", { scheme: "dark" }],
  ["person.png", ADMIN, "/operator/people/ada", {}],
  ["limits-dark.png", "ada", "/limits", { scheme: "dark", width: 390 }],
  ["playground.png", "ada", "/playground/SESSION", {}],
  ["prices-narrow.png", ADMIN, "/operator/prices", { width: 390 }],
];

it.runIf(FOLDER !== undefined)("the pictures of the documents are taken, each small", async () => {
  const folder = join(PROJECT, FOLDER ?? "");
  await mkdir(folder, { recursive: true });
  const session = await givenLivedInWorld(app.world);
  const sizes: number[] = [];
  for (const [file, user, address, look] of SHOTS) {
    const page = await app.page(user, look);
    await page.goto(address.replace("SESSION", session));
    await settled(page);
    await page.screenshot({ path: join(folder, file), animations: "disabled" });
    sizes.push((await stat(join(folder, file))).size);
  }
  expect(Math.max(...sizes)).toBeLessThan(MOST_OCTETS);
});
