// What the pay page asks of the product: the public API over HTTP, as the user whose page it is. Knows no address but the API's.

import { newId } from "@pantheon/contract/id.ts";
import * as v from "valibot";
import type { Issuer } from "@pantheon/stand-ins/issuer.ts";

export type Account = v.InferOutput<typeof Wallet> & { readonly topUps: readonly TopUp[]; readonly rows: readonly LedgerRow[] };
export type TopUp = v.InferOutput<typeof TopUpShape>;
/** `model` is that of a turn's debit, where the newest usage tells it. */
export type LedgerRow = v.InferOutput<typeof LedgerRowShape> & { readonly model: string | null };

export type PayApi = {
  account(user: string): Promise<Account>;
  /** One top-up with the client secret by which its payment is found. The API asks Stripe about one that is not paid yet. */
  topUp(user: string, id: string): Promise<TopUp & { client_secret: string | null }>;
  /** Starts a top-up; answers its id. The same key starts it once. */
  start(user: string, amountUsd: string, key: string): Promise<string>;
};

/** The API's refusal, in its own words. */
export class ApiRefused extends Error {
  override readonly name = "ApiRefused";
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const Wallet = v.object({ balance: v.string(), held: v.string(), available: v.string() });
const TopUpShape = v.object({
  id: v.string(),
  amount_usd: v.string(),
  credits_to_grant: v.string(),
  status: v.string(),
  created_at: v.string(),
});
const LedgerRowShape = v.object({
  kind: v.string(),
  amount: v.string(),
  balance_after: v.string(),
  reference_id: v.nullable(v.string()),
  created_at: v.string(),
});
const UsageShape = v.object({ events: v.array(v.object({ turn_id: v.string(), model_alias: v.string() })) });
const PaidBy = v.object({ ...TopUpShape.entries, client_secret: v.nullable(v.string()) });

const TOKEN_SECONDS = 60;
const SHOWN = 8;
/** Model calls that are looked through for the models of the rows shown; a turn may have several. */
const CALLS = 50;

/** Throws ApiRefused for what the API refuses, and for a user that no token may name. */
export function payApi(apiUrl: string, issuer: Pick<Issuer, "token">): PayApi {
  const ask = async <S extends v.GenericSchema>(schema: S, user: string, path: string, init: RequestInit = {}) => {
    const token = await tokenFor(issuer, user);
    const headers = { ...Object.fromEntries(new Headers(init.headers)), Authorization: `Bearer ${token}` };
    const response = await fetch(`${apiUrl}/api/v1/users/me${path}`, { ...init, headers, signal: AbortSignal.timeout(20_000) });
    const json: unknown = await response.json();
    if (!response.ok) throw new ApiRefused(response.status, v.parse(v.object({ detail: v.string() }), json).detail);
    return v.parse(schema, json);
  };
  return {
    account: async (user) => {
      const [wallet, { top_ups: topUps }, { transactions }, { events }] = await Promise.all([
        ask(Wallet, user, "/wallet"),
        ask(v.object({ top_ups: v.array(TopUpShape) }), user, `/wallet/top-ups?limit=${SHOWN}`),
        ask(v.object({ transactions: v.array(LedgerRowShape) }), user, `/transactions?limit=${SHOWN}`),
        ask(UsageShape, user, `/usage?limit=${CALLS}`),
      ]);
      const models = new Map(events.map((event) => [event.turn_id, event.model_alias]));
      const rows = transactions.map((row) => Object.assign(row, { model: models.get(row.reference_id ?? "") ?? null }));
      return { ...wallet, topUps, rows };
    },
    topUp: (user, id) => ask(PaidBy, user, `/wallet/top-ups/${encodeURIComponent(id)}`),
    start: async (user, amountUsd, key) => {
      const headers = { "Content-Type": "application/json", "Idempotency-Key": key === "" ? newId() : key };
      const body = JSON.stringify({ amount_usd: amountUsd });
      return (await ask(v.object({ id: v.string() }), user, "/wallet/top-up", { method: "POST", headers, body })).id;
    },
  };
}

async function tokenFor(issuer: Pick<Issuer, "token">, user: string): Promise<string> {
  try {
    return await issuer.token({ user, expiresInSeconds: TOKEN_SECONDS });
  } catch (error) {
    if (error instanceof RangeError) throw new ApiRefused(422, "A user id is 1 to 64 characters, none of them a control character.");
    throw error;
  }
}
