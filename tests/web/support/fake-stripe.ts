// A `Stripe` of our own under Stripe's address, for pages that load the real one: it notes what it is given, and pays at the stand-in. What
// stands in FORM runs in the browser.

import type { Page } from "playwright-core";

export const STRIPE_KEY = "pk_test_pages";
const SCRIPT = "https://js.stripe.com/**";

const FORM = `
window.stripeGiven = { key: null, secret: null, appearances: [], confirmed: [] };
window.Stripe = Object.assign(function (key) {
  const given = window.stripeGiven;
  given.key = key;
  return {
    _registerWrapper() {}, registerAppInfo() {},
    elements({ clientSecret, appearance }) {
      given.secret = clientSecret;
      given.appearances.push(appearance);
      return {
        update({ appearance: next }) { given.appearances.push(next); },
        create(type, options) {
          given.element = { type, options };
          const told = {};
          return {
            on(event, tell) { told[event] = tell; },
            mount(place) {
              const label = document.createElement("label");
              label.textContent = "Card of Stripe's form ";
              label.append(Object.assign(document.createElement("input"), { id: "stripe-card", value: "4242424242424242" }));
              place.append(label);
              setTimeout(() => told.ready?.({}), 0);
            },
            destroy() { given.destroyed = (given.destroyed ?? 0) + 1; document.getElementById("stripe-card")?.parentElement.remove(); },
          };
        },
      };
    },
    async confirmPayment({ confirmParams, redirect }) {
      given.confirmed.push({ ...confirmParams, redirect });
      const ask = async (path, body) => (await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ client_secret: given.secret, ...body }) })).json();
      const card = document.getElementById("stripe-card").value;
      if (card === "nonsense") return { error: { type: "api_error", message: "internal words" } };
      let outcome = await ask("/stand-in/card", { card });
      // 3-D Secure: the bank's frame is Stripe's to show; here the holder says yes.
      if (outcome.status === "requires_action") outcome = await ask("/stand-in/card/bank", { confirmed: window.confirmsBank !== false });
      if (outcome.status === "declined") return { error: { type: "card_error", message: outcome.message ?? "declined" } };
      return { paymentIntent: { status: outcome.status } };
    },
  };
}, { version: "endive" });
`;

export type StripeGiven = {
  key: string;
  secret: string;
  appearances: { theme: string; variables: Record<string, string> }[];
  confirmed: { return_url: string; redirect: string }[];
  element: { type: string };
  destroyed?: number;
};

/** From now on this page is told that Stripe takes its cards, and gets the fake; `away` as long as it answers true, and Stripe is gone. */
export async function withStripe(page: Page, away: () => boolean = () => false): Promise<void> {
  await page.route("**/config.json", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), payment: "stripe", stripe_key: STRIPE_KEY } });
  });
  await page.route(SCRIPT, (route) => (away() ? route.abort() : route.fulfill({ contentType: "text/javascript", body: FORM })));
}

/** What the page gave to Stripe so far. */
export function givenToStripe(page: Page): Promise<StripeGiven> {
  return page.evaluate<StripeGiven>("window.stripeGiven");
}
