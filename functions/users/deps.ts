// What the function `users` keeps: the issuer's keys, and Stripe's client for top-ups.

import { createKeyring, type Keyring } from "@pantheon/core/accounts/keyring.ts";
import { askedRarely } from "@pantheon/core/payments/asked-rarely.ts";
import { createStripe, type Stripe } from "@pantheon/core/payments/stripe.ts";
import { createVerifier, type Verifier } from "@pantheon/edge/auth/verifier.ts";
import { baseDeps, type BaseDeps, type Surroundings } from "../deps.ts";

export type UsersDeps = BaseDeps & {
  readonly verify: Verifier;
  readonly keyring: Keyring;
  readonly stripe: Stripe | null;
  /** For whoever reads a top-up as often as they like. What moves money asks `stripe` itself. */
  readonly stripeForReaders: Stripe | null;
  /** Those of a test; the product's own are loaded when somebody asks for them. */
  readonly models: Surroundings["models"];
};

export function usersDeps(surroundings: Surroundings, base = baseDeps(surroundings)): UsersDeps {
  const { config, log, clock } = base;
  const { models } = surroundings;
  const stripe = createStripe(config.stripe, log);
  const stripeForReaders = stripe === null || config.stage === "local" ? stripe : askedRarely(stripe, clock);
  return {
    ...base,
    verify: createVerifier(config.auth, { clock, log }),
    keyring: createKeyring(base.db),
    stripe,
    stripeForReaders,
    models,
  };
}
