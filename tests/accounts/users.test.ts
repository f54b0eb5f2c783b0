// A user's own account: who they are, what they have, what they used, what was booked, and the arithmetic behind each debit.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format, roundHalfUp, type Amount } from "@pantheon/contract/money.ts";
import { givenCredits, givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const STANDING = { suspended: false, suspension_reason: null };
const BETA_USER = "11111111-1111-1111-1111-111111111111";
let world: TestWorld;

beforeAll(async () => {
  world = await testWorld({ models: modelsWith("fake-slow-800", "fake-reasoning-9"), environment: { ADMIN_USER_IDS: "olga" } });
  for (const alias of ["fake-slow-800", "fake-reasoning-9"]) await givenPrice(world, alias, "1.3");
});

afterAll(() => world.end());

const get = (path: string, user = "ada"): Promise<Answer> => world.call("GET", `/api/v1/${path}`, { user });

const NO_KEY = { api_key_id: null, api_key_name: null, api_key_prefix: null };

describe("who I am", () => {
  it("is what the token says, and an admin only by configuration", async () => {
    expect((await get("auth/me")).json).toEqual({ user_id: "ada", email: null, is_admin: false, ...STANDING });
    expect((await get("auth/me", "olga")).json).toEqual({ user_id: "olga", email: null, is_admin: true, ...STANDING });
    const token = await world.issuer.token({ user: "eli", email: "eli@example.com" });
    const answer = await world.call("GET", "/api/v1/auth/me", { user: null, headers: { Authorization: `Bearer ${token}` } });
    expect(answer.json).toEqual({ user_id: "eli", email: "eli@example.com", is_admin: false, ...STANDING });
  });

  it("writes nothing by being asked", async () => {
    await get("auth/me", "passer-by");
    const rows = await world.deps.db.query.selectFrom("users").select("id").where("id", "=", "passer-by").execute();
    expect(rows).toEqual([]);
  });
});

describe("my wallet", () => {
  it("is zeros for somebody new, and no row is written", async () => {
    const zeros = { user_id: "newcomer", balance: "0", held: "0", available: "0", low_balance: true, ...STANDING };
    expect((await get("users/me/wallet", "newcomer")).json).toEqual(zeros);
    const rows = await world.deps.db.query.selectFrom("credit_wallets").selectAll().where("user_id", "=", "newcomer").execute();
    expect(rows).toEqual([]);
  });

  it("of the beta user has the 100 credits that they were promised", async () => {
    const { json } = await get("users/me/wallet", BETA_USER);
    expect(json).toEqual({ user_id: BETA_USER, balance: "100", held: "0", available: "100", low_balance: false, ...STANDING });
    const { transactions } = (await get("users/me/transactions", BETA_USER)).json;
    expect(transactions).toEqual([expect.objectContaining({ kind: "grant", amount: "100", balance_after: "100", initiated_by: null })]);
  });

  it("shows what a running turn holds, and that it cannot be spent twice", async () => {
    await givenCredits(world, "hal", "10.5");
    const session = await givenSession(world, "hal");
    const running = runTurn(world, session, { user: "hal", alias: "fake-slow-800" });
    await expect.poll(() => world.provider.callsTo("fake-slow-800"), { timeout: 10_000 }).toBe(1);
    const [turn] = await world.deps.db.query.selectFrom("turns").select(["hold", "status"]).where("session_id", "=", session).execute();
    const { json } = await get("users/me/wallet", "hal");
    const hold = amount(turn?.hold ?? "0");
    expect([turn?.status, hold.gt(amount("0"))]).toEqual(["running", true]);
    const available = format(amount("10.5").minus(hold));
    expect(json).toEqual({ user_id: "hal", balance: "10.5", held: format(hold), available, low_balance: false, ...STANDING });
    const { balance_after } = (await running).json;
    const settled = { user_id: "hal", balance: balance_after, held: "0", available: balance_after, low_balance: false, ...STANDING };
    expect((await get("users/me/wallet", "hal")).json).toEqual(settled);
  });

  it("is low below the threshold and not at it", async () => {
    await givenCredits(world, "at", "5");
    await givenCredits(world, "below", "4.99999999");
    expect((await get("users/me/wallet", "at")).json).toMatchObject({ balance: "5", low_balance: false, ...STANDING });
    expect((await get("users/me/wallet", "below")).json).toMatchObject({ balance: "4.99999999", low_balance: true });
  });
});

describe("my transactions", () => {
  it("say who granted and why, and name nobody for a debit", async () => {
    const note = "Wëlcome ☃";
    const granted = await world.call("POST", "/api/v1/admin/wallets/ivy/grant", {
      user: "olga",
      body: { amount: "2.5", note, create: true },
    });
    const transaction = granted.json.transaction_id;
    const reference = `admin:${transaction}`;
    const turn = await runTurn(world, await givenSession(world, "ivy"), { user: "ivy" });
    const { transactions, total } = (await get("users/me/transactions", "ivy")).json;
    const common = { id: expect.any(String), created_at: expect.any(String) };
    const debit = {
      kind: "debit",
      amount: `-${turn.json.credits_charged}`,
      balance_after: turn.json.balance_after,
      initiated_by: null,
      note: null,
    };
    const first = { kind: "grant", amount: "2.5", balance_after: "2.5", initiated_by: "olga", note: "Wëlcome ☃", reference_id: reference };
    expect([transactions, total]).toEqual([
      [
        {
          ...common,
          ...debit,
          source: "turn",
          reference_id: turn.json.id,
          description: `Turn with default: ${turn.json.credits_charged} credits used`,
        },
        { ...common, ...first, source: "admin", id: transaction, description: "Granted by an admin: 2.5 credits added" },
      ],
      2,
    ]);
  });
});

describe("my usage", () => {
  it("shows each call that was mine, and none of the product's own", async () => {
    const turn = await runTurn(world, await givenSession(world, "jon"), { user: "jon" });
    await givenInternalCall(turn.json.id);
    const { events, total, next_cursor: next } = (await get("users/me/usage", "jon")).json;
    const { usage, id, credits_charged, credits_burned, provider_model, pricing_version } = turn.json;
    const event = {
      id: expect.any(String),
      turn_id: id,
      session_id: turn.json.session_id,
      model_alias: "default",
      provider_model,
      input_tokens_fresh: usage.input_tokens_fresh,
      input_tokens_cached: usage.input_tokens_cached,
      output_tokens: usage.output_tokens,
      multiplier: "1",
      pricing_version,
      credits_burned,
      credits_charged,
      usage_source: "reported",
      ...NO_KEY,
      created_at: turn.json.completed_at,
    };
    expect([events, total, next]).toEqual([[event], 1, null]);
  });
});

describe("the receipt of a debit", () => {
  it("is the inputs and the arithmetic, computed again to the same figure", async () => {
    const turn = await runTurn(world, await givenSession(world, "kim"), { user: "kim", alias: "fake-reasoning-9" });
    const [debit] = (await get("users/me/transactions", "kim")).json.transactions;
    const { status, json } = await get(`users/me/transactions/${debit.id}/receipt`, "kim");
    const { input_tokens_fresh: fresh, input_tokens_cached: cached, output_tokens: output } = turn.json.usage;
    const charged = turn.json.credits_charged;
    const line = {
      event_id: expect.any(String),
      model_alias: "fake-reasoning-9",
      provider_model: turn.json.provider_model,
      input_tokens_fresh: fresh,
      input_tokens_cached: cached,
      output_tokens: output,
      weight_fresh: "0.35",
      weight_cached: "0.1",
      weight_output: "1",
      oe_per_credit: "10000",
      oe_tokens: turn.json.oe_tokens,
      multiplier: "1.3",
      pricing_version: "2026-02-20",
      arithmetic: `(${fresh} × 0.35 + ${cached} × 0.1 + ${output} × 1) × 1.3 ÷ 10000 = ${charged}`,
      credits_charged: charged,
      credits_absorbed: "0",
      recomputed: charged,
      matches: true,
    };
    const { amount: booked, balance_after, created_at, description } = debit;
    const head = { transaction_id: debit.id, kind: "debit", turn_id: turn.json.id, amount: booked, balance_after, created_at };
    expect([status, json]).toEqual([
      200,
      { ...head, ...NO_KEY, description, payment: null, lines: [line], tools: [], total: charged, matches: true },
    ]);
    expect(resultOf(line.arithmetic)).toEqual({ computed: charged, said: charged });
  });

  it("says nothing untrue about a turn that also needed a call of the product's own", async () => {
    const turn = await runTurn(world, await givenSession(world, "lou"), { user: "lou" });
    await givenInternalCall(turn.json.id);
    const [debit] = (await get("users/me/transactions", "lou")).json.transactions;
    const { lines, total, matches } = (await get(`users/me/transactions/${debit.id}/receipt`, "lou")).json;
    expect([total, matches]).toEqual([turn.json.credits_charged, true]);
    for (const { arithmetic } of lines) expect(resultOf(arithmetic).said).toBe(resultOf(arithmetic).computed);
  });

  it("is 404, word for word alike, for somebody else's debit or grant, and for what never was", async () => {
    await givenCredits(world, "max", "1");
    await runTurn(world, await givenSession(world, "max"), { user: "max" });
    const [debit, granted] = (await get("users/me/transactions", "max")).json.transactions;
    expect([debit.kind, granted.kind]).toEqual(["debit", "grant"]);
    const refusals = [
      await get(`users/me/transactions/${granted.id}/receipt`, "ned"),
      await get(`users/me/transactions/${debit.id}/receipt`, "ned"),
      await get(`users/me/transactions/${newId()}/receipt`, "max"),
      await get(`users/me/transactions/${debit.id.toUpperCase()}/receipt`, "max"),
      await get("users/me/transactions/none/receipt", "max"),
    ];
    const bodies = refusals.map(({ status, json: { request_id: _id, ...body } }) => ({ status, body }));
    expect(bodies).toEqual(bodies.map(() => bodies[0]));
    expect(bodies[0]).toMatchObject({ status: 404, body: { code: "not_found", detail: "Transaction not found." } });
  });
});

/** A call of the product's own beside a turn's, as routing and summaries will record it: with its cost, and free. */
async function givenInternalCall(turn: string): Promise<void> {
  const { db } = world.deps;
  const [event] = await db.query.selectFrom("llm_call_events").selectAll().where("turn_id", "=", turn).execute();
  if (event === undefined) throw new Error("the turn has no event");
  const created_at = sql<Date>`(select created_at from llm_call_events where id = ${event.id})`; // a Date has no microseconds
  const cost = "0.00000123";
  const free = { credits_burned: "0", credits_charged: "0", provider_cost_usd: cost };
  await db.query
    .insertInto("llm_call_events")
    .values({ ...event, ...free, created_at, id: newId(), call_index: 1, status: "internal" })
    .execute();
  await sql`update usage_daily set provider_cost_usd = provider_cost_usd + ${cost}::numeric where user_id = ${event.user_id}`.execute(
    db.query,
  );
}

/** What the receipt's arithmetic says, and what it comes to. */
function resultOf(arithmetic: string): { said: string; computed: string } {
  const match = /^\((\S+) × (\S+) \+ (\S+) × (\S+) \+ (\S+) × (\S+)\) × (\S+) ÷ (\S+) = (\S+)$/.exec(arithmetic);
  if (match === null) throw new Error(`not arithmetic: ${arithmetic}`);
  const [a, b, c, d, e, f, multiplier, divisor] = match.slice(1).map((text) => amount(text)) as [...Operands];
  const oe = a.times(b).plus(c.times(d)).plus(e.times(f));
  return { said: match[9] ?? "", computed: format(roundHalfUp(oe.times(multiplier).div(divisor), 8)) };
}

type Operands = [Amount, Amount, Amount, Amount, Amount, Amount, Amount, Amount];
