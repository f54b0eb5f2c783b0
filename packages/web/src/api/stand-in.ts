// The stand-in's card form, which the local world has in place of Stripe's own. Like Stripe's it is told which payment by its client
// secret, and never sees a token of ours.

import * as v from "valibot";

const Outcome = v.object({ status: v.string(), message: v.nullable(v.string()) });
const Refusal = v.object({ detail: v.string() });

/** `status` as Stripe names it, or "declined" with the bank's words. */
export type CardOutcome = v.InferOutput<typeof Outcome>;

export function payByCard(secret: string, card: string): Promise<CardOutcome> {
  return post("/stand-in/card", { client_secret: secret, card });
}

/** What the holder of the card told the bank that asked. */
export function tellBank(secret: string, confirmed: boolean): Promise<CardOutcome> {
  return post("/stand-in/card/bank", { client_secret: secret, confirmed });
}

async function post(path: string, body: Readonly<Record<string, unknown>>): Promise<CardOutcome> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const json: unknown = await response.json();
  return response.ok ? v.parse(Outcome, json) : { status: "declined", message: v.parse(Refusal, json).detail };
}
