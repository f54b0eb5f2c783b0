// Whom the local world takes Stripe's events from: a secret that was given is honoured always; without one a person may post by hand,
// and what is signed is checked all the same.

import { afterEach, expect, test } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { signatureOf } from "../support/payment-event.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const GIVEN = "whsec_given_by_a_person";

let world: TestWorld | null = null;
afterEach(async () => {
  await world?.end();
  world = null;
});

/** A world as `npm start` serves it. */
async function serving(environment: Record<string, string>, stage?: string): Promise<TestWorld> {
  world = await testWorld({ environment, ...(stage !== undefined && { stage }) });
  world.takeUnsignedEvents();
  return world;
}

/** Posts a payment that would grant a credit; `secret` null posts it without a signature. */
async function post(to: TestWorld, secret: string | null, header?: string): Promise<string> {
  const object = { id: `pi_${newId()}`, metadata: { user_id: "ada", credits: "1" } };
  const raw = JSON.stringify({ id: `evt_${newId()}`, type: "payment_intent.succeeded", data: { object } });
  const signature = header ?? (secret === null ? undefined : signatureOf(raw, secret));
  const headers = { ...(signature !== undefined && { "Stripe-Signature": signature }) };
  const { status, json } = await to.call("POST", "/webhooks/stripe", { user: null, raw, headers });
  return `${status} ${json.status === status ? json.code : json.status}`;
}

const secretOf = (of: TestWorld) => of.config.stripe.webhookSecrets[0] ?? "";
const REFUSED = "400 invalid_signature";

test.each([
  ["a secret", { STRIPE_WEBHOOK_SECRET: GIVEN }],
  ["only the secret before", { STRIPE_WEBHOOK_SECRET_PREVIOUS: GIVEN }],
])(
  "%s that was given is honoured: nothing unsigned, nothing signed by another, and the stand-in signs with it",
  async (_what, environment) => {
    const given = await serving(environment);
    expect([await post(given, null), await post(given, "whsec_local"), await post(given, GIVEN)]).toEqual([REFUSED, REFUSED, "200 ok"]);
    expect(given.config.stripe.webhookSecrets).toEqual([GIVEN]);
    await topUp(given);
  },
);

test.each([
  ["no secret", {}],
  ["a blank one", { STRIPE_WEBHOOK_SECRET: "  " }],
])("with %s an event without a signature may be posted by hand, and one with a header is checked", async (_what, environment) => {
  const without = await serving(environment);
  expect([
    await post(without, null),
    await post(without, "whsec_somebody_else"),
    await post(without, null, ""),
    await post(without, null, "t=1,v1=00"),
    await post(without, secretOf(without)),
  ]).toEqual(["200 ok", REFUSED, REFUSED, REFUSED, "200 ok"]);
  await topUp(without);
});

test("another stage than `local` takes nothing by hand, and the stand-in's own events all the same", async () => {
  const staging = await serving({}, "staging");
  expect([await post(staging, null), await post(staging, secretOf(staging))]).toEqual([REFUSED, "200 quarantined"]); // credits for no amount
  await topUp(staging);
});

/** A whole top-up, granted by the event that the stand-in signs. */
async function topUp(of: TestWorld): Promise<void> {
  const { json } = await of.call("POST", "/api/v1/users/me/wallet/top-up", { user: "payer", body: { amount_usd: "10" } });
  const intent = of.stripe.intents().find(({ metadata }) => metadata["top_up_id"] === json.id);
  of.stripe.pay(intent?.id ?? "", "pm_card_visa");
  await of.stripe.settled();
  expect((await of.call("GET", "/api/v1/users/me/wallet", { user: "payer" })).json.balance).toBe("333.33");
}
