// The client of the product's API: a method an operation, grouped by noun. Writes carry a key of their own unless they are given one, so
// they may be tried again; what is tried again, and how often, is retry.ts.

import type * as account from "@pantheon/contract/account.ts";
import type { DataPage } from "@pantheon/contract/data.ts";
import type { Health } from "@pantheon/contract/health.ts";
import type * as limits from "@pantheon/contract/limits.ts";
import type { ModelList } from "@pantheon/contract/models.ts";
import type * as own from "@pantheon/contract/own-usage.ts";
import type * as turns from "@pantheon/contract/turns.ts";
import type { TurnRead } from "@pantheon/contract/turn-read.ts";
import { adminClient } from "./admin.ts";
import { ask, listing, path, search, succeed, type Days, type Sent } from "./calls.ts";
import { filesClient } from "./files.ts";
import { holdsClient } from "./holds.ts";
import { keysClient } from "./keys.ts";
import { sessionsClient } from "./sessions.ts";
import { readEvents, type TurnEvent } from "./sse.ts";
import { createTransport, openStream, type CallOptions, type ClientOptions, type Send } from "./transport.ts";

const ME = "/api/v1/users/me";

type OfKey = { readonly api_key_id?: string };
type Groups = "day" | "model" | "key" | "day,model" | "day,key" | "model,key" | "day,model,key";
type Texts = { readonly texts?: "preview" | "whole" };

export type Client = ReturnType<typeof createClient>;

/**
 * A client of the stage at `url`. Its methods reject with PantheonError for a refusal, and with NoResponse when none came. Connects
 * nothing before the first call.
 */
export function createClient(options: ClientOptions) {
  const send = createTransport(options);
  return {
    /** One call, whatever it is answered. */
    send,
    sessions: sessionsClient(send),
    turns: {
      /** Runs a turn; rejects with 402 `insufficient_credits` when there are too few. None of its refusals costs anything. */
      run: (session: string, turn: Sent<typeof turns.TurnCreate>, more: CallOptions = {}) =>
        ask<typeof TurnRead>(send, { ...more, method: "POST", path: path`/api/v1/sessions/${session}/turns`, body: turn }),
      /**
       * Runs a turn and yields its events as they come, the last one `done` or `error`. Rejects like `run` before the first. To stop early,
       * leave the loop: what the model has answered by then is charged and stored.
       */
      stream: async function* (
        session: string,
        turn: Sent<typeof turns.TurnCreate>,
        more: CallOptions = {},
      ): AsyncGenerator<TurnEvent, void, undefined> {
        const call = { ...more, method: "POST", path: path`/api/v1/sessions/${session}/turns/stream`, body: turn } as const;
        yield* readEvents(await openStream(options, call));
      },
      /** Long texts are cut unless `texts` is `whole`. */
      of: (session: string) => listing<typeof turns.TurnList, "turns", Texts>(send, path`/api/v1/sessions/${session}/turns`, "turns"),
    },
    messages: {
      /** Long texts are cut unless `texts` is `whole`. */
      of: (session: string) =>
        listing<typeof turns.MessageList, "messages", Texts>(send, path`/api/v1/sessions/${session}/messages`, "messages"),
    },
    files: filesClient(send),
    models: {
      /** Every alias that can be run, with what it can do and what it costs now. */
      list: (more: CallOptions = {}) => ask<typeof ModelList>(send, { ...more, method: "GET", path: "/api/v1/models" }),
    },
    account: accountClient(send),
    keys: keysClient(send),
    holds: holdsClient(send),
    wallet: {
      read: (more: CallOptions = {}) => ask<typeof account.Wallet>(send, { ...more, method: "GET", path: `${ME}/wallet` }),
    },
    topUps: {
      /** Starts a top-up: pay it at Stripe with the client secret. */
      start: (topUp: Sent<typeof account.TopUpCreate>, more: CallOptions = {}) =>
        ask<typeof account.TopUpStarted>(send, { ...more, method: "POST", path: `${ME}/wallet/top-up`, body: topUp }),
      read: (topUp: string, more: CallOptions = {}) =>
        ask<typeof account.TopUpRead>(send, { ...more, method: "GET", path: path`/api/v1/users/me/wallet/top-ups/${topUp}` }),
      /** Frees its place. Rejects with 409 when it was paid: its credits are granted then. */
      cancel: (topUp: string, more: CallOptions = {}) =>
        ask<typeof account.TopUp>(send, { ...more, method: "DELETE", path: path`/api/v1/users/me/wallet/top-ups/${topUp}` }),
      ...listing<typeof account.TopUpList, "top_ups">(send, `${ME}/wallet/top-ups`, "top_ups"),
    },
    health: {
      /** Of one function, or of the product. Needs no token. */
      read: (name?: "turns" | "files" | "holds" | "users" | "admin" | "completions" | "stripe-webhook", more: CallOptions = {}) =>
        ask<typeof Health>(send, { ...more, method: "GET", path: name === undefined ? "/api/v1/health" : path`/api/v1/health/${name}` }),
    },
    admin: adminClient(send),
  };
}

