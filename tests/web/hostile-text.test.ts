// Text that would like to be more than text: ids, notes, titles, messages, answers, names of keys and files, reasons, labels, filters. It is shown as it was written, and nothing
// of it runs or is loaded.

import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { sendFile } from "../support/given-file.ts";
import { givenQuarantined } from "../support/given-quarantined.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { ADMIN, givenApp, settled } from "./support/app.ts";

const app = givenApp();

const EVIL = '<img src=x onerror="window.ran=1">';
const SCRIPT = "<script>window.ran=1</script>";
const LINK = "javascript:window.ran=1";
const TURNED = "\u202Eevil\u202C ก็็็็็็็็็ Donaudampfschifffahrtsgesellschaftskapitänsmützenständer";
const WHO = `"><b>${"x".repeat(20)}`;

it("is shown and does nothing, for its owner and for an operator", async () => {
  const { world } = app;
  const session = await givenSession(world, WHO, { title: `${EVIL} ${TURNED}` });
  for (const note of [EVIL, SCRIPT, LINK, TURNED]) {
    const path = `/api/v1/admin/wallets/${encodeURIComponent(WHO)}/grant`;
    expect((await world.call("POST", path, { user: ADMIN, body: { amount: "1", note } })).status).toBe(200);
  }
  for (const name of [EVIL, TURNED]) await world.call("POST", "/api/v1/users/me/keys", { user: WHO, body: { name } });
  for (const filename of [EVIL, `${TURNED}.txt`]) await sendFile(world, session, "text", { user: WHO, filename });
  await world.storage.settled();
  await world.call("POST", `/api/v1/admin/users/${encodeURIComponent(WHO)}/suspend`, { user: ADMIN, body: { reason: SCRIPT } });
  await world.call("POST", `/api/v1/admin/users/${encodeURIComponent(WHO)}/reactivate`, { user: ADMIN });
  await givenQuarantined(world, { user: WHO });
  await world.call("POST", "/api/v1/admin/pricing/versions", {
    user: ADMIN,
    body: { version: "evil", label: `${EVIL} ${TURNED}`.slice(0, 64), effective_date: "2026-01-01" },
  });
  for (const message of [EVIL, SCRIPT, `[click](${LINK}) ${TURNED}`]) await runTurn(world, session, { user: WHO, message });
  const owner = await app.page(WHO, { width: 360 });
  const admin = await app.page(ADMIN, { width: 360 });
  const asked: string[] = [];
  for (const page of [owner, admin]) page.on("request", (request) => asked.push(request.url()));
  const [who, evil] = [encodeURIComponent(WHO), encodeURIComponent(EVIL)];
  const visits = [
    [owner, ["/", "/transactions", "/usage?by=key", "/keys", "/limits", "/data", "/playground", `/playground/${session}`]],
    [owner, [`/transactions?receipt=${evil}`, `/transactions?from=${evil}`]],
    [admin, [`/operator/people/${who}`, "/operator/people", "/operator/audit", "/operator/audit?show=reads", "/operator"]],
    [admin, ["/operator/keys", "/operator/payments", "/operator/prices", `/operator/people/${encodeURIComponent(LINK)}`]],
    [admin, [`/operator/keys?user_id=${evil}`, `/operator/audit?target=${encodeURIComponent(SCRIPT)}`]],
  ] as const;
  for (const [page, addresses] of visits) {
    for (const address of addresses) {
      await page.goto(address);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await settled(page);
      const ran = await page.evaluate("window.ran");
      const images = await page.evaluate("document.querySelectorAll('main img, main script, a[href^=javascript]').length");
      const width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      expect({ address, ran, images, width }).toEqual({ address, ran: undefined, images: 0, width: 0 });
    }
  }
  expect(asked.filter((url) => !url.startsWith(world.apiUrl))).toEqual([]);
  await owner.goto(`/playground/${session}`);
  await owner.locator(".turn-asked", { hasText: SCRIPT }).waitFor();
}, 120_000);

it("is no formula in a file that is saved, and opened elsewhere", async () => {
  const { world } = app;
  const formula = "=HYPERLINK(1)";
  await givenCredits(world, "formulator", "1");
  const body = { amount: "1", note: formula };
  await world.call("POST", "/api/v1/admin/wallets/formulator/grant", { user: ADMIN, body });
  const page = await app.page("formulator");
  await page.goto("/transactions");
  await page.getByText(formula).waitFor();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as CSV" }).click();
  const text = await readFile(await (await saved).path(), "utf8");
  expect(text).toContain(formula);
  expect(text.split(/[\n,]/).filter((cell) => /^"?[=+@\t]/.test(cell))).toEqual([]);
});
