// The pay page in a whole local world: forms as a browser posts them, cards at the stand-in Stripe, credits by its signed events.

import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { payBrowser } from "../support/pay-browser.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

let world: TestWorld;

beforeAll(async () => {
  world = await testWorld();
});

afterAll(() => world.end());

const { page, started, pay, shownAfter, stateAt, balanceOf } = payBrowser(() => world);

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d$/;

describe("paying", () => {
  it("leads from the form to the card to the credits, by the event alone", async () => {
    expect(await (await page.get("/pay")).text()).toContain("Whose wallet?");
    expect(await (await page.get("/pay?user=ada")).text()).toMatch(/data-balance>0</);
    const address = await started("ada");
    expect(await (await page.get(address)).text()).toContain("333.33 credits of ada");

    world.stripe.delivery.drop = true;
    const paid = await pay(address, "4242 4242 4242 4242");
    expect(paid.status).toBe(303);
    const watch = paid.headers.get("location") ?? "";
    expect(await stateAt(watch)).toMatchObject({ balance: "0", isGranted: false, rows: [] });
    world.stripe.delivery.drop = false;
    await world.stripe.deliver(world.stripe.events().at(-1)?.id ?? "");
    expect(await stateAt(watch)).toEqual({
      balance: "333.33",
      worth: "$10.00",
      message: "This top-up: paid, credits granted.",
      isGranted: true,
      rows: [{ at: expect.stringMatching(TIME), what: "grant", kind: "grant", amount: "333.33", usd: "$10.00", balanceAfter: "333.33" }],
    });
    expect(await (await page.get(watch)).text()).toMatch(/data-balance>333.33</);
    const again = await page.get(address);
    expect([again.status, again.headers.get("location")]).toEqual([303, watch]);
  });

  it("is told when a card is declined, and goes on with another card", async () => {
    const address = await started("bob", "5");
    const declined = await pay(address, "4000000000000002");
    expect(await shownAfter(declined)).toMatch(/role="alert">The card was declined\./);
    expect(await (await page.get(declined.headers.get("location") ?? "")).text()).toContain("The card was declined."); // Back, Reload
    expect((await pay(address, "4242-4242-4242-4242")).status).toBe(303);
    expect(await balanceOf("bob")).toBe("166.67");
  });

  it("takes the credits of a disputed payment back", async () => {
    const answer = await pay(await started("eve"), "4000 0000 0000 0259");
    const { balance, rows } = await stateAt(answer.headers.get("location") ?? "");
    expect(balance).toBe("0");
    expect(rows.map(({ kind, amount }: Json) => `${kind} ${amount}`)).toEqual(["refund -333.33", "grant 333.33"]);
  });

  it("makes one payment of a form that is sent twice, and one charge of a card that is sent twice", async () => {
    const key = newId();
    const [first, second] = await Promise.all([started("dora", "10", key), started("dora", "10", key).catch(() => null)]);
    expect(second === null || second === first).toBe(true); // the second may be told that the first still runs
    await Promise.all([pay(first, "4242424242424242"), pay(first, "4242424242424242")]);
    await world.stripe.settled();
    expect(world.stripe.intents().filter(({ metadata }) => metadata["user_id"] === "dora")).toHaveLength(1);
    expect(await balanceOf("dora")).toBe("333.33");
  });
});

describe("bad input", () => {
  it.each(["0.99", "500.01", "10.001", "-1", "1e400", "NaN", "１０", "", "<b>"])(
    "an amount of %j is refused in the API's words",
    async (amount) => {
      const intents = world.stripe.intents().length;
      const answer = await page.post("/pay", { user: "mallory", amount_usd: amount, key: newId() });
      expect(await shownAfter(answer)).toContain("amount_usd must be between 1.00 and 500.00");
      expect(world.stripe.intents()).toHaveLength(intents);
    },
  );

  it.each(["4242424242424241", "5105105105105100", "", "4242 4242 4242 4242 0"])("a card of %j is none of the test cards", async (card) => {
    const text = await shownAfter(await pay(await started(`card ${card}`), card));
    expect(text).toContain("none of the test cards");
    if (card !== "") expect(text).not.toContain(`value="${card}"`); // it might be a real one
    expect(await balanceOf(`card ${card}`)).toBe("0");
  });

  it("users whom no token may name, top-ups of others and unknown pages are told so", async () => {
    expect((await page.get(`/pay?user=${"x".repeat(65)}`)).status).toBe(422);
    expect((await page.get("/pay?user=%00")).status).toBe(422);
    expect((await page.post("/pay", { amount_usd: "10" })).status).toBe(422);
    const address = await started("frank");
    for (const path of ["", "/watch", "/state"]) {
      expect((await page.get(address.replace("?user=frank", `${path}?user=grace`))).status).toBe(404);
    }
    expect((await page.post(address.replace("frank", "grace"), { card: "4242424242424242" })).status).toBe(404);
    expect((await page.get("/pay/not-an-id?user=frank")).status).toBe(404);
    expect((await page.get("/pay/a/b/c")).status).toBe(404);
    expect((await page.post("/pay", { user: "frank", amount_usd: "1".repeat(10_000) })).status).toBe(413);
  });
});

describe("safety", () => {
  it("escapes everything that comes from outside", async () => {
    const user = `"><script>alert('1')</script>&`;
    const amount = `"><img src=x onerror=alert(1)>`;
    const refused = await page.post("/pay", { user, amount_usd: amount, key: newId() });
    const address = await started(user);
    const declined = await page.post(address, { card: amount });
    const after = (answer: Response) => page.get(answer.headers.get("location") ?? "");
    const pages = [
      await after(refused),
      await after(declined),
      await page.get(`/pay?${new URLSearchParams({ user }).toString()}`),
      await page.get(address),
    ];
    for (const answer of pages) {
      const text = await answer.text();
      expect(text).not.toContain("<script>alert");
      expect(text).not.toContain("<img");
      expect(text).toContain("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;");
    }
  });

  it("runs and loads only its own, under a nonce that is new for every page", async () => {
    const address = await started("heidi");
    const paths = ["/pay", "/pay?user=heidi", address, address.replace("?", "/watch?"), "/pay/a/b/c"];
    const nonces = new Set<string>();
    for (const path of paths) {
      const answer = await page.get(path);
      const policy = answer.headers.get("content-security-policy") ?? "";
      const nonce = /script-src 'nonce-([A-Za-z0-9+/=]{20,})'/.exec(policy)?.[1] ?? "";
      expect(policy).toBe(
        `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      );
      const text = await answer.text();
      const inline = text.match(/<(?:style|script)\b[^>]*>/g) ?? [];
      expect(inline).toEqual(inline.map((tag) => `${tag.split(" ")[0]} nonce="${nonce}">`));
      expect(text).not.toMatch(/\bon[a-z]+=|https?:|Bearer|eyJ/); // no handlers, no other place, no token
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(paths.length);
  });

  it("takes no form from another site and no other name for this machine", async () => {
    const fields = { user: "ivan", amount_usd: "10", key: newId() };
    for (const headers of [{ Origin: "https://evil.example" }, { Origin: "null" }, {}]) {
      expect((await page.post("/pay", fields, headers)).status).toBe(403);
    }
    const { port } = new URL(world.apiUrl);
    const status = await new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, path: "/pay?user=ivan", headers: { Host: `evil.example:${port}` } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(403);
    expect((await world.call("GET", "/api/v1/users/me/wallet/top-ups", { user: "ivan" })).json.total).toBe(0);
  });
});
