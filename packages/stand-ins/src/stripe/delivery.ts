// One delivery of one event: signed as Stripe signs, posted as Stripe posts. When and how often is the courier's business.

import { createHmac } from "node:crypto";
import type { Clock } from "@pantheon/contract/time.ts";
import type { StripeEvent } from "./objects.ts";

export type Webhook = {
  readonly url: string;
  readonly secret: string;
  /** While a secret is being rotated, Stripe signs with both. */
  readonly previousSecret?: string;
};

/** One attempt. A status of null means that there was no answer. */
export type Attempt = { readonly eventId: string; readonly type: string; readonly status: number | null; readonly answer: string };

const PATIENCE_MS = 10_000;

/** Posts an event; resolves in every case. `closing` ends the wait for an answer. */
export async function deliver(webhook: Webhook, event: StripeEvent, clock: Clock, closing: AbortSignal): Promise<Attempt> {
  const payload = JSON.stringify(event, null, 2);
  const of = { eventId: event.id, type: event.type };
  try {
    const response = await fetch(webhook.url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signatureOf(payload, webhook, Math.floor(clock() / 1_000)),
        "User-Agent": "Stripe/1.0 (stand-in)",
      },
      body: payload,
      redirect: "manual",
      signal: AbortSignal.any([closing, AbortSignal.timeout(PATIENCE_MS)]),
    });
    return { ...of, status: response.status, answer: await response.text() };
  } catch {
    return { ...of, status: null, answer: "" };
  }
}

/** Stripe's signature scheme v1: an HMAC-SHA256 over the time and the payload, one for each secret. */
export function signatureOf(payload: string, { secret, previousSecret }: Omit<Webhook, "url">, seconds: number): string {
  const sign = (key: string): string => createHmac("sha256", key).update(`${seconds}.${payload}`).digest("hex");
  const secrets = previousSecret === undefined ? [secret] : [secret, previousSecret];
  return [`t=${seconds}`, ...secrets.map((key) => `v1=${sign(key)}`)].join(",");
}
