// The Lambda function `stripe-webhook`.

import { serve } from "@pantheon/core/container/serve.ts";
import { stripeWebhookApp } from "./app.ts";

export const handler = serve("stripe-webhook", stripeWebhookApp);
