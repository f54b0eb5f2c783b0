// When every event is delivered, and how often. Well-behaved by default: in order, once, again when it was not taken. Duplicates, delays,
// shuffles and losses are switched on by whoever wants to see them.

import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "@pantheon/contract/time.ts";
import { deliver, type Attempt, type Webhook } from "./delivery.ts";
import type { StripeEvent } from "./objects.ts";

/** May be changed at any time; what is under way keeps what it began with. */
export type DeliverySettings = {
  /** Copies of every event besides the first, sent together with it. */
  duplicate: number;
  /** Sends events that wait together in a random order. */
  shuffle: boolean;
  /** Waited before every attempt. */
  delayMs: number;
  /** Sends nothing of what happens from now on; events can still be sent by hand. */
  drop: boolean;
  /** Attempts after the first, while the endpoint does not answer 2xx. */
  retries: number;
  /** Waited before the first retry, twice as long before each further one. */
  retryAfterMs: number;
  /** Events under way at the same time. */
  parallel: number;
};

type Parcel = { readonly event: StripeEvent; readonly attempt: number };

export type Courier = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly onDelivered: (event: StripeEvent) => void;
  readonly settings: DeliverySettings;
  readonly attempts: Attempt[];
  readonly queue: Parcel[];
  readonly closing: AbortController;
  webhook: Webhook | null;
  sending: number;
  /** Parcels that wait for their next attempt. */
  waiting: number;
  /** Who wants to know when nothing is left. */
  idle: (() => void)[];
};

const WELL_BEHAVED: DeliverySettings = {
  duplicate: 0,
  shuffle: false,
  delayMs: 0,
  drop: false,
  retries: 3,
  retryAfterMs: 50,
  parallel: 1,
};

export function newCourier(parts: Pick<Courier, "clock" | "random" | "onDelivered" | "webhook">): Courier {
  const closing = new AbortController();
  return { ...parts, settings: { ...WELL_BEHAVED }, attempts: [], queue: [], closing, sending: 0, waiting: 0, idle: [] };
}

/** Delivers by the settings; what becomes of it can be awaited by `settled`. */
export function enqueue(courier: Courier, event: StripeEvent): void {
  if (courier.webhook === null || courier.settings.drop || courier.closing.signal.aborted) return;
  courier.queue.push({ event, attempt: 0 });
  setImmediate(pump, courier); // after everything that happens together with it, so that a shuffle has something to shuffle
}

/** Resolves when nothing is under way and nothing waits. */
export function settled(courier: Courier): Promise<void> {
  return new Promise((resolve) => {
    courier.idle.push(resolve);
    setImmediate(pump, courier);
  });
}

/** Ends everything that is under way. */
export function closeCourier(courier: Courier): void {
  courier.queue.length = 0;
  courier.closing.abort();
  pump(courier);
}

const KEPT_ATTEMPTS = 10_000;

/** Posts once, at once, whatever the settings say. Without an endpoint nobody answers. */
export async function post(courier: Courier, event: StripeEvent): Promise<Attempt> {
  const { webhook, attempts, clock, closing } = courier;
  const nobody: Attempt = { eventId: event.id, type: event.type, status: null, answer: "" };
  const attempt = webhook === null ? nobody : await deliver(webhook, event, clock, closing.signal);
  attempts.push(attempt);
  if (attempts.length > KEPT_ATTEMPTS) attempts.shift();
  return attempt;
}

function pump(courier: Courier): void {
  const { queue, settings, random } = courier;
  while (courier.sending < settings.parallel && queue.length > 0) {
    const place = settings.shuffle ? Math.floor(random() * queue.length) : 0;
    for (const parcel of queue.splice(place, 1)) void send(courier, parcel);
  }
  if (courier.sending + courier.waiting + queue.length > 0) return;
  for (const resolve of courier.idle.splice(0)) resolve();
}

async function send(courier: Courier, parcel: Parcel): Promise<void> {
  const { duplicate, delayMs, retries, retryAfterMs } = courier.settings;
  courier.sending += 1;
  if (await waited(courier, delayMs)) {
    const copies = await Promise.all(Array.from({ length: duplicate + 1 }, () => post(courier, parcel.event)));
    if (copies.every(({ status }) => status !== null && status >= 200 && status < 300)) courier.onDelivered(parcel.event);
    else if (parcel.attempt < retries) void comeBack(courier, parcel, retryAfterMs * 2 ** parcel.attempt);
  }
  courier.sending -= 1;
  pump(courier);
}

/** A failed event waits beside the queue, so that it holds up no other. */
async function comeBack(courier: Courier, { event, attempt }: Parcel, waitMs: number): Promise<void> {
  courier.waiting += 1;
  if (await waited(courier, waitMs)) courier.queue.push({ event, attempt: attempt + 1 });
  courier.waiting -= 1;
  pump(courier);
}

/** False when everything was closed meanwhile. */
async function waited({ closing }: Courier, ms: number): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal: closing.signal });
  } catch {
    return false; // the only way in which this wait can fail
  }
  return true;
}
