// The people who pay, in the suite `webhooks`: each top-up is started under a key until it is answered, and then paid, declined, refunded,
// disputed or forgotten, as the seed says. Whether Stripe tells of it is decided here too.

import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "@pantheon/contract/id.ts";
import { between, deckOf, type Random } from "./choices.ts";
import { call } from "./call.ts";
import type { Crew } from "./crew.ts";
import type { Place } from "./place.ts";

export type Payers = {
  readonly place: Place;
  readonly crew: Crew;
  /** Decides the stories, in the order in which payments begin. */
  readonly random: Random;
  /** A payment's own choices, by its number: whatever runs beside it, they are the same. */
  readonly randomFor: (payment: number) => Random;
  readonly payments: number;
  readonly injected: (kind: PayerFault) => void;
  /** Told of every payment that begins; a number from 1. */
  readonly begun: (payment: number) => void;
};

export type PayerFault =
  | "Stripe's answer lost"
  | "Stripe fails"
  | "event lost"
  | "payment declined first"
  | "top-up never paid"
  | "money taken back";

/** What one payer was told. */
export type Bought = {
  readonly user: string;
  readonly key: string;
  readonly minor: number;
  /** Different bodies that came with 200: one. */
  readonly bodies: Set<string>;
};

type Story =
  | "paid"
  | "paid, told late"
  | "declined, then paid"
  | "never paid"
  | "refunded"
  | "refund fails"
  | "disputed and lost"
  | "disputed and won";

const STORIES: readonly (readonly [Story, number])[] = [
  ["paid", 5],
  ["paid, told late", 2],
  ["declined, then paid", 2],
  ["never paid", 2],
  ["refunded", 4],
  ["refund fails", 2],
  ["disputed and lost", 1],
  ["disputed and won", 1],
];

/** What Stripe does to the request that starts a top-up. */
type Mishap = "none" | "answer lost" | "fails at once" | "fails afterwards";

const MISHAPS: readonly (readonly [Mishap, number])[] = [
  ["none", 14],
  ["answer lost", 1],
  ["fails at once", 1],
  ["fails afterwards", 1],
];

const SIDE_BY_SIDE = 8;
const PAYMENTS_A_USER = 4;
const TRIES = 200;

export async function runPayers(payers: Payers): Promise<Bought[]> {
  const deal = deckOf(STORIES, payers.random);
  const dealMishap = deckOf(MISHAPS, payers.random);
  const all: Bought[] = [];
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      while (all.length < payers.payments) {
        const random = payers.randomFor(all.length + 1);
        const user = `payer-${Math.floor(all.length / PAYMENTS_A_USER)}`;
        const bought: Bought = { user, key: newId(), minor: between(random, 100, 50_000), bodies: new Set() };
        all.push(bought);
        payers.begun(all.length);
        await pay({ ...payers, random }, bought, deal(), dealMishap());
      }
    }),
  );
  return all;
}

async function pay(payers: Payers, bought: Bought, story: Story, mishap: Mishap): Promise<void> {
  const intent = await start(payers, bought, mishap);
  if (intent === null) return;
  const { random, injected, place } = payers;
  const { stripe } = place;
  const tell = (act: () => void): void => told(payers, act, random() < 0.15);
  await sleep(between(random, 0, 20));
  if (story === "never paid") return injected("top-up never paid");
  if (story === "declined, then paid") {
    tell(() => void stripe.pay(intent, "pm_card_chargeDeclined"));
    injected("payment declined first");
  }
  if (story === "paid, told late") told(payers, () => void stripe.pay(intent, "pm_card_visa"), true);
  else tell(() => void stripe.pay(intent, story === "refund fails" ? "pm_card_pendingRefund" : "pm_card_visa"));
  if (random() < 0.2) await look(payers, bought);
  if (story === "refunded") {
    for (let left = bought.minor, parts = between(random, 1, 3); parts > 0 && left > 0; parts -= 1) {
      const part = parts === 1 && random() < 0.5 ? left : between(random, 1, left);
      left -= part;
      tell(() => void stripe.refund(intent, part));
    }
  }
  if (story === "refund fails") {
    const { id } = stripe.refund(intent, between(random, 1, bought.minor));
    tell(() => void stripe.moveRefund(id, random() < 0.7 ? "failed" : "succeeded"));
  }
  if (story === "disputed and lost" || story === "disputed and won") {
    const { id } = stripe.dispute(intent);
    await sleep(between(random, 0, 20));
    tell(() => void stripe.moveDispute(id, story === "disputed and lost" ? "lose" : "win"));
  }
  if (story === "refunded" || story === "refund fails" || story.startsWith("disputed")) injected("money taken back");
}

/** Lets something happen at Stripe; its events are sent unless they are lost. */
function told({ place, injected }: Payers, act: () => void, isLost: boolean): void {
  place.stripe.delivery.drop = isLost;
  act();
  place.stripe.delivery.drop = false;
  if (isLost) injected("event lost");
}

const CREATE = "POST /v1/payment_intents";

/** Starts the top-up, with the same key until it is answered; its payment intent, or null when it never was. */
async function start({ place, crew, random, injected }: Payers, bought: Bought, mishap: Mishap): Promise<string | null> {
  if (mishap === "answer lost") {
    place.stripe.resetNext({ to: CREATE, afterEffect: true, times: 3 }); // the SDK itself tries three times
    injected("Stripe's answer lost");
  } else if (mishap !== "none") {
    place.stripe.failNext({ to: CREATE, status: 500, afterEffect: mishap === "fails afterwards" });
    injected("Stripe fails");
  }
  const body = { amount_usd: `${Math.floor(bought.minor / 100)}.${String(bought.minor % 100).padStart(2, "0")}` };
  let wanted = random() < 0.1 ? 2 : 1; // some ask again though they were answered
  for (let tries = 0; tries < TRIES && wanted > 0; tries += 1) {
    const { worker } = await crew.pick();
    const token = await place.token(bought.user);
    const answer = await call(worker.url, { method: "POST", path: "/api/v1/users/me/wallet/top-up", token, key: bought.key, body });
    if (answer.status === 200) {
      bought.bodies.add(answer.text);
      wanted -= 1;
    } else await sleep(50);
  }
  const [text] = bought.bodies;
  return text === undefined ? null : (/"client_secret":"(pi_\w+?)_secret/.exec(text)?.[1] ?? null);
}

/** A person looks at their top-up, which asks Stripe and grants by the same path as a webhook. */
async function look({ place, crew }: Payers, bought: Bought): Promise<void> {
  const [text] = bought.bodies;
  const { worker } = await crew.pick();
  const id = String(JSON.parse(text ?? "{}").id);
  await call(worker.url, { method: "GET", path: `/api/v1/users/me/wallet/top-ups/${id}`, token: await place.token(bought.user) });
}
