// The tour: the first minutes of a user and an operator with Pantheon, over real HTTP against the running world. Every step says what
// it expects, and the tour fails when the product answers otherwise. How it looks is tour-view.ts, what it measures tour-burst.ts.

import { performance } from "node:perf_hooks";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { callApi, type Answer, type Call } from "./call.ts";
import { measureBurst, type Burst } from "./burst.ts";
import { OPERATOR } from "../site/people.ts";
import type { World } from "../world.ts";

export type Step = {
  readonly what: string;
  readonly request: string;
  readonly status: number;
  readonly outcome: string;
  readonly ms: number;
  /** Statements that the database was sent, each one round trip. */
  readonly statements: number;
  /** False when the answer was not the expected one. */
  readonly ok: boolean;
};

export type Tour = {
  readonly steps: readonly Step[];
  /** The arithmetic of a turn, as its receipt has it. */
  readonly receipt: readonly string[];
  readonly burst: Burst;
};

type Outcome = { readonly answer: Answer; readonly outcome: string; readonly ok: boolean };
type Stepper = (what: string, request: string, run: () => Promise<Outcome>) => Promise<Answer>;
type Walk = { readonly world: World; readonly step: Stepper; readonly api: (method: string, path: string, call: Call) => Promise<Answer> };

const QUESTION = "What does a turn cost, and who checks the arithmetic?";

/** Walks through the product as new users and an operator, then measures a burst of turns. Prices and settings end as they were. */
export async function runTour(world: World): Promise<Tour> {
  world.issuer.addAdmin(OPERATOR);
  const steps: Step[] = [];
  const step: Stepper = async (what, request, run) => {
    const statementsBefore = world.passed.statements;
    const began = performance.now();
    const { answer, outcome, ok } = await run();
    const ms = performance.now() - began;
    steps.push({ what, request, status: answer.status, outcome, ms, statements: world.passed.statements - statementsBefore, ok });
    return answer;
  };
  const walk: Walk = { world, step, api: (method, path, call) => callApi(world, method, path, call) };
  const ada = `ada-${newId().slice(-6)}`;
  const { session, receipt } = await asUser(walk, ada);
  await changingPrices(walk, ada, session);
  await enforcing(walk, `bob-${newId().slice(-6)}`);
  const burst = await measureBurst(world, ada);
  await reporting(walk);
  return { steps, receipt, burst };
}

/** A wallet, a top-up, two turns, one of them sent twice, and a receipt. */
async function asUser({ world, step, api }: Walk, user: string): Promise<{ session: string; receipt: string[] }> {
  await step("A new user's wallet", "GET wallet", async () => {
    const answer = await api("GET", "/users/me/wallet", { user });
    return { answer, outcome: `balance ${answer.json.balance}, and no row was written`, ok: answer.json.balance === "0" };
  });
  if (world.config.stripe.apiUrl === world.stripe.url) await toppingUp({ world, step, api }, user); // never with a card of one's own
  await step("An operator grants more", "POST grant", async () => {
    const answer = await api("POST", `/admin/wallets/${user}/grant`, { user: OPERATOR, body: { amount: "10", note: "Welcome" } });
    return { answer, outcome: `balance ${answer.json.new_balance}`, ok: answer.status === 200 };
  });
  const session = await openSession({ step, api }, "A session", user, "claude-sonnet");
  const turn = (message: string, key?: string) =>
    api("POST", `/sessions/${session}/turns`, { user, body: { message }, ...(key && { key }) });
  await step("A turn", "POST turns", async () => charged(await turn(QUESTION)));
  await step("A second one, with history", "POST turns", async () => charged(await turn("And when part of it is cached?", "tour-2")));
  await step("The same turn, sent again", "POST turns, same key", async () => {
    const answer = await turn("And when part of it is cached?", "tour-2");
    const ok = answer.status === 201 && answer.headers.get("idempotency-replayed") === "true";
    return { answer, outcome: "replayed byte for byte, charged nothing", ok };
  });
  const { json: receipt } = await step("Its receipt", "GET receipt", async () => {
    const { json: list } = await api("GET", "/users/me/transactions?limit=1", { user });
    const answer = await api("GET", `/users/me/transactions/${list.transactions[0].id}/receipt`, { user });
    return { answer, outcome: `recomputed: matches ${answer.json.matches}`, ok: answer.json.matches === true };
  });
  return { session, receipt: receipt.lines.map((line: { arithmetic: string }) => line.arithmetic) };
}

