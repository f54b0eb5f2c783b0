// The tour: the first minutes of a user and an admin with Pantheon, by the product's own client against the running world. Every step says
// what it expects, and the tour fails when the product answers otherwise. How it looks is view.ts, what it measures burst.ts.

import type * as v from "valibot";
import { PantheonError } from "@pantheon/client/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import type { TurnRead } from "@pantheon/contract/turns.ts";
import { measureBurst, type Burst } from "./burst.ts";
import { startWalk, type Outcome, type Step, type Walk } from "./walk.ts";
import { OPERATOR } from "../site/people.ts";
import type { World } from "../world.ts";

export type Tour = {
  readonly steps: readonly Step[];
  /** The arithmetic of a turn, as its receipt has it. */
  readonly receipt: readonly string[];
  /** Null when the tour ended before its end. */
  readonly burst: Burst | null;
};

type Turn = v.InferOutput<typeof TurnRead>;

const QUESTION = "What does a turn cost, and who checks the arithmetic?";
const FOLLOW_UP = "And when part of it is cached?";

/** Walks through the product as new users and an admin, then measures a burst of turns. Prices and settings end as they were. */
export async function runTour(world: World): Promise<Tour> {
  world.issuer.addAdmin(OPERATOR);
  const walk = startWalk(world);
  const receipt: string[] = [];
  try {
    const ada = `ada-${newId().slice(-6)}`;
    const session = await asUser(walk, ada, receipt);
    await changingPrices(walk, ada, session);
    await enforcing(walk, `bob-${newId().slice(-6)}`);
    const burst = await measureBurst(world, walk.as(ada));
    await reporting(walk);
    return { steps: walk.steps, receipt, burst };
  } catch (error) {
    if (!(error instanceof PantheonError)) throw error;
    return { steps: walk.steps, receipt, burst: null }; // its last step says what was refused
  }
}

/** A wallet, a top-up, two turns, one of them sent twice, and a receipt. */
async function asUser(walk: Walk, user: string, receipt: string[]): Promise<string> {
  const { world, step } = walk;
  const client = walk.as(user);
  await step("A new user's wallet", "GET wallet", async () => {
    const { balance } = await client.wallet.read();
    return { value: null, outcome: `balance ${balance}, and no row was written`, ok: balance === "0" };
  });
  if (world.config.stripe.apiUrl === world.stripe.url) await toppingUp(walk, user); // never with a card of one's own
  await step("An admin grants more", "POST grant", async () => {
    const { new_balance: balance } = await walk.as(OPERATOR).admin.wallets.grant(user, { amount: "10", note: "Welcome" });
    return { value: null, outcome: `balance ${balance}`, ok: true };
  });
  const session = await openSession(walk, "A session", user, "claude-sonnet");
  const again = () => client.turns.run(session, { message: FOLLOW_UP }, { key: "tour-2" });
  await step("A turn", "POST turns", async () => charged(await client.turns.run(session, { message: QUESTION })));
  const first = await step("A second one, with history", "POST turns", async () => charged(await again()));
  await step("The same turn, sent again", "POST turns, same key", async () => {
    const second = await again();
    const ok = walk.wasReplayed() && JSON.stringify(second) === JSON.stringify(first);
    return { value: null, outcome: "replayed byte for byte, charged nothing", ok };
  });
  await step("Its receipt", "GET receipt", async () => {
    const { transactions } = await client.account.transactions.list({ limit: 1 });
    const { lines, matches } = await client.account.receipt(transactions[0]?.id ?? "");
    receipt.push(...lines.map(({ arithmetic }) => arithmetic));
    return { value: null, outcome: `recomputed: matches ${matches}`, ok: matches };
  });
  return session;
}

/** A top-up through Stripe's SDK, paid by card at the stand-in and granted by its signed event. */
async function toppingUp({ world, step, as }: Walk, user: string): Promise<void> {
  const started = await step("A top-up is started", "POST top-up", async () => {
    const topUp = await as(user).topUps.start({ amount_usd: "1.00" });
    return { value: topUp, outcome: `$${topUp.amount_usd} for ${topUp.credits_to_grant} credits`, ok: topUp.status === "pending" };
  });
  await step("Paid by card: the event comes", "POST webhooks/stripe", async () => {
    const intent = world.stripe.intents().find(({ metadata }) => metadata["top_up_id"] === started.id);
    world.stripe.pay(intent?.id ?? "", "pm_card_visa");
    await world.stripe.settled();
    const { balance } = await as(user).wallet.read();
    return { value: null, outcome: `signature good, balance ${balance}`, ok: balance === started.credits_to_grant };
  });
}

