// The real Stripe SDK against the stand-in, and an endpoint that takes webhooks over HTTP and answers as it is told.

import { once } from "node:events";
import { createServer } from "node:http";
import { Stripe } from "stripe";
import type { StandInStripe } from "@pantheon/stand-ins/stripe/stripe.ts";

export const SECRET = "whsec_test_secret";

/** The SDK as it is, with no retries of its own unless a test wants some. */
export function sdkFor(
  { url }: Pick<StandInStripe, "url">,
  key = "sk_test_key",
  settings: { timeout?: number; retries?: number } = {},
): Stripe {
  const { hostname, port } = new URL(url);
  const { timeout = 10_000, retries = 0 } = settings;
  return new Stripe(key, { host: hostname, port, protocol: "http", timeout, maxNetworkRetries: retries, telemetry: false });
}

/** What the SDK throws. */
export async function refusalOf(attempt: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

export type Received = { readonly signature: string; readonly body: Buffer; readonly contentType: string };

export type WebhookListener = {
  readonly url: string;
  readonly received: Received[];
  /** The types of what was received, in the order of arrival. */
  types(): string[];
  /** Statuses of the next answers; 200 when there are none. */
  readonly answers: number[];
  close(): Promise<void>;
};

export async function listenForWebhooks(): Promise<WebhookListener> {
  const received: Received[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { "stripe-signature": signature, "content-type": contentType = "" } = request.headers;
      received.push({ signature: String(signature), contentType, body: Buffer.concat(parts) });
      response.writeHead(answers.shift() ?? 200, { location: "/elsewhere" }).end('{"status":"ok"}');
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/webhooks/stripe`,
    received,
    types: () => received.map(({ body }) => String(JSON.parse(body.toString("utf8")).type)),
    answers,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
