// What the function `stripe-webhook` keeps: Stripe's client, which reads the signatures.

import { createStripe, type Stripe } from "@pantheon/core/payments/stripe.ts";
import { baseDeps, type BaseDeps, type Surroundings } from "../deps.ts";

export type StripeDeps = BaseDeps & { readonly stripe: Stripe | null };

export function stripeDeps(surroundings: Surroundings, base = baseDeps(surroundings)): StripeDeps {
  return { ...base, stripe: createStripe(base.config.stripe, base.log) };
}
