// What opening does next, as a truth table: the pure function over every row and error that a statement can end with.

import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { describe, expect, it } from "vitest";
import { BrokenInvariant, DomainError } from "@pantheon/contract/error.ts";
import { amount } from "@pantheon/contract/money.ts";
import { readConfig } from "@pantheon/core/config/config.ts";
import type { GateRow, KeyedTurn } from "@pantheon/core/ledger/statements/gate.ts";
import type { Catalog } from "@pantheon/core/pricing/catalog.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import { next, type Round } from "@pantheon/core/turns/next.ts";

const config = readConfig({ DATABASE_URL: "postgres://nowhere.invalid/", AUTH_ISSUER: "https://issuer.invalid" });
const weights = { fresh: amount("0.35"), cached: amount("0.1"), output: amount("1"), oePerCredit: amount("10000") };
const catalog: Catalog = { revision: "7", version: "v", weights, multipliers: new Map(), toolCredits: new Map(), prices: "{}" };
const KEY = { value: "key", hash: "hash" };
const REQUEST = {
  caller: inPerson("ada"),
  session: "s",
  key: KEY,
  message: "m",
  alias: null,
  maxOutputTokens: 10,
  fitToBalance: null,
  sampling: {},
  replaces: null,
  requestId: "r",
  deadline: 1,
};
const ROUND: Round = { request: REQUEST, claim: "mine", catalog, config, models: MODELS, hasFailed: false };

/** A row of a session that is the caller's, at this revision, against which nothing stands, and which opened nothing. */
const ROW: GateRow = {
  session: "s",
  suspended: false,
  key_state: null,
  key_allows: null,
  revision: "7",
  alias: "default",
  candidates: null,
  key_models: null,
  multiplier: "1",
  fits: true,
  system_prompt: null,
  tools: [],
  summary: null,
  history: [],
  pruned: false,
  octets: "9",
  octets_per_token: "4",
  input_tokens: "3",
  wanted: "1",
  affordable: "0",
  unable: false,
  replaced: null,
  cheaper: null,
  balance: "0",
  held: "0",
  enforced: true,
  covered: true,
  afloat: true,
  limit_met: null,
  lapsed: false,
  turn: null,
  attempt: null,
  turn_index: null,
  hold: null,
  max_output_tokens: null,
  created_at: null,
  keyed: null,
};
const KEYED: KeyedTurn = {
  id: "t1",
  status: "running",
  claim: "another's",
  lapsed: false,
  lease_left: 59,
  request_hash: "hash",
  response_body: null,
};

function row(more: Partial<GateRow>): { row: GateRow } {
  return { row: { ...ROW, ...more } };
}

const again = { way: "run", target: { turn: "t1", mode: "reopen" } };
const refused = (code: string) => ({ way: "refuse", refusal: expect.objectContaining({ code }) });

describe("the turn under this key", () => {
  it.each<[string, Partial<KeyedTurn>, object]>([
    ["was asked for otherwise", { request_hash: "other" }, refused("idempotency_key_reused")],
    [
      "was asked for otherwise, and is done",
      { request_hash: "other", status: "completed", response_body: "{}" },
      refused("idempotency_key_reused"),
    ],
    ["is done", { status: "completed", response_body: "{}" }, { way: "replay", body: "{}" }],
    ["runs for another", {}, refused("idempotency_in_progress")],
    ["runs for this request", { claim: "mine" }, again],
    ["has lapsed", { lapsed: true }, again],
    ["failed", { status: "failed" }, again],
  ])("%s", (_name, turn, expected) => {
    expect(next(ROUND, row({ keyed: { ...KEYED, ...turn } }))).toMatchObject(expected);
  });
});

describe("when a turn under this key runs for another, it is worth asking again", () => {
  it.each([
    ["soon, while its function may be alive", 31, 2],
    ["at the end of its lease, once it cannot be", 30, 30],
    ["at the end of its lease, however near", 7, 7],
    ["in a second, when it ends now", 0, 1],
  ])("%s", (_name, lease_left, retryAfter) => {
    expect(next(ROUND, row({ keyed: { ...KEYED, lease_left } }))).toMatchObject({ way: "refuse", refusal: { retryAfter } });
  });
});

describe("no turn under this key", () => {
  const poor = { covered: false };
  it.each<[string, Partial<GateRow>, boolean, object]>([
    ["the turn runs", { turn: "t2" }, false, { way: "opened" }],
    ["the turn runs, after an error", { turn: "t2" }, true, { way: "opened" }],
    ["the prices are stale", { revision: "8" }, false, { way: "reload" }],
    ["the prices are stale, and the wallet is empty", { revision: "8", ...poor }, false, { way: "reload" }],
    ["nothing stands against it: its turn was taken", {}, false, { way: "run", target: { mode: "open" } }],
    ["no session", { session: null, revision: null }, false, refused("not_found")],
    ["suspended, before anything else", { suspended: true, fits: false, ...poor }, false, refused("account_suspended")],
    ["no such alias", { multiplier: null, fits: false }, false, refused("unknown_model_alias")],
    ["too long", { fits: false, ...poor }, false, refused("context_budget_exceeded")],
    ["no credits", poor, false, refused("insufficient_credits")],
    ["no credits, and none wanted", { ...poor, enforced: false }, false, { way: "run", target: { mode: "open" } }],
    ["no credits, and lapsed turns hold some", { ...poor, lapsed: true }, false, { way: "sweep" }],
    ["no credits, lapsed turns, after an error", { ...poor, lapsed: true }, true, { way: "sweep" }],
    ["no credits, after an error", poor, true, { way: "refuse unless own" }],
    ["suspended, after an error", { suspended: true }, true, { way: "refuse unless own" }],
  ])("%s", (_name, more, hasFailed, expected) => {
    expect(next({ ...ROUND, hasFailed }, row(more))).toMatchObject(expected);
  });

  it("an error says nothing: the rows are read", () => {
    const error = new DomainError("database_unavailable", "Away.");
    expect(next(ROUND, { error })).toEqual({ way: "look", error });
  });

  it("a session without a wallet is a broken assumption", () => {
    expect(() => next(ROUND, row({ revision: null }))).toThrow(BrokenInvariant);
  });
});
