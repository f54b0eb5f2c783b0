// One good request for every operation of the document: what mutations begin with. Bodies are written by hand, as lists of members in JSON
// text, so that a mutation can write what no serialiser would.

import type { Operation } from "../../support/openapi-document.ts";
import { eventOf, signatureOf } from "../../support/payment-event.ts";
import type { AttackWorld } from "./attack-world.ts";
import { callerOf, pathOf } from "./rows/requests.ts";

/** Members of an object: name and value, both as they stand in JSON. */
export type Members = readonly (readonly [name: string, json: string])[];

export type Draft = {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  /** Raw `name=value`. */
  readonly query: readonly string[];
  readonly members: Members | null;
  /** The whole body around the members, when they are not all of it. */
  readonly around: (object: string) => string;
  /** Headers that are made from the body as it will be sent. */
  readonly seal: (body: string) => Readonly<Record<string, string>>;
  /** A user; null sends no token. */
  readonly as: string | null;
};

/** Whose account admins' requests are about: nobody else of the run depends on it, and it must have been here. */
export const TARGET = "carl";

const SAID = [{ role: "user", content: "What is a wallet?" }];

const BODIES: Readonly<Record<string, Members>> = {
  "POST /v1/chat/completions": members({ model: "default", messages: SAID, max_tokens: 300, temperature: 1, stop: ["END"], tools: [] }),
  "POST /v1/responses": members({ model: "default", input: SAID, max_output_tokens: 300, store: false, tools: [] }),
  "POST /v1/messages": members({ model: "default", messages: SAID, max_tokens: 300, system: "Be brief.", tools: [] }),
  "POST /v1/messages/count_tokens": members({ model: "default", messages: SAID, system: "Be brief." }),
  "POST /api/v1/sessions": members({ title: "A session", model_alias: "default", system_prompt: "Be brief.", tools: [] }),
  "POST /api/v1/sessions/{session_id}/turns": members({
    message: "What is a wallet?",
    model_alias_override: "default",
    max_output_tokens: 64,
    fit_to_balance: true,
    temperature: 0.5,
    stop: ["END"],
    seed: 7,
    response_format: { type: "json_schema", json_schema: { name: "reply", schema: { type: "object" } } },
  }),
  "POST /api/v1/sessions/{session_id}/turns/stream": members({
    message: "What is a wallet?",
    model_alias_override: "default",
    max_output_tokens: 64,
    fit_to_balance: true,
    temperature: 0.5,
    stop: ["END"],
    seed: 7,
    response_format: { type: "json_schema", json_schema: { name: "reply", schema: { type: "object" } } },
  }),
  "PATCH /api/v1/sessions/{session_id}": members({ title: "Another", model_alias: "default", system_prompt: null }),
  "POST /api/v1/sessions/{session_id}/files": members({ filename: "large.pdf", size_bytes: 8_000 }),
  "POST /api/v1/users/me/wallet/top-up": members({ amount_usd: "10" }),
  "PUT /api/v1/users/me/limits": members({ credits_per_day: "1000", calls_per_hour: 100_000, running: 1_000 }),
  "PUT /api/v1/admin/users/{user_id}/limits": members({ credits_total: "1000.5", calls_per_minute: 100_000 }),
  "POST /api/v1/users/me/keys": members({
    name: "A program",
    expires_at: "2099-01-01T00:00:00Z",
    models: ["default"],
    limits: { running: 9 },
  }),
  "PATCH /api/v1/users/me/keys/{key_id}": members({ name: "Another", expires_at: null, models: null }),
  "POST /api/v1/users/me/keys/{key_id}/rotate": members({ overlap_seconds: 60 }),
  "POST /api/v1/holds": members({
    model_alias: "default",
    input_tokens: 100,
    max_output_tokens: 100,
    lease_seconds: 60,
    metadata: { job: "42" },
  }),
  "POST /api/v1/holds/{hold_id}/settle": members({
    usage: { input_tokens_fresh: 10, input_tokens_cached: 5, output_tokens: 10 },
    provider_cost_usd: "0.001",
  }),
  "POST /api/v1/holds/{hold_id}/extend": members({ lease_seconds: 60 }),
  "POST /api/v1/usage": members({ model_alias: "default", credits: "0.001" }),
  "PATCH /api/v1/admin/keys/{key_id}": members({ acts_for_others: true, books_usage: false }),
  "PATCH /api/v1/admin/pricing/{model_alias}": members({ multiplier: "1.5", pricing_version: "2026-02-20" }),
  "POST /api/v1/admin/pricing/versions": members({ version: "spring", label: "Spring", effective_date: "2025-03-20" }),
  "PATCH /api/v1/admin/settings/enforcement": members({ enabled: false }),
  "POST /api/v1/admin/top-ups/{top_up_id}/resolve": members({ action: "grant", note: "seen", credits: "1.5", user_id: TARGET }),
  "POST /api/v1/admin/users/{user_id}/suspend": members({ reason: "seen" }),
  "POST /api/v1/admin/wallets/{user_id}/grant": members({ amount: "1.5", note: "sorry", create: true }),
  "POST /api/v1/admin/wallets/{user_id}/deduct": members({ amount: "0.5", note: "a typo", allow_negative: true }),
  "POST /api/v1/admin/users/{user_id}/wallet/grant": members({ amount: 2, note: null, create: true }),
};