function accountClient(send: Send) {
  return {
    me: (more: CallOptions = {}) => ask<typeof account.Me>(send, { ...more, method: "GET", path: "/api/v1/auth/me" }),
    /** All that is kept of the person; `each` walks the whole of it, record by record. */
    data: listing<typeof DataPage, "records">(send, `${ME}/data`, "records"),
    /** Erases all that was said, and deletes the sessions; what was paid and used stays. */
    eraseData: (more: CallOptions = {}) => ask<typeof account.ErasedData>(send, { ...more, method: "DELETE", path: `${ME}/data` }),
    usage: listing<typeof account.UsageList, "events", Days & OfKey>(send, `${ME}/usage`, "events"),
    transactions: listing<typeof account.TransactionList, "transactions", Days>(send, `${ME}/transactions`, "transactions"),
    /** One turn with the receipt of what it cost. */
    turn: (turn: string, more: CallOptions = {}) =>
      ask<typeof own.OwnTurn>(send, { ...more, method: "GET", path: path`/api/v1/users/me/turns/${turn}` }),
    /** Sums by day, model and API key (`day,key`): of the last 30 days unless told otherwise. */
    summary: (query: Days & OfKey & { readonly group_by?: Groups } = {}, more: CallOptions = {}) =>
      ask<typeof own.OwnSummary>(send, { ...more, method: "GET", path: `${ME}/usage/summary${search(query)}` }),
    /** The whole file as text. */
    usageCsv: async (query: Days & OfKey = {}, more: CallOptions = {}): Promise<string> =>
      (await succeed(send, { ...more, method: "GET", path: `${ME}/usage/export.csv${search(query)}` })).text,
    /** The whole file as text. */
    transactionsCsv: async (query: Days = {}, more: CallOptions = {}): Promise<string> =>
      (await succeed(send, { ...more, method: "GET", path: `${ME}/transactions/export.csv${search(query)}` })).text,
    /** What you are limited to, and what is used of it. */
    limits: (more: CallOptions = {}) => ask<typeof limits.LimitsInForce>(send, { ...more, method: "GET", path: `${ME}/limits` }),
    /** Replaces the limits that you set for yourself: what is left out is not limited. */
    setLimits: (limit: Sent<typeof limits.LimitsPut>, more: CallOptions = {}) =>
      ask<typeof limits.LimitsSet>(send, { ...more, method: "PUT", path: `${ME}/limits`, body: limit }),
    /** The arithmetic of one debit, computed again; 404 for what is no debit of yours. */
    receipt: (transaction: string, more: CallOptions = {}) =>
      ask<typeof account.Receipt>(send, { ...more, method: "GET", path: path`/api/v1/users/me/transactions/${transaction}/receipt` }),
  };
}
