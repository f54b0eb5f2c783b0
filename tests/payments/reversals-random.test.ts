// Whatever the order, the copies and the parallelism of a payment's events, it ends in the same balance: what was granted less what all
// its refunds and disputes come to, by an oracle of whole numbers; and no ledger row on the way takes more than was granted.

import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { handleEvent } from "@pantheon/core/payments/events.ts";
import { eventOf, stripeId, type PaymentEvent } from "../support/payment-event.ts";
import { randomFrom } from "../support/random.ts";
import { say } from "../support/say.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const SEED = process.pid;
const RANDOM_CASES = 600;
const LANES = 16;

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ maxConnections: LANES });
});
afterAll(() => world.end());

/** One event of a payment: its type, and for a refund or dispute which object it is about, its status, and what part of the amount. */
type Step = { readonly type: string; readonly object?: string; readonly status?: string; readonly share?: number };

const SUCCEEDED: Step = { type: "payment_intent.succeeded" };
const PROCESSING: Step = { type: "payment_intent.processing" };
const FAILED: Step = { type: "payment_intent.payment_failed" };
const refund = (object: string, event: string, status: string, share: number): Step => ({ type: `refund.${event}`, object, status, share });
const dispute = (event: string, status = "needs_response"): Step => ({ type: `charge.dispute.${event}`, object: "du_b", status, share: 1 });

/** Refund `re_a` sorts before the dispute and `re_c` after it: the order of ids must not count either. */
const A_PENDING = refund("re_a", "created", "pending", 1);
const A_DONE = refund("re_a", "updated", "succeeded", 1);
const A_FAILED = refund("re_a", "failed", "failed", 1);
const C_PARTIAL = refund("re_c", "created", "succeeded", 0.37);
const OPENED = dispute("created");
const WITHDRAWN = dispute("funds_withdrawn");
const REINSTATED = dispute("funds_reinstated");
const WON = dispute("closed", "won");
const LOST = dispute("closed", "lost");
const WON_AFTER_ALL = dispute("closed", "won");

const SETS: Readonly<Record<string, readonly Step[]>> = {
  "paid at the third try and refunded in two parts": [SUCCEEDED, PROCESSING, FAILED, A_PENDING, A_DONE, C_PARTIAL],
  "a refund that failed beside a dispute that was lost": [SUCCEEDED, A_PENDING, A_FAILED, OPENED, WITHDRAWN, LOST],
  "refunds beside a dispute that was won": [SUCCEEDED, C_PARTIAL, A_DONE, WITHDRAWN, REINSTATED, WON],
  "a dispute that was won, then lost after all": [SUCCEEDED, OPENED, WITHDRAWN, REINSTATED, WON, LOST],
  "a dispute that was lost, then won after all": [SUCCEEDED, OPENED, WITHDRAWN, LOST, C_PARTIAL, WON_AFTER_ALL],
};

type Case = { readonly user: string; readonly topUp: string; readonly payment: string; readonly minor: number; readonly rounds: Step[][] };

test.each(Object.entries(SETS))(
  "all 720 orders end alike: %s",
  async (_what, steps) => {
    const orders = permutations(steps);
    expect(orders).toHaveLength(720);
    await expectOracle(orders.map((order) => caseOf(order.map((step) => [step]))));
  },
  240_000,
);

test(`${RANDOM_CASES} longer stories end alike, with copies and with several events at once`, async () => {
  const random = randomFrom(SEED);
  say(`seed ${SEED}`);
  const every = [SUCCEEDED, PROCESSING, FAILED, A_PENDING, A_DONE, A_FAILED, C_PARTIAL, OPENED, WITHDRAWN, REINSTATED];
  const stories = Array.from({ length: RANDOM_CASES }, () => {
    const ends = [[WON], [LOST], [WON, LOST], [LOST, WON_AFTER_ALL], []][Math.floor(random() * 5)] ?? [];
    const some = [...every, ...ends].filter((step) => step === SUCCEEDED || random() < 0.8);
    const copies = some.filter(() => random() < 0.3);
    return caseOf(inRounds(shuffled([...some, ...copies], random), random), 100 + Math.floor(random() * 49_901));
  });
  expect(stories).toHaveLength(RANDOM_CASES);
  await expectOracle(stories);
});

let cases = 0;

function caseOf(rounds: Step[][], minor = 1_000): Case {
  return { user: `user-${(cases += 1)}`, topUp: newId(), payment: stripeId("pi"), minor, rounds };
}

/** Lets every story happen, so many side by side, and holds what became of each against the oracle. */
async function expectOracle(stories: readonly Case[]): Promise<void> {
  const rows = stories.map(({ user, topUp, payment, minor }) => ({
    id: topUp,
    user_id: user,
    amount_usd: hundredths(BigInt(minor)),
    credits_to_grant: hundredths(creditsOf(minor)),
    status: "pending" as const,
    payment_intent: payment,
  }));
  await world.deps.db.query.insertInto("top_ups").values(rows).execute();
  const left = [...stories];
  const lane = async () => {
    for (let story = left.pop(); story; story = left.pop()) await happen(story);
  };
  await Promise.all(Array.from({ length: LANES / 2 }, lane));
  const ledger = await world.deps.db.query
    .selectFrom("credit_transactions")
    .select(["user_id", "kind", "amount"])
    .orderBy("user_id")
    .orderBy("seq")
    .execute();
  const rowsOf = Map.groupBy(ledger, ({ user_id }) => user_id);
  for (const story of stories) expect({ story: told(story), ...outcomeOf(rowsOf.get(story.user) ?? []) }).toEqual(expectedOf(story));
  await world.assertLedger();
}

