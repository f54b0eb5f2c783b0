// The money path, once through: a grant by an admin, a turn, and everything that has to be true of both. Amounts are compared exactly.
// What it leaves behind is in the ledger for good: one small grant with its note, and a turn's debit.

import * as v from "valibot";
import { Decimal } from "@pantheon/contract/wire.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { read } from "./answer.ts";
import type { People } from "./auth-rows.ts";
import type { Answer } from "./client.ts";
import type { Stage } from "./stage.ts";
import { openSession, readTransactions, startTurn, type Turn } from "./turn-calls.ts";

const GRANT = "1";

/** What later parts go on with. */
export type Money = { readonly session: string | null };

export async function moneyRows(stage: Stage, people: People): Promise<Money> {
  const balance = await walletRow(stage, { id: "wallet.before", what: "the user's wallet can be read", expected: "200 with a balance" });
  const granted = await grantRows(stage, people, balance);
  const head = { id: "session", what: "a session is opened", expected: "201" };
  const session = await stage.evidence.check(head, [], () => openSession(stage, "user"));
  await turnRows(stage, session, granted ?? balance, people.user);
  return { session };
}

function walletRow({ ask, evidence }: Stage, head: { id: string; what: string; expected: string }): Promise<string | null> {
  return evidence.check(head, [], async () => {
    const answer = await ask("GET", "/api/v1/users/me/wallet", { as: "user" });
    const wallet = read(answer, 200, Wallet);
    return { ok: true, seen: `200, balance ${wallet.balance}, held ${wallet.held}`, value: wallet.balance, answer };
  });
}

/** Answers the balance after the grant. */
async function grantRows(stage: Stage, { user, admin }: People, before: string | null): Promise<string | null> {
  const { ask, evidence, run } = stage;
  const name = encodeURIComponent(user ?? "");
  const grant = (address = `wallets/${name}/grant`) => {
    const body = { amount: GRANT, note: `stage:verify ${run}`, create: true }; // the account may be new
    return ask("POST", `/api/v1/admin/${address}`, { as: "admin", body, key: `stage-verify:${run}:grant` });
  };
  const head = { id: "grant", what: "an admin's grant", expected: `200, balance + ${GRANT}` };
  const granted = await evidence.check(head, [user, before], async (_user, balance) => {
    const answer = await grant();
    const body = read(answer, 200, Granted);
    const ok = amount(body.new_balance).eq(amount(balance).plus(amount(GRANT)));
    return { ok, seen: `200, balance ${balance} → ${body.new_balance}`, value: { ...body, text: answer.text }, answer };
  });
  const again = { id: "grant.replay", what: "the same grant again, by its key", expected: "200, replayed byte for byte" };
  await evidence.check(again, [granted], async ({ text }) => replayed(await grant(), 200, text));
  const other = { id: "grant.users", what: "the same grant at its second address, by its key", expected: "200, replayed byte for byte" };
  await evidence.check(other, [granted], async ({ text }) => replayed(await grant(`users/${name}/wallet/grant`), 200, text));
  const row = {
    id: "grant.row",
    what: "the grant's transaction says who made it",
    expected: `grant, +${GRANT}, initiated_by ${admin ?? "the admin"}`,
  };
  await evidence.check(row, [granted, admin], async ({ transaction_id: id }, by) => {
    const { rows, answer } = await readTransactions(stage);
    const found = rows.find((each) => each.id === id);
    const ok = found?.kind === "grant" && amount(found.amount).eq(amount(GRANT)) && found.initiated_by === by;
    const seen = found ? `${found.kind}, ${found.amount}, initiated_by ${found.initiated_by}` : "no such transaction among the latest";
    return { ok, seen, answer };
  });
  return granted?.new_balance ?? null;
}

async function turnRows(stage: Stage, session: string | null, before: string | null, user: string | null): Promise<void> {
  const { ask, evidence, run } = stage;
  const key = `stage-verify:${run}:turn`;
  const head = { id: "turn", what: "a turn", expected: "201, completed, with credits_charged and balance_after" };
  const turn = await evidence.check(head, [session], async (id) => {
    const { answer, turn: completed } = await startTurn(stage, "user", id, key);
    const { credits_charged: charged, balance_after: after, status } = completed;
    return {
      ok: status === "completed",
      seen: `201 ${status}, charged ${charged}, balance_after ${after}`,
      value: { ...completed, text: answer.text },
      answer,
    };
  });
  const wallet = {
    id: "turn.wallet",
    what: "the wallet lost exactly the charge",
    expected: "before − credits_charged = now = balance_after",
  };
  await evidence.check(wallet, [turn, before], async ({ credits_charged: charged, balance_after: after }, was) => {
    const answer = await ask("GET", "/api/v1/users/me/wallet", { as: "user" });
    const { balance } = read(answer, 200, Wallet);
    const ok = amount(balance).eq(amount(was).minus(amount(charged))) && amount(balance).eq(amount(after));
    return {
      ok,
      seen: `${was} − ${charged} = ${format(amount(was).minus(amount(charged)))}; now ${balance}, balance_after ${after}`,
      answer,
    };
  });
  await recordRows(stage, turn, user);
  const again = { id: "turn.replay", what: "the same turn again, by its key", expected: "201, replayed byte for byte" };
  await evidence.check(again, [session, turn], async (id, { text }) =>
    replayed((await startTurn(stage, "user", id, key)).answer, 201, text),
  );
}

