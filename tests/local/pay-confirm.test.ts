// The pay page before and after a card: what is said of prices, a bank that asks its card's holder, and what a wallet then shows.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { payBrowser } from "../support/pay-browser.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

let world: TestWorld;

beforeAll(async () => {
  world = await testWorld();
});

afterAll(() => world.end());

const { page, started, pay, shownAfter, stateAt, balanceOf } = payBrowser(() => world);

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d$/;

describe("a card whose bank asks", () => {
  it.each(["4000 0027 6000 3184", "4000 0025 0000 3155"])("%s is paid when its holder confirms, and says so meanwhile", async (card) => {
    const user = `confirms ${card.slice(-4)}`;
    const address = await started(user);
    const asked = await pay(address, card);
    expect(await shownAfter(asked)).toContain("Confirm the payment");
    const confirm = asked.headers.get("location") ?? "";
    const state = await stateAt(confirm.replace("/confirm", "/watch"));
    expect([state.message, state.balance]).toEqual(["This top-up waits for your confirmation.", "0"]);
    expect(await (await page.get(`/pay?${new URLSearchParams({ user }).toString()}`)).text()).toContain("waits for your confirmation");
    const answers = await Promise.all([page.post(confirm, { outcome: "succeeded" }), page.post(confirm, { outcome: "succeeded" })]);
    await world.stripe.settled();
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(await balanceOf(user)).toBe("333.33");
    expect((await page.get(confirm)).headers.get("location")).toContain("/watch");
  });

  it("is not paid when the confirmation fails, and another card pays", async () => {
    const address = await started("walt");
    const confirm = (await pay(address, "4000002760003184")).headers.get("location") ?? "";
    expect((await page.post(confirm.replace("walt", "eve"), { outcome: "succeeded" })).status).toBe(404);
    const failed = await page.post(confirm, { outcome: "failed" });
    expect(await shownAfter(failed)).toMatch(/role="alert">The payment was not confirmed/);
    await world.stripe.settled();
    expect(await balanceOf("walt")).toBe("0");
    await pay(address, "4242424242424242");
    expect(await balanceOf("walt")).toBe("333.33");
  });
});

describe("before and after paying", () => {
  it("the price and the limits are said, and each row has its time, its model and its dollars", async () => {
    const address = await started("olga");
    const wallet = "/pay?user=olga";
    expect(await (await page.get(wallet)).text()).toContain("A credit costs $0.03. From $1.00 to $500.00 at a time.");
    expect(await (await page.get(address)).text()).toContain("at $0.03 a credit");
    await pay(address, "4242424242424242");
    const { json: session } = await world.call("POST", "/api/v1/sessions", { user: "olga", body: { model_alias: "gpt-4o" } });
    await world.call("POST", `/api/v1/sessions/${session.id}/turns`, { user: "olga", body: { message: "Hello" } });
    const { rows, worth } = await stateAt(address.replace("?", "/watch?"));
    expect(rows.map(({ what }: Json) => what)).toEqual(["debit, gpt-4o", "grant"]);
    expect(rows[0].at).toMatch(TIME);
    expect(rows[0].usd).toMatch(/^-\$0\.\d{4}$/);
    expect(worth).toMatch(/^\$(?:9\.99|10\.00)$/);
    const text = await (await page.get(wallet)).text();
    expect(text).toContain("debit, gpt-4o");
    expect(text).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d/);
  });
});
