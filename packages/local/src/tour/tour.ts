// The tour: the first minutes of a user and an admin with Pantheon, by the product's own client against the running world. Every step says
// what it expects, and one that is answered otherwise is marked and named; it never ends the world. How it looks is view.ts, what it
// measures burst.ts, how a step is taken walk.ts, how a model is asked turn.ts.

import type * as v from "valibot";
import { PantheonError } from "@pantheon/client/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, roundHalfUp } from "@pantheon/contract/money.ts";
import type { Reconciliation } from "@pantheon/contract/reports.ts";
import { askingAboutAFile } from "./file.ts";
import { measureBurst, type Burst } from "./burst.ts";
import { OPERATOR } from "../site/people.ts";
import { asProgram } from "./door.ts";
import { asksRealModels, charged, startAsking, type Asking } from "./turn.ts";
import { startWalk, TourStopped, type Step, type Walk } from "./walk.ts";
import type { World } from "../world.ts";

export type Tour = {
  readonly steps: readonly Step[];
  /** The arithmetic of a turn, as its receipt has it. */
  readonly receipt: readonly string[];
  /** Null where no burst was run: with a real provider, or after a turn that failed. */
  readonly burst: Burst | null;
  /** True when it was stopped on its way. */
  readonly isStopped: boolean;
};

export type TourOptions = {
  /** Ends the tour before its next step; prices and settings are put back all the same. */
  readonly signal?: AbortSignal;
  /** Told what takes long, as a line. */
  readonly progress?: (line: string) => void;
};

type Guide = Walk & Asking;

const QUESTION = "What does a turn cost, and who checks the arithmetic?";
const FOLLOW_UP = "And when part of it is cached?";

/** Walks through the product as new users and an admin, then measures a burst of turns. Prices and settings end as they were. */
export async function runTour(world: World, { signal, progress = () => {} }: TourOptions = {}): Promise<Tour> {
  world.issuer.addAdmin(OPERATOR);
  const walk = startWalk(world, signal);
  const guide: Guide = { ...walk, ...startAsking(walk, progress, signal) };
  const ada = `ada-${newId().slice(-6)}`;
  const receipt: string[] = [];
  let burst: Burst | null = null;
  try {
    const session = await walk.part(() => asUser(guide, ada, receipt));
    if (session !== null) await walk.part(() => changingPrices(guide, ada, session));
    if (session !== null) await walk.part(() => asProgram(walk, ada));
    await walk.part(() => enforcing(guide, `bob-${newId().slice(-6)}`));
    if (session !== null && !asksRealModels(world))
      burst = await walk.part(() => walk.measure("Turns in a row", () => measureBurst(world, walk.as(ada), signal)));
    await walk.part(() => reporting(guide, session !== null));
    return { steps: walk.steps, receipt, burst, isStopped: false };
  } catch (error) {
    if (!(error instanceof TourStopped)) throw error;
    return { steps: walk.steps, receipt, burst, isStopped: true };
  }
}

/** A wallet, a top-up, two turns, one of them sent twice, and a receipt; its lines are added to `receipt`. The session's id. */
async function asUser(guide: Guide, user: string, receipt: string[]): Promise<string> {
  const { world, step, as } = guide;
  const client = as(user);
  await step("A new user's wallet", "GET wallet", async () => {
    const { balance } = await client.wallet.read();
    return { value: null, outcome: `balance ${balance}, no row written`, ok: balance === "0" };
  });
  if (world.config.stripe.apiUrl === world.stripe.url) await toppingUp(guide, user); // never with a card of one's own
  await step("An admin grants more", "POST grant", async () => {
    const granted = await as(OPERATOR).admin.wallets.grant(user, { amount: "10", note: "Welcome", create: true });
    const isBooked = "new_balance" in granted;
    return { value: null, outcome: isBooked ? `balance ${granted.new_balance}` : "waits for a second admin", ok: isBooked };
  });
  const session = await openSession(guide, "A session", user, "claude-sonnet");
  await talking(guide, user, session);
  await step("Its receipt", "GET receipt", async () => {
    const { transactions } = await client.account.transactions.list({ limit: 1 });
    const { lines, matches } = await client.account.receipt(transactions[0]?.id ?? "");
    receipt.push(...lines.map(({ arithmetic }) => arithmetic));
    return { value: null, outcome: `recomputed: matches ${matches}`, ok: matches };
  });
  if (!asksRealModels(world)) {
    await readingAsItComes(guide, user, session);
    await askingAboutAFile(guide, user);
  }
  return session;
}

/** A top-up through Stripe's SDK, paid by card at the stand-in and granted by its signed event. */
async function toppingUp({ world, step, as }: Walk, user: string): Promise<void> {
  const started = await step("A top-up is started", "POST top-up", async () => {
    const topUp = await as(user).topUps.start({ amount_usd: "1.00" });
    return { value: topUp, outcome: `$${topUp.amount_usd} for ${topUp.credits_to_grant} credits`, ok: topUp.status === "pending" };
  });
  await step("Paid by card", "POST webhook", async () => {
    const intent = world.stripe.intents().find(({ metadata }) => metadata["top_up_id"] === started.id);
    world.stripe.pay(intent?.id ?? "", "pm_card_visa");
    await world.stripe.settled();
    const { balance } = await as(user).wallet.read();
    return { value: null, outcome: `signature good, balance ${balance}`, ok: balance === started.credits_to_grant };
  });
}

