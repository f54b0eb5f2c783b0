// Text that would like to be more than text: ids, notes, titles, messages, answers, model names. It is shown as it was written, and nothing
// of it runs or is loaded.

import { expect, it } from "vitest";
import { givenSession, runTurn } from "../support/given.ts";
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
  for (const message of [EVIL, SCRIPT, `[click](${LINK}) ${TURNED}`]) await runTurn(world, session, { user: WHO, message });
  const owner = await app.page(WHO, { width: 360 });
  const admin = await app.page(ADMIN, { width: 360 });
  const asked: string[] = [];
  for (const page of [owner, admin]) page.on("request", (request) => asked.push(request.url()));
  const visits = [
    [owner, ["/", "/transactions", "/usage", "/playground", `/playground/${session}`, `/transactions?receipt=${encodeURIComponent(EVIL)}`]],
    [
      admin,
      [`/operator/people/${encodeURIComponent(WHO)}`, "/operator/audit", "/operator", `/operator/people/${encodeURIComponent(LINK)}`],
    ],
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
});