/** A price that is doubled binds the very next turn; afterwards it is what it was. */
async function changingPrices({ step, as }: Walk, user: string, session: string): Promise<void> {
  const { prices } = as(OPERATOR).admin;
  const { items, pricing_version: version } = await prices.list();
  const multiplier = items.find((item) => item.model_alias === "claude-sonnet")?.multiplier ?? "1";
  const doubled = format(amount(multiplier).times(amount("2")));
  const patch = (to: string) => prices.patch("claude-sonnet", { multiplier: to, pricing_version: version });
  try {
    await step("A price is doubled", "PATCH pricing", async () => {
      const { multiplier: now } = await patch(doubled);
      return { value: null, outcome: `claude-sonnet × ${multiplier} → × ${now}`, ok: now === doubled };
    });
    await step("It binds the next turn", "POST turns", async () => {
      const turn = await as(user).turns.run(session, { message: "And now?" });
      return { ...charged(turn), ok: turn.multiplier === doubled };
    });
  } finally {
    await patch(multiplier);
  }
}

/** Someone without credits runs a turn while enforcement is off, and is refused when it is on. */
async function enforcing(walk: Walk, user: string): Promise<void> {
  const { step } = walk;
  const { enforcement, settings } = walk.as(OPERATOR).admin;
  const before = await settings.read();
  const session = await openSession(walk, "Someone without credits", user, "default");
  const turn = () => walk.as(user).turns.run(session, { message: "May I?" });
  try {
    await enforcement.override(false);
    await step("Enforcement off: it runs", "POST turns", async () => charged(await turn()));
    await step("An admin switches it on", "PATCH enforcement", async () => {
      const { enforcement_enabled: ok } = await enforcement.override(true);
      return { value: null, outcome: "in every container, from the next turn on", ok };
    });
    await step("Enforcement on: refused", "POST turns", async () => {
      const refusal = await turn().catch((error: unknown) => error);
      if (!(refusal instanceof PantheonError)) return { value: null, outcome: "it ran", ok: false };
      return { value: null, outcome: refusal.message, ok: refusal.status === 402 && refusal.code === "insufficient_credits" };
    });
  } finally {
    await (before.enforcement_source === "override" ? enforcement.override(before.enforcement_enabled) : enforcement.reset());
  }
}

/** The day's report, and the ledger's invariants. */
async function reporting({ step, as }: Walk): Promise<void> {
  const { reports } = as(OPERATOR).admin;
  await step("The day's report", "GET usage/summary", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const summary = await reports.summary({ from_date: today, to_date: today, bucket: "day" });
    const { total_llm_calls: calls, total_credits_burned: burned, would_have_been_refused: refused } = summary;
    return { value: null, outcome: `${calls} calls, ${burned} credits, ${refused} to be refused`, ok: summary.daily.length === 1 };
  });
  await step("The books are checked", "GET reconciliation", async () => {
    const { invariants, broken_total: broken } = await reports.reconciliation();
    return { value: null, outcome: `${invariants.length} invariants, ${broken} rows that break one`, ok: broken === 0 };
  });
}

async function openSession({ step, as }: Walk, what: string, user: string, alias: string): Promise<string> {
  return step(what, "POST sessions", async () => {
    const session = await as(user).sessions.create({ model_alias: alias });
    return { value: session.id, outcome: `${user} talks to ${alias}`, ok: true };
  });
}

function charged(turn: Turn): Outcome<Turn> {
  const { usage, credits_charged: credits, balance_after: balance, low_balance: isLow } = turn;
  const tokens = `${usage?.input_tokens_fresh} fresh + ${usage?.input_tokens_cached} cached + ${usage?.output_tokens} out`;
  return { value: turn, outcome: `${tokens}: -${credits} → ${balance}${isLow ? ", low" : ""}`, ok: turn.status === "completed" };
}
