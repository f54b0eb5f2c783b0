// The money path as it is deployed: bundles under Lambda's runtime client, Neon's own driver over WebSockets, answers that other
// containers repeat byte for byte.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { givenCredits, givenSession } from "../support/given.ts";
import { givenTopUp, grantsOf, succeededOf } from "../support/given-top-up.ts";
import { neonInFrontOf, type Neon } from "../support/lambda-neon.ts";
import { lambdaStage, ADMIN, WEBHOOK_SECRET, type LambdaStage } from "../support/lambda-stage.ts";
import { debitsOf, walletOf } from "../support/ledger.ts";
import { signatureOf } from "../support/payment-event.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let neon: Neon;
let stage: LambdaStage;

beforeAll(async () => {
  world = await testWorld();
  neon = await neonInFrontOf(world.databaseUrl);
  stage = await lambdaStage(world, { environment: neon.environment, preloads: [neon.preload] });
});
afterAll(async () => {
  await stage.end();
  await neon.end();
  await world.end();
});

describe("a turn", () => {
  it.each(["turns", "turns-stream"] as const)(
    "behind %s is charged exactly, and a fresh container repeats it byte for byte",
    async (name) => {
      const user = `reader-of-${name}`;
      const turns = await stage.lambda(name);
      const session = await givenSession(world, user);
      await givenCredits(world, user, "10");
      const opened = neon.opened();
      const ask = { user, key: "k", body: { message: "What is a wallet?" } };
      const path = `/api/v1/sessions/${session}/turns`;

      const first = await turns.call("POST", path, ask);
      expect(first).toMatchObject({ status: 201, json: { turn_index: 1, credits_charged: "0.003475", balance_after: "9.996525" } });
      expect(neon.opened()).toBeGreaterThan(opened);
      expect(await walletOf(world, user)).toMatchObject({ balance: "9.99652500", held: "0.00000000" });

      await turns.recycle();
      const again = await turns.call("POST", path, { ...ask, base64: true, front: "url" });
      expect(turns.starts()).toBe(2);
      expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
      expect(again.bytes.equals(first.bytes)).toBe(true);
      expect(await debitsOf(world, user)).toMatchObject([{ amount: "-0.00347500", reference_id: first.json.id }]);
    },
  );

  it("without credits under enforcement is a 402 and asks no model", async () => {
    const turns = await stage.lambda("turns", { CREDIT_ENFORCEMENT_ENABLED: "true" });
    const session = await givenSession(world, "poor");
    const calls = world.provider.calls();
    const refused = await turns.call("POST", `/api/v1/sessions/${session}/turns`, { user: "poor", body: { message: "Hello" } });
    expect(refused).toMatchObject({ status: 402, json: { code: "insufficient_credits", balance: "0" } });
    expect(world.provider.calls()).toBe(calls);
  });
});

describe("a payment", () => {
  it("is granted once, whether Stripe's event comes as text or in base64, and a changed byte is refused in both", async () => {
    const webhook = await stage.lambda("stripe-webhook");
    const users = await stage.lambda("users");
    for (const base64 of [false, true]) {
      const user = `payer-${base64}`;
      const topUp = await givenTopUp(world, { user });
      const raw = JSON.stringify({ ...succeededOf(topUp), note: "Grüße" });
      const headers = { "stripe-signature": signatureOf(raw, WEBHOOK_SECRET) };
      const post = (payload: string) => webhook.call("POST", "/webhooks/stripe", { user: null, raw: payload, base64, headers });

      expect(await post(raw.replace("Grüße", "grüße"))).toMatchObject({ status: 400, json: { code: "invalid_signature" } });
      expect(await grantsOf(world, topUp.payment)).toEqual([]);
      expect((await post(raw)).json).toEqual({ status: "ok" });
      expect((await post(raw)).json).toEqual({ status: "already_processed" });
      expect(await grantsOf(world, topUp.payment)).toEqual(["333.33000000"]);
      expect((await users.call("GET", "/api/v1/users/me/wallet", { user })).json).toMatchObject({ balance: "333.33", held: "0" });
    }
  });

  it("is begun at Stripe by a top-up", async () => {
    const users = await stage.lambda("users");
    const answer = await users.call("POST", "/api/v1/users/me/wallet/top-up", { user: "buyer", body: { amount_usd: "10" } });
    expect(answer).toMatchObject({ status: 200, json: { credits_to_grant: "333.33", amount_usd: "10", status: "pending" } });
  });
});

describe("an admin", () => {
  it("grants, and the books close", async () => {
    const admin = await stage.lambda("admin");
    await givenSession(world, "granted");
    const grant = await admin.call("POST", "/api/v1/admin/wallets/granted/grant", {
      user: ADMIN,
      key: "g",
      body: { amount: "1.5", create: true },
    });
    expect(grant).toMatchObject({ status: 200, json: { user_id: "granted", new_balance: "1.5" } });
    const repeated = await admin.call("POST", "/api/v1/admin/wallets/granted/grant", {
      user: ADMIN,
      key: "g",
      body: { amount: "1.5", create: true },
    });
    expect(repeated.text).toBe(grant.text);
    expect((await admin.call("GET", "/api/v1/admin/reconciliation", { user: ADMIN })).json).toMatchObject({ broken_total: 0 });
  });
});
