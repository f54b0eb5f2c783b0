// Stripe: the only import of its SDK. Creates and reads payment intents, lists what it knows, and checks signatures. What comes back is
// handed on as plain data and parsed elsewhere, like any other input.

import { isUtf8 } from "node:buffer";
import type StripeSdk from "stripe";
import type { Config } from "../config/config.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Log } from "../log.ts";

/** `unknown` objects are Stripe's, as it sent them. */
export type Stripe = {
  /** Creates the payment intent of a top-up; the same `key` gives the same intent. Refuses with `payment_failed`. */
  createIntent(intent: NewIntent): Promise<unknown>;
  /** An object as it is now; null when Stripe knows no such object. */
  retrieve(what: StripeKind, id: string): Promise<Looked | null>;
  cancelIntent(id: string): Promise<Looked | null>;
  /** Objects made in this time, both ends included, newest first, page by page. */
  list(what: StripeKind, made: { readonly since: Date; readonly until?: Date }): AsyncIterable<Looked>;
};

export type StripeKind = "payment_intents" | "refunds" | "disputes";

/** An object, and when Stripe said so: its own clock, to the second, like the time of an event. */
export type Looked = { readonly object: unknown; readonly at: Date };

export type NewIntent = {
  /** Cents. */
  readonly amount: number;
  readonly key: string;
  /** All that the top-up's row says: a database that was restored from before it can be told of it again. */
  readonly metadata: { readonly user_id: string; readonly top_up_id: string; readonly credits: string; readonly usd_per_credit?: string };
};

/** Stripe refused for good, or failed in a way that it would repeat for the same key. */
export class PaymentRefused extends DomainError {
  /** True when the same key would be answered with the same failure again. */
  readonly final: boolean;
  constructor(final: boolean, cause: unknown) {
    super("payment_failed", "payment intent creation failed", { cause });
    this.final = final;
  }
}

/** True when Stripe understood a request and would not do it, as things stand. A bad key, a limit, a fault or silence say nothing of it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 400;
}

const API_VERSION = "2026-10-28.endive";
const TIMEOUT_MS = 8_000;
const RETRIES = 2;
const PAGE = 100;

/** A client for this account, or null when no key is set. The SDK is loaded by the first call. */
export function createStripe({ secretKey, apiUrl }: Config["stripe"], log: Log): Stripe | null {
  if (secretKey === null) return null;
  let loading: Promise<StripeSdk> | null = null;
  const sdk = () => (loading ??= load(secretKey, apiUrl));
  return {
    createIntent: async ({ amount, key, metadata }) => {
      const parameters = { amount, currency: "usd", metadata, automatic_payment_methods: { enabled: true } };
      try {
        return await (await sdk()).paymentIntents.create(parameters, { idempotencyKey: key });
      } catch (error) {
        const { status, final } = failureOf(error);
        log.warn("payment intent not created", { status, final, top_up_id: metadata.top_up_id });
        throw new PaymentRefused(final, error);
      }
    },
    retrieve: async (what, id) => known((await resource(sdk, what)).retrieve(id)),
    cancelIntent: async (id) => known((await sdk()).paymentIntents.cancel(id)),
    list: (what, made) => listAll(sdk, what, made),
  };
}

/**
 * True when one of the secrets signed these bytes within 300 s of now, in either direction: the SDK itself takes any future time, a
 * second time in the header, and a byte order mark that nobody signed (contract section 6). That a blank secret signs nothing is said
 * here too, since earlier releases of the SDK took one.
 */
export async function isSigned(body: Uint8Array, header: string | undefined, secrets: readonly string[], nowMs: number): Promise<boolean> {
  const { default: Sdk } = await import("stripe");
  const [time, ...others] = header?.split(",").filter((part) => part.trim().startsWith("t=")) ?? [];
  const timestamp = Number(/^t=(\d{1,12})$/.exec(time ?? "")?.[1] ?? Number.NaN);
  const payload = isUtf8(body) ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(body) : null;
  if (header === undefined || others.length > 0 || payload === null) return false;
  if (!(Math.abs(nowMs / 1_000 - timestamp) <= TOLERANCE_SECONDS)) return false;
  return secrets.some((secret) => {
    if (secret.trim() === "") return false;
    try {
      // Only the signature: the SDK's reading of the event fails on thin ones, in a way that cannot be told from a digest it chokes on.
      return Sdk.webhooks.signature?.verifyHeader(payload, header, secret, TOLERANCE_SECONDS, undefined, nowMs) ?? false;
    } catch {
      return false;
    }
  });
}

/** Loads the SDK ahead of its first use: for the function that needs it with its first request. */
export async function preloadStripe(): Promise<void> {
  await import("stripe");
}

const TOLERANCE_SECONDS = 300;

async function load(secretKey: string, apiUrl: string): Promise<StripeSdk> {
  const { default: Sdk } = await import("stripe");
  const { protocol, hostname, port } = new URL(apiUrl);
  return new Sdk(secretKey, {
    apiVersion: API_VERSION,
    host: hostname,
    protocol: protocol === "http:" ? "http" : "https",
    ...(port !== "" && { port }),
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES,
    telemetry: false,
  });
}

/** Stripe replays a stored failure for its key: a refusal of the request, and a 500. A connection that broke tells nothing. */
function failureOf(error: unknown): { status: number | null; final: boolean } {
  const status = error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : null;
  return { status, final: status !== null && status !== 409 && status !== 429 };
}

type Answer<T> = T & { readonly lastResponse: { readonly headers: Readonly<Record<string, string>> } };

/** Null for an object that Stripe does not know: another account's, or the other mode's. */
async function known(asking: Promise<Answer<object>>): Promise<Looked | null> {
  try {
    const object = await asking;
    return { object, at: toldAt(object) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "resource_missing") return null;
    throw error;
  }
}

function toldAt({ lastResponse }: Answer<object>): Date {
  const at = Date.parse(lastResponse.headers["date"] ?? "");
  if (Number.isNaN(at)) throw new Error("Stripe's response has no date");
  return new Date(at);
}

async function resource(sdk: () => Promise<StripeSdk>, what: StripeKind) {
  const client = await sdk();
  return { payment_intents: client.paymentIntents, refunds: client.refunds, disputes: client.disputes }[what];
}

/** Page by page, and not by the SDK's own iterator: that one does not say when a page was told. */
async function* listAll(
  sdk: () => Promise<StripeSdk>,
  what: StripeKind,
  { since, until }: { readonly since: Date; readonly until?: Date },
): AsyncIterable<Looked> {
  const objects = await resource(sdk, what);
  const created = { gte: seconds(since), ...(until && { lte: seconds(until) }) };
  for (let after: string | undefined, more = true; more;) {
    const page = await objects.list({ created, limit: PAGE, ...(after !== undefined && { starting_after: after }) });
    const at = toldAt(page);
    for (const object of page.data) yield { object, at };
    after = page.data.at(-1)?.id;
    more = page.has_more && after !== undefined;
  }
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}
