// Files and tools of a session, in a browser: sent, read, asked about, deleted; what a tool did is seen as it happens and on the receipt.

import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { givenCredits } from "../support/given.ts";
import { givenToolPrices } from "../support/given-tools.ts";
import { axe, givenApp, settled } from "./support/app.ts";

const app = givenApp();

const EVIL = "<img src=x onerror=window.ran=1>.csv";

const sessionOf = (address: string) => new URL(address).pathname.split("/").at(-1) ?? "";

it("a file that is attached first makes the session, keeps what was typed, is read and answered about, and is deleted", async () => {
  await givenCredits(app.world, "archivist", "10");
  await givenToolPrices(app.world, { file_read: "0.5" });
  const page = await app.page("archivist");
  await page.goto("/playground");
  await page.getByLabel("Message").fill("Typed before");
  await page.getByLabel("Attach a file").setInputFiles({ name: "sums.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2\n") });
  await page.waitForURL(/\/playground\/[0-9a-f-]{36}$/);
  await app.world.storage.settled();
  await page.getByText("8 bytes · 1 page").waitFor();
  expect(await page.getByLabel("Message").inputValue()).toBe("Typed before");
  expect(await page.getByRole("checkbox", { name: "Read the files of this session" }).isChecked()).toBe(true);
  expect(await axe(page)).toEqual([]);

  const session = sessionOf(page.url());
  const { files } = (await app.world.call("GET", `/api/v1/sessions/${session}/files`, { user: "archivist" })).json;
  await page.getByLabel("Message").fill(`call file_read ${JSON.stringify({ file_id: files[0].id, page: 1 })}`);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".turn-foot").getByText("Read a file", { exact: true }).waitFor();
  const { turns } = (await app.world.call("GET", `/api/v1/sessions/${session}/turns`, { user: "archivist" })).json;
  expect(turns[0].tool_calls).toMatchObject([{ tool_name: "file_read", status: "success", credits_charged: "0.5" }]);
  await page.getByRole("button", { name: "Receipt" }).click();
  await page.getByText("0.5 a use").waitFor();
  await page.getByText("Computed again from what was stored: the same.").waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).click();

  await page.getByRole("button", { name: "Delete sums.csv" }).click();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Delete the file" }).click();
  await expect.poll(() => page.getByRole("button", { name: "Delete sums.csv" }).count()).toBe(0);
  await expect
    .poll(async () => (await app.world.call("GET", `/api/v1/sessions/${session}/files`, { user: "archivist" })).json.total)
    .toBe(0);
});

it("a tool is shown while it is used", async () => {
  await givenCredits(app.world, "watcher", "10");
  const page = await app.page("watcher");
  await page.goto("/playground");
  await page.getByRole("checkbox", { name: "Search the web" }).check();
  app.world.provider.behave("openai/gpt-4o-mini", "fake-drip-150");
  await page.getByLabel("Model").selectOption("gpt-4o-mini");
  await page.getByLabel("Message").fill('call search {"query":"wallets"}');
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".turn-tools").getByText("Searched the web").waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.locator(".turn-foot").getByText("Searched the web", { exact: true }).waitFor({ timeout: 60_000 });
  const session = sessionOf(page.url());
  const toolsOf = async () => (await app.world.call("GET", `/api/v1/sessions/${session}`, { user: "watcher" })).json.tools;
  expect(await toolsOf()).toEqual(["search"]);
  await page.getByRole("checkbox", { name: "Search the web" }).uncheck();
  await expect.poll(toolsOf).toEqual([]);
  await page.getByRole("checkbox", { name: "Read the files of this session" }).check();
  await expect.poll(toolsOf).toEqual(["file_read"]);
});

it("a file that cannot be read says why, a name is shown as it is, and what was lost on the way is sent once", async () => {
  const page = await app.page("clumsy", { width: 360 });
  let lost = 0;
  await page.route("**/files", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort("connectionreset");
  });
  await page.goto("/playground");
  await page.getByLabel("Attach a file").setInputFiles({ name: EVIL, mimeType: "text/csv", buffer: Buffer.from("a,b\n") });
  await page.getByText("The API could not be reached.").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".files").getByText(EVIL, { exact: true }).waitFor();
  expect([lost, await page.evaluate("window.ran")]).toEqual([1, undefined]);
  await settled(page);
  const session = sessionOf(page.url());
  expect((await app.world.call("GET", `/api/v1/sessions/${session}/files`, { user: "clumsy" })).json.total).toBe(1);
  expect((await app.world.call("GET", "/api/v1/sessions", { user: "clumsy" })).json.total).toBe(1);

  const binary = join(tmpdir(), `pantheon-${process.pid}.bin`);
  await writeFile(
    binary,
    Uint8Array.from({ length: 64 }, (_none, index) => (index * 37) % 256),
  );
  await page.getByLabel("Attach a file").setInputFiles(binary);
  await page.locator(".files .fault-says").waitFor();
  expect(await page.locator(".files .fault-says").textContent()).not.toBe("");
  expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
  expect(await axe(page)).toEqual([]);
});