/** What is kept of a turn: its usage, its debit with the receipt, its place in the day's sums. */
async function recordRows(stage: Stage, turn: Turn | null, user: string | null): Promise<void> {
  const { ask, evidence } = stage;
  const usage = { id: "turn.usage", what: "the turn's usage is listed", expected: "its row, with the same charge" };
  await evidence.check(usage, [turn], async ({ id, credits_charged: charged }) => {
    const answer = await ask("GET", "/api/v1/users/me/usage?limit=20", { as: "user" });
    const found = read(answer, 200, UsageList).events.filter((event) => event.turn_id === id);
    const seen = found.length === 0 ? "no row of this turn" : `charged ${found.map((event) => event.credits_charged).join(" + ")}`;
    const sum = found.reduce((total, event) => total.plus(amount(event.credits_charged)), amount("0"));
    return { ok: found.length > 0 && sum.eq(amount(charged)), seen, answer };
  });
  const debit = { id: "turn.debit", what: "the turn's debit is in the ledger", expected: "debit, −credits_charged, by nobody" };
  const transaction = await evidence.check(debit, [turn], async ({ id, credits_charged: charged, balance_after: after }) => {
    const { rows, answer } = await readTransactions(stage);
    const found = rows.find((row) => row.kind === "debit" && row.reference_id === id);
    if (!found) return { ok: false, seen: "no such transaction among the latest", answer };
    const ok =
      amount(found.amount).eq(amount(charged).neg()) && amount(found.balance_after).eq(amount(after)) && found.initiated_by === null;
    return {
      ok,
      seen: `debit, ${found.amount}, balance_after ${found.balance_after}, initiated_by ${found.initiated_by}`,
      value: found.id,
      answer,
    };
  });
  const receipt = { id: "turn.receipt", what: "its receipt recomputes the charge", expected: "matches, total = credits_charged" };
  await evidence.check(receipt, [turn, transaction], async ({ credits_charged: charged }, id) => {
    const answer = await ask("GET", `/api/v1/users/me/transactions/${id}/receipt`, { as: "user" });
    const { matches, total } = read(answer, 200, Receipt);
    return { ok: matches && amount(total).eq(amount(charged)), seen: `matches ${matches}, total ${total}`, answer };
  });
  const summary = {
    id: "summary.day",
    what: "the report has the turn's day (bucket=day, UTC)",
    expected: "that day, with at least this call",
  };
  await evidence.check(summary, [turn, user], async ({ completed_at: at }, id) => {
    const day = at.slice(0, "YYYY-MM-DD".length);
    const query = new URLSearchParams({ bucket: "day", from_date: day, to_date: day, user_id: id });
    const answer = await ask("GET", `/api/v1/admin/usage/summary?${query.toString()}`, { as: "admin" });
    const { daily } = read(answer, 200, Summary);
    const [found] = daily;
    const seen = found ? `${found.date}: ${found.call_count} calls, ${found.credits_burned} credits` : `no bucket for ${day}`;
    return { ok: daily.length === 1 && found?.date === day && found.call_count >= 1, seen, answer };
  });
}

function replayed(answer: Answer, status: number, text: string) {
  read(answer, status, v.unknown());
  const header = answer.headers.get("idempotency-replayed");
  const same = answer.text === text;
  const seen = `${answer.status}, ${same ? "the same bytes" : "other bytes"}, Idempotency-Replayed: ${header ?? "none"}`;
  return { ok: same && header === "true", seen, answer };
}

const Wallet = v.object({ balance: Decimal, held: Decimal });
const Granted = v.object({ new_balance: Decimal, transaction_id: v.string() });
const UsageList = v.object({ events: v.array(v.object({ turn_id: v.string(), credits_charged: Decimal })) });
const Receipt = v.object({ matches: v.boolean(), total: Decimal });
const Summary = v.object({ daily: v.array(v.object({ date: v.string(), call_count: v.number(), credits_burned: Decimal })) });
