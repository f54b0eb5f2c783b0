// The stand-in's account: every object there is, and the one way to store one and to tell the world of it. What may become of an object
// is decided beside its kind, not here.

import { newId } from "@pantheon/contract/id.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import type { Charge, Dispute, EventRequest, EventType, PaymentIntent, Refund, StripeEvent } from "./objects.ts";

/** The version of Stripe's API that the stand-in's answers and events have. */
export const API_VERSION = "2026-10-28.endive";

export type Account = {
  readonly clock: Clock;
  /** By id, oldest first. */
  readonly intents: Map<string, PaymentIntent>;
  readonly charges: Map<string, Charge>;
  readonly refunds: Map<string, Refund>;
  readonly disputes: Map<string, Dispute>;
  readonly events: Map<string, StripeEvent>;
  /** Test mode or live mode of a refund, which does not say so itself. */
  readonly liveRefunds: Set<string>;
  /** Told of every event, once, when it has happened. */
  readonly onEvent: (event: StripeEvent) => void;
};

/** Something that happened by itself, not through the API. */
export const NO_REQUEST: EventRequest = { id: null, idempotency_key: null };

export function newAccount(clock: Clock, onEvent: Account["onEvent"]): Account {
  return {
    clock,
    intents: new Map(),
    charges: new Map(),
    refunds: new Map(),
    disputes: new Map(),
    events: new Map(),
    liveRefunds: new Set(),
    onEvent,
  };
}

/** A new id of this kind: `pi`, `ch`, `re`, `du`, `evt` and so on. */
export function mint(prefix: string): string {
  return `${prefix}_${newId().replaceAll("-", "")}`;
}

/** Seconds since 1970, as Stripe tells time. */
export function now(account: Pick<Account, "clock">): number {
  return Math.floor(account.clock() / 1_000);
}

/** Stores an object in its new state; answers it. */
export function keep<T extends PaymentIntent | Charge | Refund | Dispute>(account: Account, object: T): T {
  if (object.object === "payment_intent") account.intents.set(object.id, object);
  else if (object.object === "charge") account.charges.set(object.id, object);
  else if (object.object === "refund") account.refunds.set(object.id, object);
  else account.disputes.set(object.id, object);
  return object;
}

/** Records that something happened to an object, as it is now, and tells. */
export function happen(account: Account, type: EventType, object: StripeEvent["data"]["object"], request: EventRequest): void {
  const event: StripeEvent = {
    id: mint("evt"),
    object: "event",
    api_version: API_VERSION,
    created: now(account),
    data: { object },
    livemode: isLive(account, object),
    pending_webhooks: 1,
    request,
    type,
  };
  account.events.set(event.id, event);
  account.onEvent(event);
}

export function isLive(account: Account, object: StripeEvent["data"]["object"] | StripeEvent): boolean {
  return object.object === "refund" ? account.liveRefunds.has(object.id) : object.livemode;
}
