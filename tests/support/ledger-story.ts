// A story that passes everything the invariants look at, told through the product: turns of every outcome, a price that changes, an
// admin's grants, payments with refunds and disputes, one in quarantine. Whatever of it breaks the ledger, `checkInvariants` says.

import { handleEvent } from "@pantheon/core/payments/events.ts";
import { givenCredits, givenPrice, givenSession, modelsWith, runTurn } from "./given.ts";
import { givenTopUp, succeededOf, topUpRow, type GivenTopUp } from "./given-top-up.ts";
import { eventOf } from "./payment-event.ts";
import { testWorld, type Answer, type TestWorld } from "./world.ts";

export const ROOT = "root";

export type LedgerStory = {
  readonly world: TestWorld;
  /** Paid and partly refunded twice, with a dispute that was withdrawn and won. */
  readonly refunded: GivenTopUp;
  /** Paid with a cent less. */
  readonly quarantined: GivenTopUp;
  /** Not paid yet. */
  readonly open: GivenTopUp;
};

const ABOVE_HOLD = "fake-usage-above-hold";
const SOMETIMES = "fails-sometimes";
const MODELS = [ABOVE_HOLD, SOMETIMES];

/** The world in which it can happen. */
export function storyWorld(): Promise<TestWorld> {
  return testWorld({ environment: { ADMIN_USER_IDS: ROOT }, models: modelsWith(...MODELS) });
}

/** Lets all of it happen. Asserts nothing but that each step was taken. */
export async function tellStory(world: TestWorld): Promise<LedgerStory> {
  await tellTurns(world);
  await tellGrants(world);
  const refunded = await tellRefunds(world);
  const [quarantined, foreign, open] = [await givenTopUp(world), await givenTopUp(world), await givenTopUp(world, { user: "bob" })];
  await handleEvent(world.deps, succeededOf(quarantined, { amount_received: quarantined.minor - 1 }));
  const ofBob = { user_id: "bob", top_up_id: foreign.id, credits: "333.33" };
  await handleEvent(world.deps, succeededOf(foreign, { metadata: ofBob }));
  await tellCheckout(world);
  return { world, refunded, quarantined, open };
}

/** A top-up that was begun over HTTP, so that it takes a slot and keeps its response, and was paid. */
async function tellCheckout(world: TestWorld): Promise<void> {
  const started = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user: "bob", key: "top-up", body: { amount_usd: "5" } });
  taken(started, 200);
  const { payment_intent: payment } = await topUpRow(world, started.json.id);
  await handleEvent(world.deps, succeededOf({ id: started.json.id, user: "bob", payment: payment ?? "", minor: 500 }));
}

/** Turns that are refused while enforcement is off, succeed, cost more than they hold, or fail and run again under their key. */
async function tellTurns(world: TestWorld): Promise<void> {
  for (const name of MODELS) await givenPrice(world, name, "1");
  const session = await givenSession(world);
  taken(await runTurn(world, session), 201); // nothing in the wallet: enforcement would have refused it
  await givenCredits(world, "ada", "10");
  taken(await runTurn(world, session, { message: 'Say "a\\b" — ☃\u0001', key: "spoken" }), 201);
  taken(await runTurn(world, session, { alias: ABOVE_HOLD }), 201);
  const again = { alias: SOMETIMES, key: "again" };
  world.provider.behave(SOMETIMES, "fake-400");
  taken(await runTurn(world, session, again), 502);
  world.provider.behave(SOMETIMES, null);
  taken(await runTurn(world, session, again), 201);
  await givenPrice(world, "default", "1.25"); // behind the catalogue's back: the next open finds it stale
  taken(await runTurn(world, session), 201);
  taken(await runTurn(world, await givenSession(world, "dan"), { user: "dan" }), 201);
}

/** An admin grants with a key, and by the other address without one; and takes some of it back. */
async function tellGrants(world: TestWorld): Promise<void> {
  const grant = { user: ROOT, body: { amount: "2.50", note: "welcome", create: true } };
  taken(await world.call("POST", "/api/v1/admin/wallets/ada/grant", { ...grant, key: "welcome" }), 200);
  taken(await world.call("POST", "/api/v1/admin/users/bob/wallet/grant", grant), 200);
  const deduction = { user: ROOT, body: { amount: "0.75", note: "too much" } };
  taken(await world.call("POST", "/api/v1/admin/wallets/bob/deduct", { ...deduction, key: "back" }), 200);
}

async function tellRefunds({ deps }: TestWorld): Promise<GivenTopUp> {
  const topUp = await givenTopUp({ deps });
  const { payment, minor } = topUp;
  const about = (object: string, share: number, status: string) => ({
    id: `${object}_${payment}`,
    payment_intent: payment,
    amount: Math.round(minor * share),
    status,
  });
  await handleEvent(deps, eventOf("refund.created", about("re_a", 0.3, "pending"))); // before its payment
  await handleEvent(deps, succeededOf(topUp));
  await handleEvent(deps, succeededOf(topUp, { amount_received: minor - 1 })); // it was granted: this changes nothing
  await handleEvent(deps, eventOf("refund.created", about("re_b", 0.2, "succeeded")));
  await handleEvent(deps, eventOf("refund.failed", about("re_a", 0.3, "failed")));
  await handleEvent(deps, eventOf("charge.dispute.funds_withdrawn", about("du_a", 1, "needs_response")));
  await handleEvent(deps, eventOf("charge.dispute.closed", about("du_a", 1, "won")));
  return topUp;
}

function taken(answer: Answer, status: number): void {
  if (answer.status !== status) throw new Error(`a step of the story: ${answer.status} ${answer.text}`);
}
