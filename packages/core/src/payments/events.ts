// Webhook events: each known type and what it does. Everything here may run twice, in parallel, or in any order.

import * as v from "valibot";
import { moveTopUp } from "./statements/top-up.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { parsePayment, purposeOf } from "./payment.ts";
import { disputeOf, refundOf, settleReversal, type Reversal } from "./reversal.ts";
import { settlePayment, type PaymentDeps } from "./book.ts";
import type { EventOutcome } from "@pantheon/contract/vocabulary.ts";

const Event = v.object({
  id: v.pipe(v.string(), v.regex(/^[\w-]{1,255}$/)),
  type: v.pipe(v.string(), v.maxLength(255)),
  created: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(253_402_300_799)), 0),
  data: v.object({ object: v.unknown() }),
});

type Event = v.InferOutput<typeof Event>;

/** The states that an event other than success moves a top-up to. */
const MOVES = {
  "payment_intent.processing": "processing",
  "payment_intent.payment_failed": "failed",
  "payment_intent.canceled": "canceled",
} as const;

/** What an event is handled with. */
export type EventDeps = PaymentDeps;

/**
 * Handles one event that was found to be Stripe's. Unknown types, thin events and other products' objects are ignored; a failure is
 * thrown, and Stripe sends the event again.
 */
export async function handleEvent(deps: EventDeps, body: unknown): Promise<EventOutcome> {
  const parsed = v.safeParse(Event, body);
  if (!parsed.success) return "ignored";
  const event = parsed.output;
  if (event.type === "payment_intent.succeeded") return paid(deps, event);
  if (isMove(event.type)) return moved(deps, event, MOVES[event.type]);
  const at = new Date(event.created * 1_000);
  if (event.type.startsWith("refund.")) return reversed(deps, event, refundOf(event.data.object, at));
  if (event.type.startsWith("charge.dispute.")) return reversed(deps, event, disputeOf(event.type, event.data.object, at));
  return "ignored";
}

async function paid(deps: PaymentDeps, event: Event): Promise<EventOutcome> {
  const payment = parsePayment(event.data.object);
  if (!payment) throw new DomainError("malformed_metadata", "malformed webhook metadata");
  return settlePayment(deps, payment, event);
}

async function moved({ db }: PaymentDeps, event: Event, status: (typeof MOVES)[keyof typeof MOVES]): Promise<EventOutcome> {
  const payment = parsePayment(event.data.object);
  const purpose = payment && purposeOf(payment);
  if (!payment || purpose?.kind !== "top_up") return "ignored";
  const at = new Date(event.created * 1_000);
  await db.run(moveTopUp, { id: purpose.topUp, payment: payment.id, status, at, event: event.id, type: event.type });
  return "ok";
}

async function reversed(deps: PaymentDeps, event: Event, reversal: Reversal | null): Promise<EventOutcome> {
  return reversal ? settleReversal(deps, reversal, event) : "ignored";
}

function isMove(type: string): type is keyof typeof MOVES {
  return Object.hasOwn(MOVES, type);
}