/** Two turns, the second one sent twice under its key. */
async function talking({ step, turn, again, wasReplayed }: Guide, user: string, session: string): Promise<void> {
  const second = { user, session, message: FOLLOW_UP, more: { key: "tour-2" } };
  await step("A turn", "POST turns", async () => charged(await turn({ user, session, message: QUESTION })));
  const first = await step("One with history", "POST turns", async () => charged(await turn(second)));
  await step("The same, sent again", "POST turns again", async () => {
    const same = JSON.stringify(await again(second)) === JSON.stringify(first);
    return { value: null, outcome: "replayed byte for byte, free", ok: same && wasReplayed() };
  });
}

/** A turn whose answer is read while it comes, and how soon its first text was there. */
async function readingAsItComes({ step, stream }: Guide, user: string, session: string): Promise<void> {
  await step("Read as it comes", "POST turns/stream", async () => {
    const { turn, firstTextMs } = await stream({ user, session, message: "Say it as it comes." });
    const outcome = `first text after ${firstTextMs.toFixed(1)} ms: -${turn.credits_charged}`;
    return { value: null, outcome, ok: charged(turn).ok };
  });
}

/** A price that is doubled binds the very next turn; afterwards it is what it was. */
async function changingPrices({ step, measure, putBack, as, turn }: Guide, user: string, session: string): Promise<void> {
  const { prices } = as(OPERATOR).admin;
  const { items, pricing_version: version } = await measure("The prices", () => prices.list());
  const multiplier = items.find((item) => item.model_alias === "claude-sonnet")?.multiplier ?? "1";
  const doubled = format(amount(multiplier).times(amount("2")));
  const patch = (to: string) => prices.patch("claude-sonnet", { multiplier: to, pricing_version: version });
  try {
    await step("A price is doubled", "PATCH pricing", async () => {
      const { multiplier: now } = await patch(doubled);
      return { value: null, outcome: `claude-sonnet × ${multiplier} → × ${now}`, ok: now === doubled };
    });
    await step("It binds the next turn", "POST turns", async () => {
      const next = await turn({ user, session, message: "And now?" });
      return { ...charged(next), ok: next.multiplier === doubled };
    });
  } finally {
    await putBack("The price is put back", () => patch(multiplier));
  }
}

/** Someone without credits runs a turn while enforcement is off, and is refused when it is on. */
async function enforcing(guide: Guide, user: string): Promise<void> {
  const { world, step, measure, putBack, as, turn, again } = guide;
  const { enforcement, settings } = as(OPERATOR).admin;
  const before = await measure("The settings", () => settings.read());
  const question = { user, session: await openSession(guide, "A user without credits", user, "default"), message: "May I?" };
  try {
    if (!asksRealModels(world)) {
      await measure("Enforcement is switched off", () => enforcement.override(false));
      await step("Enforcement off", "POST turns", async () => charged(await turn(question)));
    }
    await step("An admin turns it on", "PATCH enforcement", async () => {
      const { enforcement_enabled: ok } = await enforcement.override(true);
      return { value: null, outcome: "in every container, at once", ok };
    });
    await step("The next is refused", "POST turns", async () => {
      const refusal = await again(question).then(() => null, refusalOrThrow);
      if (refusal === null) return { value: null, outcome: "it ran", ok: false };
      return { value: null, outcome: refusal.code, ok: refusal.status === 402 && refusal.code === "insufficient_credits" };
    });
  } finally {
    await putBack("Enforcement is put back", () =>
      before.enforcement_source === "override" ? enforcement.override(before.enforcement_enabled) : enforcement.reset(),
    );
  }
}

/** The day's report, what it earned, and the ledger's invariants. */
async function reporting({ step, as }: Walk, hasTurns: boolean): Promise<void> {
  const { reports } = as(OPERATOR).admin;
  await step("The day's report", "GET usage/summary", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const { daily, ...sums } = await reports.summary({ from: today, to: today, bucket: "day" });
    const outcome = `${sums.total_llm_calls} calls, ${sums.total_credits_burned} credits, ${sums.would_have_been_refused} would be refused`;
    return { value: null, outcome, ok: daily.length === 1 || !hasTurns };
  });
  await step("What it earned", "GET margin", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const margin = await reports.margin({ from_date: today, to_date: today });
    const [revenue, paid, cost] = [margin.revenue_usd, margin.revenue_paid_usd, margin.provider_cost_usd].map(dollars);
    const outcome = `$${revenue} charged ($${paid} of it bought), cost $${cost}: margin $${dollars(margin.margin_usd)}`;
    return { value: null, outcome, ok: margin.by_model.length > 0 || !hasTurns };
  });
  await step("The books are checked", "GET reconciliation", async () => {
    const { invariants, broken_total: total } = await reports.reconciliation();
    const which = invariants.filter(({ broken }) => broken > 0).map((invariant) => `; ${brokenRows(invariant)}`);
    const outcome = `${invariants.length} invariants, ${total} ${total === 1 ? "row" : "rows"} broken${which.join("")}`;
    return { value: null, outcome, ok: total === 0 };
  });
}

const SHOWN_DECIMALS = 4;

/** USD, short enough for a line. */
function dollars(usd: string): string {
  return format(roundHalfUp(amount(usd), SHOWN_DECIMALS));
}

function refusalOrThrow(error: unknown): PantheonError {
  if (error instanceof PantheonError) return error;
  throw error;
}

type Invariant = v.InferOutput<typeof Reconciliation>["invariants"][number];

function brokenRows({ name, broken, rows }: Invariant): string {
  return `${name} ${broken}: ${rows.join(", ")}${rows.length < broken ? ", …" : ""}`;
}

async function openSession({ step, as }: Walk, what: string, user: string, alias: string): Promise<string> {
  return step(what, "POST sessions", async () => {
    const session = await as(user).sessions.create({ model_alias: alias });
    return { value: session.id, outcome: `${user} talks to ${alias}`, ok: true };
  });
}
