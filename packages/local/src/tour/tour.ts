// The tour: the first minutes of a user and an admin with Pantheon, over real HTTP against the running world. Every step says what it
// expects, and one that is answered otherwise is marked and named; it never ends the world. How it looks is view.ts, what it measures
// burst.ts, how a step is taken steps.ts.

import { newId } from "@pantheon/contract/id.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { callApi, type Answer, type Call } from "./call.ts";
import { measureBurst, type Burst } from "./burst.ts";
import { refusalOf } from "./refusal.ts";
import { startSteps, TourStopped, type Outcome, type Step, type Steps } from "./steps.ts";
import type { World } from "../world.ts";

export type Tour = {
  readonly steps: readonly Step[];
  /** The arithmetic of a turn, as its receipt has it. */
  readonly receipt: readonly string[];
  /** Null where no burst was run: with a real provider, or after a turn that failed. */
  readonly burst: Burst | null;
  /** True when it was stopped on its way. */
  readonly isStopped: boolean;
};

export type TourOptions = {
  /** Ends the tour before its next step; prices and settings are put back all the same. */
  readonly signal?: AbortSignal;
  /** Told what takes long, as a line. */
  readonly progress?: (line: string) => void;
};

type Walk = {
  readonly world: World;
  readonly steps: Steps;
  readonly step: Steps["step"];
  readonly api: (method: string, path: string, call: Call) => Promise<Answer>;
  /** Runs a turn; its answer as a step shows it. */
  readonly turn: (session: string, call: Call & { readonly body: { readonly message: string } }) => Promise<Outcome>;
};

const ADMIN = "operator";
const QUESTION = "What does a turn cost, and who checks the arithmetic?";
/** What a real provider is asked, at most: each turn costs money. */
export const REAL_TURNS = 3;
const REAL_OUTPUT_TOKENS = 200;

/** True when the models are real ones, asked with a key of one's own. */
export function asksRealModels({ config, provider }: World): boolean {
  return config.openRouter.baseUrl !== provider.url;
}

/** Walks through the product as new users and an admin, then measures a burst of turns. Prices and settings end as they were. */
export async function runTour(world: World, { signal, progress }: TourOptions = {}): Promise<Tour> {
  world.issuer.addAdmin(ADMIN);
  const steps = startSteps(world, signal);
  const walk = walkThrough(world, steps, progress);
  const ada = `ada-${newId().slice(-6)}`;
  let [receipt, burst]: [string[], Burst | null] = [[], null];
  try {
    const session = await steps.part(() => asUser(walk, ada, (lines) => (receipt = lines)));
    if (session !== null) await steps.part(() => changingPrices(walk, ada, session));
    await steps.part(() => enforcing(walk, `bob-${newId().slice(-6)}`));
    if (session !== null && !asksRealModels(world))
      burst = await steps.part(() => steps.measure("Turns in a row", () => measureBurst(world, ada, signal)));
    await steps.part(() => reporting(walk, session !== null));
    return { steps: steps.taken, receipt, burst, isStopped: false };
  } catch (error) {
    if (!(error instanceof TourStopped)) throw error;
    return { steps: steps.taken, receipt, burst, isStopped: true };
  }
}

function walkThrough(world: World, steps: Steps, progress: TourOptions["progress"]): Walk {
  let asked = 0;
  const api: Walk["api"] = (method, path, call) => callApi(world, method, path, call);
  const turn: Walk["turn"] = async (session, { body, ...call }) => {
    asked += 1;
    const isReal = asksRealModels(world);
    if (isReal) progress?.(`asking the model, turn ${asked} of ${REAL_TURNS} …`);
    const limited = { ...body, ...(isReal && { max_output_tokens: REAL_OUTPUT_TOKENS }) };
    return charged(world, await api("POST", `/sessions/${session}/turns`, { ...call, body: limited }));
  };
  return { world, steps, step: (what, request, run) => steps.step(what, request, run), api, turn };
}

/** A wallet, a top-up, two turns, one of them sent twice, and a receipt. */
async function asUser({ world, step, api, turn, ...rest }: Walk, user: string, onReceipt: (lines: string[]) => unknown): Promise<string> {
  await step("A new user's wallet", "GET wallet", async () => {
    const answer = await api("GET", "/users/me/wallet", { user });
    return { answer, outcome: `balance ${answer.json.balance}, no row written`, ok: answer.json.balance === "0" };
  });
  if (world.config.stripe.apiUrl === world.stripe.url) await toppingUp({ world, step, api, turn, ...rest }, user); // never with a card of one's own
  await step("An admin grants more", "POST grant", async () => {
    const answer = await api("POST", `/admin/wallets/${user}/grant`, { user: ADMIN, body: { amount: "10", note: "Welcome" } });
    return { answer, outcome: `balance ${answer.json.new_balance}`, ok: answer.status === 200 };
  });
  const session = await openSession({ step, api }, "A session", user, "claude-sonnet");
  const second = "And when part of it is cached?";
  await step("A turn", "POST turns", () => turn(session, { user, body: { message: QUESTION } }));
  await step("One with history", "POST turns", () => turn(session, { user, body: { message: second }, key: "tour-2" }));
  await step("The same, sent again", "POST turns again", async () => {
    const body = { message: second, ...(asksRealModels(world) && { max_output_tokens: REAL_OUTPUT_TOKENS }) };
    const answer = await api("POST", `/sessions/${session}/turns`, { user, body, key: "tour-2" });
    const ok = answer.status === 201 && answer.headers.get("idempotency-replayed") === "true";
    return { answer, outcome: "replayed byte for byte, free", ok };
  });
  const { json: receipt } = await step("Its receipt", "GET receipt", async () => {
    const { json: list } = await api("GET", "/users/me/transactions?limit=1", { user });
    const answer = await api("GET", `/users/me/transactions/${list.transactions[0].id}/receipt`, { user });
    return { answer, outcome: `recomputed: matches ${answer.json.matches}`, ok: answer.json.matches === true };
  });
  onReceipt(receipt.lines.map((line: { arithmetic: string }) => line.arithmetic));
  return session;
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
  await step("Paid by card", "POST webhook", async () => {
    const intent = world.stripe.intents().find(({ metadata }) => metadata["top_up_id"] === started.id);
    world.stripe.pay(intent?.id ?? "", "pm_card_visa");
    await world.stripe.settled();
    const answer = await api("GET", "/users/me/wallet", { user });
    return { answer, outcome: `signature good, balance ${answer.json.balance}`, ok: answer.json.balance === started.credits_to_grant };
  });
}

