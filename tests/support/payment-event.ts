// Stripe's events as a test makes them: any object in any event, signed as it should be or as an attacker would.

import { createHmac } from "node:crypto";
import { Stripe } from "stripe";
import { newId } from "@pantheon/contract/id.ts";
import type { Answer, TestWorld } from "./world.ts";

export type PaymentEvent = {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly data: { readonly object: Readonly<Record<string, unknown>> };
};

/** A new id of this kind: `pi`, `evt`, `re`. */
export function stripeId(kind: string): string {
  return `${kind}_${newId().replaceAll("-", "")}`;
}

/** An event of this type about this object, with an id of its own unless one is given. */
export function eventOf(type: string, object: Record<string, unknown>, more: Record<string, unknown> = {}): PaymentEvent {
  const created = Math.floor(Date.now() / 1_000);
  const envelope = { object: "event", api_version: "2026-10-28.endive", livemode: false, pending_webhooks: 1, request: null };
  return { ...envelope, id: stripeId("evt"), type, created, data: { object }, ...more };
}

/** The signature that the SDK makes for these bytes; `at` in seconds. */
export function signatureOf(payload: string, secret: string, at = Math.floor(Date.now() / 1_000)): string {
  return Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: at });
}

/** The digest alone, over exactly these bytes, for headers that the SDK would never make. */
export function digestOf(payload: string | Uint8Array, secret: string, at: number): string {
  return createHmac("sha256", secret).update(`${at}.`).update(payload).digest("hex");
}

/** Posts an event as Stripe would, signed with the world's own secret. */
export function postEvent(world: Pick<TestWorld, "call" | "config">, event: object): Promise<Answer> {
  const raw = JSON.stringify(event);
  const headers = { "Stripe-Signature": signatureOf(raw, world.config.stripe.webhookSecrets[0] ?? "") };
  return world.call("POST", "/webhooks/stripe", { user: null, raw, headers });
}

/** What became of an event: its status and the state that it was answered with, or the code and detail of the refusal. */
export function outcomeOf({ status, json }: Answer): string {
  return status === 200 ? `200 ${json.status}` : `${status} ${json.code}: ${json.detail}`;
}
