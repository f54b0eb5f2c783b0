// Stripe's events (contract section 6). No token: the signature over the raw bytes decides.

import type { Hono } from "hono";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { EventHandled } from "@pantheon/contract/webhook.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { handleEvent, type EventDeps } from "@pantheon/core/payments/events.ts";
import { isSigned } from "@pantheon/core/payments/stripe.ts";

type WebhookDeps = EventDeps & { readonly clock: Clock };

const REFUSALS = { 400: "No good signature, or not JSON", 413: "Larger than 512 KiB" };

export function webhookRoutes(app: Hono<AppEnv>, deps: WebhookDeps): void {
  app.post(
    "/webhooks/stripe",
    describe({
      id: "receiveStripeEvent",
      summary: "An event of Stripe's",
      tag: "webhooks",
      open: true,
      responds: [200, EventHandled],
      refusals: REFUSALS,
    }),
    async (c) => {
      const body = new Uint8Array(await c.req.arrayBuffer());
      await refuseUnsigned(deps, body, c.req.header("Stripe-Signature"));
      return c.var.respond({ status: await handleEvent(deps, parseJson(body)) });
    },
  );
}

/** Without a secret, events are taken on the local stage alone, where people post them by hand. */
async function refuseUnsigned({ config, clock, log }: WebhookDeps, body: Uint8Array, signature: string | undefined): Promise<void> {
  const { webhookSecrets } = config.stripe;
  if (webhookSecrets.length === 0 && config.stage === "local") {
    log.warn("no webhook secret is set: the signature is not checked");
    return;
  }
  if (webhookSecrets.length === 0) throw new DomainError("not_configured", "payment not configured");
  if (await isSigned(body, signature, webhookSecrets, clock())) return;
  log.count("bad_signature");
  throw new DomainError("invalid_signature", "invalid stripe signature");
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new DomainError("malformed_request", "The body is not valid JSON in UTF-8.", { cause });
  }
}
