// The stand-in's card address, as the web app asks it and as others might.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.end());

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const given = { "Content-Type": "application/json", Origin: world.apiUrl, ...headers };
  const response = await fetch(`${world.apiUrl}${path}`, { method: "POST", headers: given, body: JSON.stringify(body) });
  const text = await response.text();
  await world.stripe.settled();
  return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
}

async function started(user: string): Promise<string> {
  return (await world.call("POST", "/api/v1/users/me/wallet/top-up", { user, body: { amount_usd: "10" } })).json.client_secret;
}

async function balanceOf(user: string): Promise<string> {
  return (await world.call("GET", "/api/v1/users/me/wallet", { user })).json.balance;
}

describe("a card", () => {
  it("pays the payment that its secret names, once", async () => {
    const client_secret = await started("ada");
    const pay = () => post("/stand-in/card", { client_secret, card: "4242 4242 4242 4242" });
    const answers = await Promise.all([pay(), pay()]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(await balanceOf("ada")).toBe("333.33");
  });

  it("is declined with the bank's words, and another one may be tried", async () => {
    const client_secret = await started("bob");
    expect(await post("/stand-in/card", { client_secret, card: "4000000000000002" })).toEqual({
      status: 200,
      body: { status: "declined", message: "The card was declined." },
    });
    expect((await post("/stand-in/card", { client_secret, card: "4242424242424242" })).body.status).toBe("succeeded");
    expect(await balanceOf("bob")).toBe("333.33");
  });

  it.each([
    [true, "333.33"],
    [false, "0"],
  ])("whose bank asks pays only what was confirmed: %s", async (confirmed, balance) => {
    const user = `asked-${String(confirmed)}`;
    const client_secret = await started(user);
    expect((await post("/stand-in/card", { client_secret, card: "4000002760003184" })).body.status).toBe("requires_action");
    expect(await balanceOf(user)).toBe("0");
    await post("/stand-in/card/bank", { client_secret, confirmed });
    expect(await balanceOf(user)).toBe(balance);
  });
});

describe("nothing is paid", () => {
  it.each([
    ["with another's secret guessed", { client_secret: "pi_guess_secret_guess" }, {}, 404],
    ["with a card that is none of the test cards", { card: "4111111111111111" }, {}, 422],
    ["by the page of another site", {}, { Origin: "https://evil.example" }, 403],
    ["by a form, which needs no leave of ours", {}, { "Content-Type": "text/plain" }, 403],
  ] as const)("%s", async (_name, more, headers, status) => {
    const client_secret = await started("carol");
    const answer = await post("/stand-in/card", { client_secret, card: "4242424242424242", ...more }, headers);
    expect([answer.status, await balanceOf("carol")]).toEqual([status, "0"]);
  });
});
