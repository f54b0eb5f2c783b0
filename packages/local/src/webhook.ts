// Stripe's events at the local world. What is signed is checked, always; what is not signed is taken from a person who posts it by hand,
// once the world says so: on the stage `local` alone, and only where no secret was given.

import { stripeWebhookApp } from "@pantheon/functions/stripe-webhook/app.ts";
import type { StripeDeps } from "@pantheon/functions/stripe-webhook/deps.ts";

export const WEBHOOK_PATH = "/webhooks/stripe";

/** Answers POST /webhooks/stripe. `byHand` is asked about every event that carries no signature header. */
export function localWebhook(deps: StripeDeps, byHand: () => boolean): (request: Request) => Response | Promise<Response> {
  const { config } = deps;
  const signed = stripeWebhookApp(deps);
  // Without a secret the function itself takes such events on the stage `local`, and refuses them on every other.
  const unsigned = stripeWebhookApp({ ...deps, config: { ...config, stripe: { ...config.stripe, webhookSecrets: [] } } });
  return (request) => (byHand() && !request.headers.has("Stripe-Signature") ? unsigned : signed).fetch(request);
}
