// The tour: one person's first minutes with Pantheon, over real HTTP against the running world. Every step says what it expects, and
// the tour fails when the product answers otherwise. How it looks is tour-view.ts.

import { performance } from "node:perf_hooks";
import { grant } from "@pantheon/core/db/statements/grant.ts";
import { newId } from "@pantheon/core/id.ts";
import { amount, format } from "@pantheon/core/money.ts";
import { checkInvariants, type InvariantCount } from "@pantheon/core/reports/invariants.ts";
import type { World } from "./world.ts";

export type Step = {
  readonly what: string;
  readonly request: string;
  readonly status: number | null;
  readonly outcome: string;
  readonly ms: number;
  /** Statements that the database was sent, each one round trip. */
  readonly statements: number;
  /** False when the answer was not the expected one. */
  readonly ok: boolean;
};

export type Tour = {
  readonly steps: readonly Step[];
  /** The arithmetic of the dearest turn, as its receipt has it. */
  readonly receipt: readonly string[];
  readonly burst: Burst;
  readonly invariants: readonly InvariantCount[];
};

/** Turns in a row on one wallet: what a turn costs beside its model call. */
export type Burst = { readonly turns: number; readonly statementsPerTurn: number; readonly p50Ms: number; readonly p99Ms: number };

type Answer = { status: number; headers: Headers; json: ReturnType<typeof JSON.parse> };
type Call = { user: string; body?: object; key?: string };

const BURST_TURNS = 200;

/** Walks through the product as a new user, then measures a burst of turns. */
export async function runTour(world: World): Promise<Tour> {
  const ada = `ada-${newId().slice(-6)}`;
  const bob = `bob-${newId().slice(-6)}`;
  const steps: Step[] = [];
  const step = async (what: string, request: string, run: () => Promise<Outcome>) => {
    const statementsBefore = world.passed.statements;
    const began = performance.now();
    const { status, outcome, ok } = await run();
    const ms = performance.now() - began;
    steps.push({ what, request, status, outcome, ms, statements: world.passed.statements - statementsBefore, ok });
  };
  const receipt = await walk(world, step, ada, bob);
  return { steps, receipt, burst: await measure(world, ada), invariants: await checkInvariants(world.deps.db) };
}

type Outcome = { status: number | null; outcome: string; ok: boolean };
type Stepper = (what: string, request: string, run: () => Promise<Outcome>) => Promise<void>;

async function walk(world: World, step: Stepper, ada: string, bob: string): Promise<string[]> {
  let session = "";
  let receipt: string[] = [];
  const turn = (call: Call) => http(world, "POST", `/sessions/${session}/turns`, call);
  const opened = async (user: string, alias: string) => {
    const { status, json } = await http(world, "POST", "/sessions", { user, body: { model_alias: alias } });
    session = json.id;
    return { status, outcome: `${user} talks to ${alias}`, ok: status === 201 };
  };

  await step("A new user's wallet", "GET wallet", async () => {
    const { status, json } = await http(world, "GET", "/users/me/wallet", { user: ada });
    return { status, outcome: `balance ${json.balance}, and no row was written`, ok: status === 200 && json.balance === "0" };
  });
  await step("Credits arrive", "grant statement", async () => {
    const transaction = newId();
    const [row] = await world.deps.db.run(grant, {
      transaction,
      user: ada,
      amount: "10",
      source: "promo",
      reference: `tour:${transaction}`,
      initiatedBy: null,
      note: "Welcome",
    });
    return { status: null, outcome: `balance ${plain(row?.balance_after)}`, ok: plain(row?.balance_after) === "10" };
  });
  await step("A session", "POST sessions", () => opened(ada, "claude-sonnet"));
  await step("A turn", "POST turns", async () =>
    charged(await turn({ user: ada, body: { message: "What does a turn cost, and who checks the arithmetic?" } })),
  );
  await step("A second one, with history", "POST turns", async () =>
    charged(await turn({ user: ada, key: "tour-2", body: { message: "And the second one, when part of it is cached?" } })),
  );
  await step("The same turn, sent again", "POST turns, same key", async () => {
    const again = await turn({ user: ada, key: "tour-2", body: { message: "And the second one, when part of it is cached?" } });
    const replayed = again.headers.get("idempotency-replayed") === "true";
    return { status: again.status, outcome: "replayed byte for byte, charged nothing", ok: again.status === 201 && replayed };
  });
  await step("Its receipt", "GET receipt", async () => {
    const { json: list } = await http(world, "GET", "/users/me/transactions?limit=1", { user: ada });
    const { status, json } = await http(world, "GET", `/users/me/transactions/${list.transactions[0].id}/receipt`, { user: ada });
    receipt = json.lines.map((line: { arithmetic: string }) => line.arithmetic);
    return { status, outcome: `recomputed: matches ${json.matches}`, ok: json.matches === true };
  });
  await step("Someone without credits", "POST sessions", () => opened(bob, "default"));
  await step("Enforcement off: it runs", "POST turns", async () => charged(await turn({ user: bob, body: { message: "May I?" } })));
  await enforce(world, true);
  await step("Enforcement on: refused", "POST turns", async () => {
    const { status, json } = await turn({ user: bob, body: { message: "And now?" } });
    return { status, outcome: json.detail, ok: status === 402 && json.code === "insufficient_credits" };
  });
  await enforce(world, null);
  return receipt;
}

/** Runs turns one after another; what is not the model's time is ours. */
async function measure(world: World, user: string): Promise<Burst> {
  const { json: session } = await http(world, "POST", "/sessions", { user, body: {} });
  const again = { user, body: { message: "Again, please.", max_output_tokens: 16 } };
  await http(world, "POST", `/sessions/${session.id}/turns`, again); // loads the catalogue, which the tour just made stale
  const own: number[] = [];
  const statementsBefore = world.passed.statements;
  for (let turn = 0; turn < BURST_TURNS; turn += 1) {
    const modelBefore = world.passed.modelMs;
    const began = performance.now();
    const { status } = await http(world, "POST", `/sessions/${session.id}/turns`, again);
    if (status !== 201) throw new Error(`a turn of the burst was answered ${status}`);
    own.push(performance.now() - began - (world.passed.modelMs - modelBefore));
  }
  own.sort((a, b) => a - b);
  const at = (share: number) => own[Math.min(own.length - 1, Math.floor(own.length * share))] ?? 0;
  return {
    turns: BURST_TURNS,
    statementsPerTurn: (world.passed.statements - statementsBefore) / BURST_TURNS,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

function charged({ status, json }: Answer): Outcome {
  if (status !== 201) return { status, outcome: String(json?.detail), ok: false };
  const { input_tokens_fresh: fresh, input_tokens_cached: cached, output_tokens: output } = json.usage;
  const low = json.low_balance ? ", low" : "";
  return {
    status,
    outcome: `${fresh} fresh + ${cached} cached + ${output} out: -${json.credits_charged} → ${json.balance_after}${low}`,
    ok: true,
  };
}

/** The operator's switch, as the settings row has it; null is back to the environment's default. */
async function enforce(world: World, enabled: boolean | null): Promise<void> {
  await world.deps.db.read.updateTable("runtime_settings").set({ enforcement_override: enabled }).execute();
}

async function http(world: World, method: string, path: string, { user, body, key }: Call): Promise<Answer> {
  const response = await fetch(`${world.apiUrl}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${await world.issuer.token({ user })}`,
      ...(body && { "Content-Type": "application/json" }),
      ...(key !== undefined && { "Idempotency-Key": key }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

function plain(decimal: string | undefined): string | undefined {
  return decimal && format(amount(decimal));
}
