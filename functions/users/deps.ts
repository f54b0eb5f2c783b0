// What the function `users` keeps: the issuer's keys, and Stripe's client for top-ups.

import { createStripe, type Stripe } from "@pantheon/core/payments/stripe.ts";
import { createVerifier, type Verifier } from "@pantheon/edge/auth/verifier.ts";
import { baseDeps, type BaseDeps, type Surroundings } from "../deps.ts";

export type UsersDeps = BaseDeps & { readonly verify: Verifier; readonly stripe: Stripe | null };

export function usersDeps(surroundings: Surroundings, base = baseDeps(surroundings)): UsersDeps {
  const { config, log, clock } = base;
  return { ...base, verify: createVerifier(config.auth, { clock, log }), stripe: createStripe(config.stripe, log) };
}