async function happen(story: Case): Promise<void> {
  const id = new Map<Step, PaymentEvent>(); // a copy of an event is the same event
  for (const round of story.rounds) {
    for (const step of round) if (!id.has(step)) id.set(step, eventFor(story, step));
    const settled = await Promise.all(round.map((step) => handleEvent(world.deps, id.get(step))));
    expect(settled.filter((state) => state !== "ok" && state !== "already_processed")).toEqual([]);
  }
}

/** When each step happened, whenever it is told: two of them in each second, in the order of a refund's or dispute's life. */
const LIFE: readonly Step[] = [
  A_PENDING,
  OPENED,
  A_DONE,
  WITHDRAWN,
  A_FAILED,
  REINSTATED,
  C_PARTIAL,
  WON,
  LOST,
  SUCCEEDED, // so that the next has a second of its own
  WON_AFTER_ALL,
];

function eventFor({ user, topUp, payment, minor }: Case, step: Step): PaymentEvent {
  const { type, object, status, share = 1 } = step;
  const created = 1_800_000_000 + Math.floor(LIFE.indexOf(step) / 2);
  const metadata = { user_id: user, top_up_id: topUp, credits: "1" };
  if (object === undefined) return eventOf(type, { id: payment, status: "succeeded", amount_received: minor, currency: "usd", metadata });
  return eventOf(
    type,
    { id: `${object}_${payment}`, payment_intent: payment, amount: Math.floor(minor * share), currency: "usd", status },
    { created },
  );
}

type Outcome = { grants: number; balance: string; mostTaken: string; leastTaken: string };

/** What a wallet's rows come to: the balance, and the most and the least that had been taken at any of them, beyond what is allowed. */
function outcomeOf(rows: readonly { kind: string; amount: string }[]): Outcome {
  const granted = rows.filter(({ kind }) => kind === "grant").reduce((sum, { amount }) => sum + units(amount), 0n);
  const taken = rows.filter(({ kind }) => kind === "refund").map(({ amount }) => -units(amount));
  const sums = taken.map((_amount, index) => taken.slice(0, index + 1).reduce((sum, each) => sum + each, 0n));
  const over = sums.filter((sum) => sum > granted);
  const under = sums.filter((sum) => sum < 0n);
  return {
    grants: rows.filter(({ kind }) => kind === "grant").length,
    balance: hundredths(granted - (sums.at(-1) ?? 0n)),
    mostTaken: over.length === 0 ? "no more than was granted" : `${over.join(" ")} of ${granted}`,
    leastTaken: under.length === 0 ? "never less than nothing" : under.join(" "),
  };
}

function expectedOf(story: Case): Outcome & { story: string } {
  const { minor, rounds } = story;
  const granted = creditsOf(minor);
  const back = [
    ...Map.groupBy(
      rounds.flat().filter(({ object }) => object !== undefined),
      ({ object }) => object,
    ).values(),
  ]
    .filter(takes)
    .reduce((sum, [step]) => sum + BigInt(Math.floor(minor * (step?.share ?? 1))), 0n);
  const taken = halfUp(granted * back, BigInt(minor));
  const balance = granted - (taken > granted ? granted : taken);
  const bounds = { mostTaken: "no more than was granted", leastTaken: "never less than nothing" };
  return { story: told(story), grants: 1, balance: hundredths(balance), ...bounds };
}

/** Whether an object of which these events tell takes in the end, by what its life allows: the last thing that can have happened counts. */
function takes(steps: readonly Step[]): boolean {
  const has = (...wanted: Step[]) => wanted.some((step) => steps.includes(step));
  if (has(WON_AFTER_ALL)) return false;
  if (has(LOST)) return true;
  if (has(A_FAILED, WON, REINSTATED)) return false;
  return has(A_PENDING, A_DONE, C_PARTIAL, WITHDRAWN);
}

/** The story in one line, so that one that ends otherwise can be told again. */
function told({ minor, rounds }: Case): string {
  return `${minor}: ${rounds.map((round) => round.map(word).join(" & ")).join(", ")}`;
}

function word({ type, object, status }: Step): string {
  return [type, object, status].filter((part) => part !== undefined).join(" ");
}

/** Hundredths of a credit for an amount in cents, at 0.03 USD a credit. */
function creditsOf(minor: number): bigint {
  return halfUp(BigInt(minor) * 100n, 3n);
}

function halfUp(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

function hundredths(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(3, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** A ledger amount in hundredths; more decimals than that would be a fault, and no whole number. */
function units(amount: string): bigint {
  const [whole = "", fraction = ""] = amount.split(".");
  expect(fraction.slice(2)).toBe("000000");
  return BigInt(`${whole}${fraction.slice(0, 2)}`);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item].concat(rest)));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const drawn = items.map((item) => ({ item, place: random() }));
  return drawn.toSorted((one, other) => one.place - other.place).map(({ item }) => item);
}

/** Most events alone, some two to four at once. */
function inRounds(steps: readonly Step[], random: () => number): Step[][] {
  const rounds: Step[][] = [];
  for (let at = 0; at < steps.length;) {
    const size = random() < 0.6 ? 1 : 2 + Math.floor(random() * 3);
    rounds.push(steps.slice(at, at + size));
    at += size;
  }
  return rounds;
}