/** A price that is doubled binds the very next turn; afterwards it is what it was. */
async function changingPrices({ step, api, turn }: Walk, user: string, session: string): Promise<void> {
  const { json: prices } = await api("GET", "/admin/pricing", { user: ADMIN });
  const { multiplier } = prices.items.find((item: { model_alias: string }) => item.model_alias === "claude-sonnet");
  const doubled = format(amount(multiplier).times(amount("2")));
  const patch = (to: string) =>
    api("PATCH", "/admin/pricing/claude-sonnet", { user: ADMIN, body: { multiplier: to, pricing_version: prices.pricing_version } });
  try {
    await step("A price is doubled", "PATCH pricing", async () => {
      const answer = await patch(doubled);
      return { answer, outcome: `claude-sonnet × ${multiplier} → × ${doubled}`, ok: answer.status === 200 };
    });
    await step("It binds the next turn", "POST turns", async () => {
      const { answer, outcome, ok } = await turn(session, { user, body: { message: "And now?" } });
      return { answer, outcome, ok: ok && answer.json.multiplier === doubled };
    });
  } finally {
    await patch(multiplier);
  }
}

/** Someone without credits runs a turn while enforcement is off, and is refused when it is on. */
async function enforcing({ world, step, api, turn }: Walk, user: string): Promise<void> {
  const { json: before } = await api("GET", "/admin/settings", { user: ADMIN });
  const enforce = (enabled: boolean) => api("PATCH", "/admin/settings/enforcement", { user: ADMIN, body: { enabled } });
  const session = await openSession({ step, api }, "A user without credits", user, "default");
  const call = { user, body: { message: "May I?" } };
  try {
    if (!asksRealModels(world)) {
      await enforce(false);
      await step("Enforcement off", "POST turns", () => turn(session, call));
    }
    await step("An admin turns it on", "PATCH enforcement", async () => {
      const answer = await enforce(true);
      return { answer, outcome: "in every container, at once", ok: answer.json.enforcement_enabled === true };
    });
    await step("The next is refused", "POST turns", async () => {
      const answer = await api("POST", `/sessions/${session}/turns`, call);
      return { answer, outcome: answer.json.code, ok: answer.status === 402 && answer.json.code === "insufficient_credits" };
    });
  } finally {
    if (before.enforcement_source === "override") await enforce(before.enforcement_enabled);
    else await api("DELETE", "/admin/settings/enforcement", { user: ADMIN });
  }
}

/** The day's report, and the ledger's invariants. */
async function reporting({ step, api }: Walk, hasTurns: boolean): Promise<void> {
  await step("The day's report", "GET usage/summary", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const answer = await api("GET", `/admin/usage/summary?from_date=${today}&to_date=${today}&bucket=day`, { user: ADMIN });
    const { total_llm_calls: calls, total_credits_burned: burned, would_have_been_refused: refused } = answer.json;
    return {
      answer,
      outcome: `${calls} calls, ${burned} credits, ${refused} would be refused`,
      ok: answer.status === 200 && (answer.json.daily.length === 1 || !hasTurns),
    };
  });
  await step("The books are checked", "GET reconciliation", async () => {
    const answer = await api("GET", "/admin/reconciliation", { user: ADMIN });
    const { invariants, broken_total: total } = answer.json;
    const which = invariants
      .filter(({ broken }: Invariant) => broken > 0)
      .map(({ name, broken, rows }: Invariant) => `; ${name} ${broken}: ${rows.join(", ")}${rows.length < broken ? ", …" : ""}`);
    return {
      answer,
      outcome: `${invariants.length} invariants, ${total} ${total === 1 ? "row" : "rows"} broken${which.join("")}`,
      ok: total === 0,
    };
  });
}

type Invariant = { readonly name: string; readonly broken: number; readonly rows: readonly string[] };

async function openSession({ step, api }: Pick<Walk, "step" | "api">, what: string, user: string, alias: string): Promise<string> {
  const { json } = await step(what, "POST sessions", async () => {
    const answer = await api("POST", "/sessions", { user, body: { model_alias: alias } });
    return { answer, outcome: `${user} talks to ${alias}`, ok: answer.status === 201 };
  });
  return json.id;
}

function charged(world: World, answer: Answer): Outcome {
  const { status, json } = answer;
  if (status !== 201) return { answer, outcome: refusalOf(world, answer), ok: false };
  const outcome = `${json.usage.total_tokens} tokens: -${json.credits_charged} → ${json.balance_after}${json.low_balance ? ", low" : ""}`;
  return { answer, outcome, ok: true };
}
