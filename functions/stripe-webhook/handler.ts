// The Lambda function `stripe-webhook`.

import { preloadStripe } from "@pantheon/core/payments/stripe.ts";
import { serve } from "@pantheon/edge/lambda/serve.ts";
import { stripeWebhookApp } from "./app.ts";
import { stripeDeps } from "./deps.ts";

await preloadStripe();

export const handler = serve("stripe-webhook", stripeDeps, stripeWebhookApp);
