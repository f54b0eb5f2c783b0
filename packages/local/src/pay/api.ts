// What the pay page asks of the product: the public API by its client, as the user whose page it is.

import type * as v from "valibot";
import { createClient, type Client } from "@pantheon/client/client.ts";
import { PantheonError } from "@pantheon/client/error.ts";
import type * as contract from "@pantheon/contract/account.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { Issuer } from "@pantheon/stand-ins/issuer.ts";

export type TopUp = v.InferOutput<typeof contract.TopUp>;
/** `model` is that of a turn's debit, where the newest usage tells it. */
export type LedgerRow = v.InferOutput<typeof contract.Transaction> & { readonly model: string | null };
export type Account = v.InferOutput<typeof contract.Wallet> & { readonly topUps: readonly TopUp[]; readonly rows: readonly LedgerRow[] };

export type PayApi = {
  account(user: string): Promise<Account>;
  /** One top-up with the client secret by which its payment is found. The API asks Stripe about one that is not paid yet. */
  topUp(user: string, id: string): Promise<v.InferOutput<typeof contract.TopUpRead>>;
  /** Starts a top-up; answers its id. The same key starts it once. */
  start(user: string, amountUsd: string, key: string): Promise<string>;
};

const TOKEN_SECONDS = 60;
const TIMEOUT_MS = 20_000;
const SHOWN = 8;
/** Model calls that are looked through for the models of the rows shown; a turn may have several. */
const CALLS = 50;

/** Its methods reject with what `refusalOf` knows for what the API refuses, and for a user that no token may name. */
export function payApi(apiUrl: string, issuer: Pick<Issuer, "token">): PayApi {
  const as = (user: string): Client =>
    createClient({ url: apiUrl, token: () => tokenFor(issuer, user), retry: false, timeoutMs: TIMEOUT_MS });
  return {
    account: async (user) => {
      const client = as(user);
      const [wallet, { top_ups: topUps }, { transactions }, { events }] = await Promise.all([
        client.wallet.read(),
        client.topUps.list({ limit: SHOWN }),
        client.account.transactions.list({ limit: SHOWN }),
        client.account.usage.list({ limit: CALLS }),
      ]);
      const models = new Map(events.map((event) => [event.turn_id, event.model_alias]));
      const rows = transactions.map((row) => Object.assign(row, { model: models.get(row.reference_id ?? "") ?? null }));
      return { ...wallet, topUps, rows };
    },
    topUp: (user, id) => as(user).topUps.read(id),
    start: async (user, amountUsd, key) => (await as(user).topUps.start({ amount_usd: amountUsd }, { key: key === "" ? newId() : key })).id,
  };
}

/** What a person is told of a refusal; null for anything else. */
export function refusalOf(error: unknown): { readonly status: number; readonly message: string } | null {
  if (error instanceof PantheonError) return error;
  return error instanceof NoSuchUser ? { status: 422, message: error.message } : null;
}

class NoSuchUser extends Error {
  override readonly name = "NoSuchUser";
}

async function tokenFor(issuer: Pick<Issuer, "token">, user: string): Promise<string> {
  try {
    return await issuer.token({ user, expiresInSeconds: TOKEN_SECONDS });
  } catch (error) {
    if (error instanceof RangeError) throw new NoSuchUser("A user id is 1 to 64 characters, none of them a control character.");
    throw error;
  }
}