const PAYMENT = members({
  id: "pi_mutated",
  object: "payment_intent",
  amount: 1_000,
  amount_received: 1_000,
  currency: "usd",
  livemode: false,
  status: "succeeded",
  created: 1_795_000_000,
  metadata: { user_id: TARGET, credits: "333.33" },
});

const QUERIES: Readonly<Record<string, string>> = {
  limit: "5",
  offset: "0",
  status: "pending",
  window: "week",
  as_of: "2026-11-20",
  from: "2026-01-01",
  to: "2026-12-31",
  group_by: "day,model",
  from_date: "2026-01-01",
  to_date: "2026-12-31",
  start_date: "2026-01-01",
  end_date: "2026-12-31",
  bucket: "week",
  user_id: "ada",
  model_alias: "default",
  api_key_id: "01890000-0000-7000-8000-000000000000",
};

/** What a good request to this operation is. Throws for an operation that takes a body and has none here. */
export function goodRequest(operation: Operation, world: AttackWorld): Draft {
  const { name, method } = operation;
  const isWebhook = name === "POST /webhooks/stripe";
  const body = isWebhook ? PAYMENT : (BODIES[name] ?? null);
  if (operation.takesBody && body === null) throw new Error(`${name} takes a body, and no good one is known: add it here`);
  const { session, file, turn, transaction, top_up: topUp, key, hold } = world.things.ada;
  const ids = {
    session_id: session,
    file_id: file,
    transaction_id: transaction,
    top_up_id: topUp,
    proposal_id: topUp,
    turn_id: turn,
    key_id: key,
    hold_id: hold,
    user_id: TARGET,
    model_alias: "deepseek",
    version: "2026-02-20",
    id: "default",
  };
  const query = operation.parameters
    .filter((given) => given.in === "query" && given.name in QUERIES)
    .map((given) => `${given.name}=${QUERIES[given.name]}`);
  const event = eventOf("payment_intent.succeeded", {});
  const secret = world.canaries.environment["STRIPE_WEBHOOK_SECRET"] ?? "";
  return {
    operation,
    method,
    path: pathOf(operation, ids),
    query,
    members: body,
    around: isWebhook ? (object) => JSON.stringify({ ...event, data: { object: "@" } }).replace('"@"', () => object) : (object) => object,
    seal: isWebhook ? (text) => ({ "Stripe-Signature": signatureOf(text, secret) }) : () => ({}),
    as: callerOf(operation),
  };
}

function members(value: Readonly<Record<string, unknown>>): Members {
  return Object.entries(value).map(([name, given]) => [JSON.stringify(name), JSON.stringify(given)] as const);
}
