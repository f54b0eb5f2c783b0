// Rows 90 to 98: turns without credits, races for the last of them, callers who leave, and ways to get credits for nothing. (The list has
// no rows 91 and 94.)

import { request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { expect } from "vitest";
import { givenCredits, givenEnforcement, givenPrice, givenSession } from "../../../support/given.ts";
import { turnsOf, walletOf } from "../../../support/ledger.ts";
import { atOnce, statuses } from "../../../support/admin.ts";
import { grantsOf } from "../../../support/given-top-up.ts";
import type { AttackWorld } from "../attack-world.ts";
import { type Attack, type Row } from "../row.ts";
import { asks, POST_SESSION, POST_TOP_UP, POST_TURN, sends } from "./requests.ts";

const ALIASES = [
  "gpt\u200b",
  "default\u200b",
  "DEFAULT",
  "openai/gpt-4o-mini",
  "gpt-4o-mini'--",
  "__proto__",
  "constructor",
  "toString",
  "..",
  "default\\u0000",
];
/** What one turn may cost at most by its hold: 2048 output tokens and a short prompt, in credits. */
const ONE_HOLD = 0.25;

export const MONEY: readonly Row[] = [
  {
    id: 90,
    what: "an empty wallet under enforcement",
    story: async ({ send, world }) => {
      const session = await givenSession(world, "poor");
      await enforced(world, async () => {
        const calls = world.provider.calls();
        const answer = await send(
          sends(
            `POST /api/v1/sessions/${session}/turns`,
            '{"message":"hi"}',
            { status: 402, code: "insufficient_credits" },
            { as: "poor" },
          ),
        );
        expect(answer.json).toMatchObject({
          detail: "Insufficient credits. Please top up your account.",
          balance: "0",
          held: "0",
          available: "0",
          hold: expect.stringMatching(/^0\.\d+$/),
          estimated_cost: expect.stringMatching(/^0\.\d+$/),
          top_up_url: "https://app.example.com/top-up",
        });
        expect([world.provider.calls() - calls, (await turnsOf(world, "poor")).length]).toEqual([0, 0]);
      });
    },
  },
  { id: 92, what: "many turns at once on one credit", story: raceForTheLast },
  {
    id: 93,
    what: "callers who leave once the model is asked: every turn is settled and paid",
    story: async ({ world, many }) => {
      const times = many(100, 10);
      await givenPrice(world, "fake-slow-400", "1");
      const sessions = await atOnce(times, () => givenSession(world, "leif"));
      await givenCredits(world, "leif", "100");
      const before = world.provider.callsTo("fake-slow-400");
      const ended = sessions.map((session) => abandoned(world, session));
      await until(() => world.provider.callsTo("fake-slow-400") - before === times);
      for (const { leave } of await Promise.all(ended)) leave();
      await until(async () => (await turnsOf(world, "leif")).every(({ status }) => status !== "running"));
      const turns = await turnsOf(world, "leif");
      expect(turns.map(({ status }) => status)).toEqual(Array(times).fill("completed"));
      const { rows } = await sql<{
        debits: number;
      }>`select count(*)::int as debits from credit_transactions where user_id = 'leif' and kind = 'debit'`.execute(world.deps.db.query);
      expect([rows[0]?.debits, (await walletOf(world, "leif")).held]).toEqual([times, "0.00000000"]);
    },
  },
  {
    id: 95,
    what: "aliases that nobody priced",
    requests: () =>
      ALIASES.flatMap((alias) => [
        sends(POST_TURN, JSON.stringify({ message: "hi", model_alias_override: alias }), { status: 422, code: "unknown_model_alias" }),
      ]),
  },
  {
    id: 97,
    what: "a hundred top-ups that nobody pays",
    story: async ({ send, many }) => {
      const times = many(100, 25);
      const answers = await atOnce(times, () => send(sends(POST_TOP_UP, '{"amount_usd":1}', { status: [200, 429] }, { as: "carder" })));
      expect(statuses(answers)).toEqual({ 200: 10, 429: times - 10 });
    },
  },
  {
    id: 98,
    what: "new users by the dozen: none is given anything",
    story: async ({ send, world, many }) => {
      for (let index = 0; index < many(50, 8); index += 1) {
        const as = `farm-${index}`;
        await send(sends(POST_SESSION, "{}", { status: 201 }, { as }));
        const { json } = await send(asks("GET /api/v1/users/me/wallet", { status: 200 }, { as }));
        expect([json.balance, json.available]).toEqual(["0", "0"]);
      }
      const { rows } = await sql<{
        given: number;
      }>`select count(*)::int as given from credit_transactions where user_id like 'farm-%'`.execute(world.deps.db.query);
      expect([rows[0]?.given, await grantsOf(world, "farm")]).toEqual([0, []]);
    },
  },
];

/** Runs with enforcement on, and leaves it as it was. */
async function enforced(world: AttackWorld, act: () => Promise<void>): Promise<void> {
  await givenEnforcement(world, true);
  try {
    await act();
  } finally {
    await givenEnforcement(world, null);
  }
}

/** Each in a session of its own, with a model that takes its time, so that all of them are there at once. */
async function raceForTheLast({ world, send, many, say }: Attack): Promise<void> {
  const times = many(200, 60);
  const sessions = await atOnce(times, () => givenSession(world, "rae"));
  await givenCredits(world, "rae", "1");
  const model = world.deps.models["default"]?.routes[0].model ?? "";
  world.provider.behave(model, "fake-slow-400");
  try {
    await enforced(world, async () => {
      const calls = world.provider.calls();
      const answers = await Promise.all(
        sessions.map((session) =>
          send(sends(`POST /api/v1/sessions/${session}/turns`, '{"message":"hi"}', { status: [201, 402] }, { as: "rae" })),
        ),
      );
      const ran = answers.filter(({ status }) => status === 201).length;
      const { balance, held } = await walletOf(world, "rae");
      say(`${ran} of ${times} turns ran at once on one credit; ${balance} is left`);
      expect([world.provider.calls() - calls, held]).toEqual([ran, "0.00000000"]);
      expect(Number(balance)).toBeGreaterThanOrEqual(-ONE_HOLD);
      expect(ran).toBeGreaterThan(0);
      expect(ran).toBeLessThan(times);
    });
  } finally {
    world.provider.behave(model, null);
  }
}

/** A turn that is under way; `leave` cuts its connection. */
async function abandoned(world: AttackWorld, session: string): Promise<{ leave: () => void }> {
  const { hostname, port } = new URL(world.apiUrl);
  const headers = { Authorization: `Bearer ${await world.token("leif")}`, "Content-Type": "application/json" };
  const outgoing = httpRequest({ hostname, port, method: "POST", path: `/api/v1/sessions/${session}/turns`, headers, agent: false });
  outgoing.on("error", () => undefined); // it is cut on purpose
  outgoing.end('{"message":"I shall not wait","model_alias_override":"fake-slow-400"}');
  return { leave: () => outgoing.destroy() };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const patience = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > patience) throw new Error("what was waited for did not happen in 30 s");
    await sleep(20);
  }
}
