// The people of the mixed load: each runs turn after turn under keys of its own. When an answer leaves it open what happened, half of
// them ask again under the same key; the others never return.

import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "@pantheon/contract/id.ts";
import { between, deckOf, oneOf, type Random } from "./choices.ts";
import { call, codeOf, type Answer } from "./call.ts";
import type { Crew } from "./crew.ts";
import { isDefinite, type Model, type Told } from "./model.ts";
import type { Place } from "./place.ts";

export type Load = {
  readonly place: Place;
  readonly crew: Crew;
  readonly model: Model;
  readonly users: readonly string[];
  /** Of a hundred turns, so many are sent to a model that misbehaves, and so many twice at the same time. */
  readonly percent: number;
  readonly random: Random;
  /** Told of what the clients themselves injected. */
  readonly injected: (kind: ClientFault) => void;
  /** Told of every turn that was begun; a number from 1. */
  readonly begun: (turn: number) => void;
  /** True when clients begin no further turn. */
  readonly isOver: () => boolean;
};

export type ClientFault = "provider fault" | "client never returned" | "same key twice at once";

/** How long the clients of a run took, and what nobody has heard for certain: to be asked again at the end. */
export type Unresolved = { readonly waiting: Told[]; readonly left: Told[] };

const TURNS_A_SESSION = 8;
const TRIES = 6;

/** Runs so many clients side by side until the load is over. */
export async function runClients(load: Load, clients: number): Promise<Unresolved> {
  const unresolved: Unresolved = { waiting: [], left: [] };
  const provider = deckOf(PROVIDER_FAULTS, load.random);
  const state = { turns: 0 };
  const next = (): number => (state.turns += 1);
  await Promise.all(
    Array.from({ length: clients }, (_, client) =>
      runClient(load, load.users[client % load.users.length] ?? "", unresolved, provider, next),
    ),
  );
  return unresolved;
}

/** Scripts of the stand-in provider by their shares. The silent one takes the whole time of its request, so it is rare. */
const PROVIDER_FAULTS = [
  ["fake-503", 2],
  ["fake-529", 1],
  ["fake-400", 2],
  ["fake-429-0", 1],
  ["fake-flaky-1", 3],
  ["fake-reset", 2],
  ["fake-cut-2", 4],
  ["fake-end-1", 3],
  ["fake-error-chunk-1", 3],
  ["fake-no-usage", 3],
  ["fake-usage-zero", 2],
  ["fake-usage-negative", 2],
  ["fake-empty", 2],
  ["fake-garbage", 2],
  ["fake-nul", 2],
  ["fake-slow-1500", 1],
  ["fake-silent", 1],
] as const;

async function runClient(load: Load, user: string, unresolved: Unresolved, provider: () => string, next: () => number): Promise<void> {
  const { random, percent } = load;
  let session: string | null = null;
  let inSession = 0;
  while (!load.isOver()) {
    if (session === null || inSession >= TURNS_A_SESSION) {
      session = await openSession(load, user);
      inSession = 0;
      continue;
    }
    const turn = next();
    load.begun(turn);
    // Every choice of a turn is made before it begins, so that no answer moves the next one.
    const [isFaulty, isTwice, returns] = [random() * 100 < percent, random() * 100 < percent, random() < 0.5];
    const alias = isFaulty ? provider() : null;
    const tools = random() < SHARE_WITH_TOOLS ? `\n${oneOf(TOOL_SCRIPTS, random)}` : "";
    const message = `${oneOf(QUESTIONS, random)} (${between(random, 1, 9_999)})${tools}`;
    const told = load.model.begin({ user, key: `t-${turn}-${newId()}`, session, message, alias });
    if (alias !== null) load.injected("provider fault");
    if (isTwice) load.injected("same key twice at once");
    const isOpen = await runTurn(load, told, { isTwice, returns, unresolved });
    inSession = isOpen ? inSession + 1 : TURNS_A_SESSION; // its session may be busy until the lease is over: the client opens another
  }
}

const QUESTIONS = ["How much is a turn?", "What is held?", "Who pays for a cut answer?", "When is a lease over, and what happens then?"];

/** Every session allows a search; so many turns use it, in one step or two, with text before it or none. */
const SHARE_WITH_TOOLS = 0.3;
const TOOL_SCRIPTS = [
  'call search {"query":"prices"}',
  'say I will look.\ncall search {"query":"holds"}\ncall search {"query":"fake-500"}',
  'say First.\ncall search {"query":"one"}\nthen\ncall search {"query":"two"}',
];

type Manner = { readonly isTwice: boolean; readonly returns: boolean; readonly unresolved: Unresolved };

/** One turn with all its tries; false when its session may be stuck. */
async function runTurn(load: Load, told: Told, { isTwice, returns, unresolved }: Manner): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answers = await Promise.all(Array.from({ length: isTwice && tries === 0 ? 2 : 1 }, () => sendTurn(load, told)));
    const definite = answers.find(isDefinite);
    if (definite) return definite.status !== 409;
    if (!returns) {
      load.injected("client never returned");
      unresolved.left.push(told);
      return false;
    }
    await sleep(Math.min(60 * 2 ** tries, 1_000));
  }
  unresolved.waiting.push(told);
  return false;
}

/** Sends the request of this key once, to whichever worker is next, and keeps the answer. */
export async function sendTurn({ place, crew, model }: Pick<Load, "place" | "crew" | "model">, told: Told): Promise<Answer> {
  const { worker } = await crew.pick();
  const answer = await call(worker.url, {
    method: "POST",
    path: `/api/v1/sessions/${told.session}/turns`,
    token: await place.token(told.user),
    key: told.key,
    body: bodyOf(told),
  });
  model.heard(told, answer);
  return answer;
}

/** The body of this key's request, the same each time. A model that misbehaves in the middle needs a few pieces; else one is enough. */
export function bodyOf({ message, alias }: Told): object {
  return alias === null ? { message, max_output_tokens: 3 } : { message, max_output_tokens: 12, model_alias_override: alias };
}

async function openSession({ place, crew }: Load, user: string): Promise<string | null> {
  const { worker } = await crew.pick();
  const key = `s-${newId()}`;
  const answer = await call(worker.url, {
    method: "POST",
    path: "/api/v1/sessions",
    token: await place.token(user),
    key,
    body: { tools: ["search"] },
  });
  if (answer.status === 201) return String(JSON.parse(answer.text).id);
  await sleep(codeOf(answer) === "database_unavailable" ? 200 : 50);
  return null;
}
