// The stand-in Stripe: enough of the real API over real HTTP for the unmodified SDK, with webhooks that are signed and delivered as the
// real ones are. Owns the server and what a test or the local world may do to it; everything is gone when it is closed.

import { once } from "node:events";
import { createServer } from "node:http";
import type { Clock } from "@pantheon/contract/time.ts";
import { newAccount, NO_REQUEST, type Account } from "./account.ts";
import { closeCourier, enqueue, newCourier, post, settled, type Courier, type DeliverySettings } from "./courier.ts";
import type { Attempt, Webhook } from "./delivery.ts";
import { moveDispute, openDispute, type DisputeStep, type NewDispute } from "./disputes.ts";
import { faultsOf, type FaultWish } from "./faults.ts";
import type { Charge, Dispute, PaymentIntent, Refund, RefundStatus, StripeEvent } from "./objects.ts";
import { cancelIntent, completeIntent, payIntent } from "./payment-intents.ts";
import { createRefund, moveRefund, paidCharge } from "./refunds.ts";
import { missing } from "./refusal.ts";
import { serve, type StripeState } from "./serve.ts";

export type StandInStripe = {
  /** Without a path: the SDK takes host and port of it. */
  readonly url: string;
  /** Authorised requests so far: all, or those whose line or path begins so (`POST /v1/payment_intents`, `/v1/refunds`). */
  calls(): number;
  callsTo(prefix: string): number;

  /** Everything there is, oldest first, as it is now. */
  intents(): readonly PaymentIntent[];
  charges(): readonly Charge[];
  refunds(): readonly Refund[];
  disputes(): readonly Dispute[];
  events(): readonly StripeEvent[];

  /** The acts of payers and banks. They throw StripeRefusal for an id that is unknown or a step that does not fit. */
  pay(intent: string, paymentMethod: string): PaymentIntent;
  complete(intent: string, outcome: "succeeded" | "processing" | "failed"): PaymentIntent;
  cancel(intent: string): PaymentIntent;
  /** `amountMinor` in the currency's smallest unit; all that is left when it is not given. */
  refund(intent: string, amountMinor?: number, status?: "succeeded" | "pending"): Refund;
  moveRefund(refund: string, status: Exclude<RefundStatus, "pending">): Refund;
  dispute(intent: string, wish?: NewDispute): Dispute;
  moveDispute(dispute: string, step: DisputeStep): Dispute;

  /** The next requests fail: with a status, by silence until the caller leaves, by a connection that breaks. */
  failNext(wish?: FaultWish & { readonly status?: number }): void;
  hangNext(wish?: FaultWish): void;
  resetNext(wish?: FaultWish): void;

  setWebhook(webhook: Webhook | null): void;
  readonly delivery: DeliverySettings;
  /** The last attempts to deliver, oldest first. */
  readonly attempts: readonly Attempt[];
  /** Sends an event once more, now, also while events are dropped. */
  deliver(eventId: string): Promise<Attempt>;
  /** Resolves when every event was delivered or given up. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

export type StandInStripeOptions = {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly webhook?: Webhook | null;
  /** From 0 up to 1, for shuffles. */
  readonly random?: () => number;
};

/** Starts it; it listens when this resolves. Rejects with the system's error when the port is taken. */
export async function startStripe(options: StandInStripeOptions = {}): Promise<StandInStripe> {
  const { port = 0, clock = Date.now, webhook = null, random = Math.random } = options;
  const courier = newCourier({ clock, webhook, random, onDelivered: ({ id }) => markDelivered(account, id) });
  const account = newAccount(clock, (event) => enqueue(courier, event));
  const state: StripeState = { account, keys: { live: new Map(), test: new Map() }, faults: [], counts: new Map() };
  const server = createServer((request, response) => void serve(state, request, response)).listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`,
    calls: () => countOf(state, () => true),
    callsTo: (prefix) => countOf(state, (line) => line.startsWith(prefix) || line.slice(line.indexOf(" ") + 1).startsWith(prefix)),
    ...looks(account),
    ...acts(account),
    failNext: ({ status = 500, ...wish } = {}) => void state.faults.push(...faultsOf({ status }, wish)),
    hangNext: (wish = {}) => void state.faults.push(...faultsOf("hang", wish)),
    resetNext: (wish = {}) => void state.faults.push(...faultsOf("reset", wish)),
    ...deliveries(account, courier),
    close: async () => {
      const closed = once(server, "close");
      closeCourier(courier);
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function markDelivered(account: Account, id: string): void {
  const event = account.events.get(id);
  if (event !== undefined) account.events.set(id, { ...event, pending_webhooks: 0 });
}

function countOf({ counts }: StripeState, matches: (line: string) => boolean): number {
  return [...counts].reduce((sum, [line, count]) => (matches(line) ? sum + count : sum), 0);
}

function looks(account: Account): Pick<StandInStripe, "intents" | "charges" | "refunds" | "disputes" | "events"> {
  return {
    intents: () => [...account.intents.values()],
    charges: () => [...account.charges.values()],
    refunds: () => [...account.refunds.values()],
    disputes: () => [...account.disputes.values()],
    events: () => [...account.events.values()],
  };
}

type Acts = Pick<StandInStripe, "pay" | "complete" | "cancel" | "refund" | "moveRefund" | "dispute" | "moveDispute">;

function acts(account: Account): Acts {
  const intentOf = (id: string): PaymentIntent => found(account.intents, "payment intent", id);
  return {
    pay: (id, paymentMethod) => payIntent(account, intentOf(id), paymentMethod, NO_REQUEST),
    complete: (id, outcome) => completeIntent(account, intentOf(id), outcome),
    cancel: (id) => cancelIntent(account, intentOf(id), null, NO_REQUEST),
    refund: (id, amount, status) => createRefund(account, paidCharge(account, intentOf(id)), { amount, status }, NO_REQUEST),
    moveRefund: (id, status) => moveRefund(account, found(account.refunds, "refund", id), status),
    dispute: (id, wish) => openDispute(account, intentOf(id), wish),
    moveDispute: (id, step) => moveDispute(account, found(account.disputes, "dispute", id), step),
  };
}

function found<T>(objects: ReadonlyMap<string, T>, kind: string, id: string): T {
  const object = objects.get(id);
  if (object === undefined) throw missing(kind, id, "id", 404);
  return object;
}

function deliveries(
  account: Account,
  courier: Courier,
): Pick<StandInStripe, "setWebhook" | "delivery" | "attempts" | "deliver" | "settled"> {
  return {
    setWebhook: (webhook) => void (courier.webhook = webhook),
    delivery: courier.settings,
    attempts: courier.attempts,
    deliver: (id) => post(courier, found(account.events, "event", id)),
    settled: () => settled(courier),
  };
}
