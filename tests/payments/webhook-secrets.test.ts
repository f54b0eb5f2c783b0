// The webhook's secrets: two are valid while one is rotated and the old one is not afterwards; without any, only the local stage takes
// events, and says so.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "@pantheon/core/config/config.ts";
import { givenTopUp, grantsOf, succeededOf } from "../support/given-top-up.ts";
import { givenPaymentContainer, type PaymentContainer } from "../support/payment-container.ts";
import { digestOf, eventOf, outcomeOf, signatureOf } from "../support/payment-event.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const REFUSED = "400 invalid_signature: invalid stripe signature";
const FOREIGN = JSON.stringify(eventOf("customer.created", { id: "cus_1" }));

let world: TestWorld;
const open: PaymentContainer[] = [];
beforeAll(async () => {
  world = await testWorld();
});
afterEach(async () => {
  for (const container of open.splice(0)) await container.close();
});
afterAll(() => world.end());

/** A container whose secrets and stage come out of these variables, as a deployed one's do. */
function deployed(environment: Record<string, string>): PaymentContainer {
  const { stage, stripe } = readConfig({
    DATABASE_URL: world.databaseUrl,
    AUTH_ISSUER: "https://auth.example",
    CREDIT_ENFORCEMENT_ENABLED: "false",
    ADMIN_GRANT_SUM_PER_DAY: "1000",
    ...environment,
  });
  const container = givenPaymentContainer(world, {
    config: { stage, stripe: { ...world.config.stripe, webhookSecrets: stripe.webhookSecrets } },
  });
  open.push(container);
  return container;
}

function post(container: PaymentContainer, raw: string, secret: string | null): Promise<Answer> {
  const headers = { ...(secret !== null && { "Stripe-Signature": signatureOf(raw, secret) }) };
  return container.call("POST", "/webhooks/stripe", { user: null, raw, headers });
}

/** What becomes of an event that the old secret signed, and of one that the new one did. */
async function outcomes(container: PaymentContainer): Promise<string[]> {
  return [outcomeOf(await post(container, FOREIGN, "whsec_old")), outcomeOf(await post(container, FOREIGN, "whsec_new"))];
}

describe("a rotation", () => {
  it("takes events of the old and of the new secret while both are set, and of the new one alone afterwards", async () => {
    const before = deployed({ STAGE: "dev", STRIPE_WEBHOOK_SECRET: "whsec_old" });
    const during = deployed({ STAGE: "dev", STRIPE_WEBHOOK_SECRET: "whsec_new", STRIPE_WEBHOOK_SECRET_PREVIOUS: "whsec_old" });
    const after = deployed({ STAGE: "dev", STRIPE_WEBHOOK_SECRET: "whsec_new" });
    expect(await outcomes(before)).toEqual(["200 ignored", REFUSED]);
    expect(await outcomes(during)).toEqual(["200 ignored", "200 ignored"]);
    expect(await outcomes(after)).toEqual([REFUSED, "200 ignored"]);
  });

  it.each(["", " ", "   "])('takes nobody\'s events for a secret that is "%s"', async (blank) => {
    const container = deployed({ STAGE: "dev", STRIPE_WEBHOOK_SECRET: "whsec_new", STRIPE_WEBHOOK_SECRET_PREVIOUS: blank });
    const at = Math.floor(Date.now() / 1_000);
    for (const secret of ["", blank]) {
      const headers = { "Stripe-Signature": `t=${at},v1=${digestOf(FOREIGN, secret, at)}` };
      expect(outcomeOf(await container.call("POST", "/webhooks/stripe", { user: null, raw: FOREIGN, headers }))).toBe(REFUSED);
    }
    expect(outcomeOf(await post(container, FOREIGN, "whsec_new"))).toBe("200 ignored");
  });

  it("refuses what an empty secret signed even when one has slipped in", async () => {
    for (const webhookSecrets of [[""], [" "], ["", "whsec_new"]]) {
      const container = givenPaymentContainer(world, { config: { stage: "dev", stripe: { ...world.config.stripe, webhookSecrets } } });
      open.push(container);
      const at = Math.floor(Date.now() / 1_000);
      for (const secret of webhookSecrets.slice(0, 1)) {
        const headers = { "Stripe-Signature": `t=${at},v1=${digestOf(FOREIGN, secret, at)}` };
        expect(outcomeOf(await container.call("POST", "/webhooks/stripe", { user: null, raw: FOREIGN, headers }))).toBe(REFUSED);
      }
    }
  });
});

describe("without a secret", () => {
  it.each(["dev", "production", "locally", "preview-local"])(
    "the stage %s takes nothing: 503, and the database is not asked",
    async (stage) => {
      const container = deployed({ STAGE: stage });
      const topUp = await givenTopUp(world);
      for (const secret of [null, "whsec_local", "whsec_x"]) {
        const answer = await post(container, JSON.stringify(succeededOf(topUp)), secret);
        expect(outcomeOf(answer)).toBe("503 not_configured: payment not configured");
      }
      expect([container.statements(), await grantsOf(world, topUp.payment)]).toEqual([0, []]);
    },
  );

  it("the local stage takes an event that nobody signed, and warns of it in the log", async () => {
    const container = deployed({});
    const topUp = await givenTopUp(world);
    expect(outcomeOf(await post(container, JSON.stringify(succeededOf(topUp)), null))).toBe("200 ok");
    expect(await grantsOf(world, topUp.payment)).toEqual(["333.33000000"]);
    const warnings = container.log.lines.filter(({ level }) => level === "warn");
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringMatching(/secret.*not checked/)]);
  });

  it("the local stage with a secret checks signatures like every other", async () => {
    const container = deployed({ STRIPE_WEBHOOK_SECRET: "whsec_mine" });
    const topUp = await givenTopUp(world);
    const raw = JSON.stringify(succeededOf(topUp));
    expect(outcomeOf(await post(container, raw, null))).toBe(REFUSED);
    expect(outcomeOf(await post(container, raw, "whsec_other"))).toBe(REFUSED);
    expect(await grantsOf(world, topUp.payment)).toEqual([]);
    expect(outcomeOf(await post(container, raw, "whsec_mine"))).toBe("200 ok");
  });
});

describe("no answer, and no line of the log,", () => {
  it("carries a secret, a signature or the event", async () => {
    const container = deployed({ STAGE: "dev", STRIPE_WEBHOOK_SECRET: "whsec_canary", STRIPE_WEBHOOK_SECRET_PREVIOUS: "whsec_canary_2" });
    const raw = JSON.stringify(
      eventOf("payment_intent.succeeded", { id: "pi_x", note: "canary-body", metadata: { top_up_id: "canary-id" } }),
    );
    const answers = [await post(container, raw, "whsec_canary"), await post(container, raw, "whsec_wrong_canary")];
    expect(answers.map(({ status }) => status)).toEqual([422, 400]);
    expect(JSON.stringify([answers.map(({ text }) => text), container.log.lines])).not.toMatch(/canary|v1=/);
  });
});
