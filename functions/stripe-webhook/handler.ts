// The Lambda function `stripe-webhook`.

import { preloadStripe } from "@pantheon/core/topups/stripe.ts";
import { serve } from "@pantheon/core/container/serve.ts";
import { stripeWebhookApp } from "./app.ts";

await preloadStripe();

export const handler = serve("stripe-webhook", stripeWebhookApp);