/** A top-up through Stripe's SDK, paid by card at the stand-in and granted by its signed event. */
async function toppingUp({ world, step, api }: Walk, user: string): Promise<void> {
  const { json: started } = await step("A top-up is started", "POST top-up", async () => {
    const answer = await api("POST", "/users/me/wallet/top-up", { user, body: { amount_usd: "1.00" } });
    return {
      answer,
      outcome: `$${answer.json.amount_usd} for ${answer.json.credits_to_grant} credits`,
      ok: answer.json.status === "pending",
    };
  });
  await step("Paid by card: the event comes", "POST webhooks/stripe", async () => {
    const intent = world.stripe.intents().find(({ metadata }) => metadata["top_up_id"] === started.id);
    world.stripe.pay(intent?.id ?? "", "pm_card_visa");
    await world.stripe.settled();
    const answer = await api("GET", "/users/me/wallet", { user });
    return { answer, outcome: `signature good, balance ${answer.json.balance}`, ok: answer.json.balance === started.credits_to_grant };
  });
}

/** A price that is doubled binds the very next turn; afterwards it is what it was. */
async function changingPrices({ step, api }: Walk, user: string, session: string): Promise<void> {
  const { json: prices } = await api("GET", "/admin/pricing", { user: OPERATOR });
  const { multiplier } = prices.items.find((item: { model_alias: string }) => item.model_alias === "claude-sonnet");
  const doubled = format(amount(multiplier).times(amount("2")));
  const patch = (to: string) =>
    api("PATCH", "/admin/pricing/claude-sonnet", { user: OPERATOR, body: { multiplier: to, pricing_version: prices.pricing_version } });
  try {
    await step("A price is doubled", "PATCH pricing", async () => {
      const answer = await patch(doubled);
      return { answer, outcome: `claude-sonnet × ${multiplier} → × ${doubled}`, ok: answer.status === 200 };
    });
    await step("It binds the next turn", "POST turns", async () => {
      const answer = await api("POST", `/sessions/${session}/turns`, { user, body: { message: "And now?" } });
      const { ok, outcome } = charged(answer);
      return { answer, outcome, ok: ok && answer.json.multiplier === doubled };
    });
  } finally {
    await patch(multiplier);
  }
}

/** Someone without credits runs a turn while enforcement is off, and is refused when it is on. */
async function enforcing({ step, api }: Walk, user: string): Promise<void> {
  const { json: before } = await api("GET", "/admin/settings", { user: OPERATOR });
  const enforce = (enabled: boolean) => api("PATCH", "/admin/settings/enforcement", { user: OPERATOR, body: { enabled } });
  const session = await openSession({ step, api }, "Someone without credits", user, "default");
  const turn = () => api("POST", `/sessions/${session}/turns`, { user, body: { message: "May I?" } });
  try {
    await enforce(false);
    await step("Enforcement off: it runs", "POST turns", async () => charged(await turn()));
    await step("An operator switches it on", "PATCH enforcement", async () => {
      const answer = await enforce(true);
      return { answer, outcome: "in every container, from the next turn on", ok: answer.json.enforcement_enabled === true };
    });
    await step("Enforcement on: refused", "POST turns", async () => {
      const answer = await turn();
      return { answer, outcome: answer.json.detail, ok: answer.status === 402 && answer.json.code === "insufficient_credits" };
    });
  } finally {
    if (before.enforcement_source === "override") await enforce(before.enforcement_enabled);
    else await api("DELETE", "/admin/settings/enforcement", { user: OPERATOR });
  }
}

/** The day's report, and the ledger's invariants. */
async function reporting({ step, api }: Walk): Promise<void> {
  await step("The day's report", "GET usage/summary", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const answer = await api("GET", `/admin/usage/summary?from_date=${today}&to_date=${today}&bucket=day`, { user: OPERATOR });
    const { total_llm_calls: calls, total_credits_burned: burned, would_have_been_refused: refused } = answer.json;
    return { answer, outcome: `${calls} calls, ${burned} credits, ${refused} to be refused`, ok: answer.json.daily?.length === 1 };
  });
  await step("The books are checked", "GET reconciliation", async () => {
    const answer = await api("GET", "/admin/reconciliation", { user: OPERATOR });
    const { invariants, broken_total: broken } = answer.json;
    return { answer, outcome: `${invariants.length} invariants, ${broken} rows that break one`, ok: broken === 0 };
  });
}

async function openSession({ step, api }: Pick<Walk, "step" | "api">, what: string, user: string, alias: string): Promise<string> {
  const { json } = await step(what, "POST sessions", async () => {
    const answer = await api("POST", "/sessions", { user, body: { model_alias: alias } });
    return { answer, outcome: `${user} talks to ${alias}`, ok: answer.status === 201 };
  });
  return json.id;
}

function charged(answer: Answer): Outcome {
  const { status, json } = answer;
  if (status !== 201) return { answer, outcome: String(json?.detail), ok: false };
  const { input_tokens_fresh: fresh, input_tokens_cached: cached, output_tokens: output } = json.usage;
  const low = json.low_balance ? ", low" : "";
  const outcome = `${fresh} fresh + ${cached} cached + ${output} out: -${json.credits_charged} → ${json.balance_after}${low}`;
  return { answer, outcome, ok: true };
}
