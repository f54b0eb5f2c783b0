// Two users who are served at the same time: no answer to one has a word of the other in it, and neither has what a model is asked.

import { sql } from "kysely";
import { expect } from "vitest";
import { givenSession, runTurn } from "../../../support/given.ts";
import { randomFrom } from "../../../support/random.ts";
import type { Answer } from "../../../support/world.ts";
import type { Attack } from "../row.ts";
import { pathOf } from "./requests.ts";

/** Two users whose every text is a canary, served in turns, in an order made from the seed. */
export async function interleaved({ world, many, seed, look, say, operations }: Attack): Promise<void> {
  const next = randomFrom(seed);
  const users = await Promise.all(
    ["cleo", "dora"].map(async (name) => {
      const session = await givenSession(world, name, { title: `canary-${name}`, system_prompt: `canary-${name}` });
      const turn = await runTurn(world, session, { user: name, message: `canary-${name}` });
      expect(turn.status).toBe(201);
      const { json } = await world.call("GET", "/api/v1/users/me/transactions", { user: name });
      const announced = { filename: `canary-${name}.txt`, size_bytes: 4 };
      const { json: file } = await world.call("POST", `/api/v1/sessions/${session}/files`, { user: name, body: announced });
      const ids = { session_id: session, turn_id: turn.json.id, transaction_id: String(json.transactions[0].id), file_id: String(file.id) };
      return { name, ids };
    }),
  );
  const reads = operations.filter(
    (each) => each.method === "GET" && each.secured && !each.path.startsWith("/api/v1/admin") && !each.path.includes("top_up_id"),
  );
  const chance = <Choice>(choices: readonly Choice[]) => choices[Math.floor(next() * choices.length)] as Choice;
  const times = many(10_000, 400);
  for (let asked = 0; asked < times; asked += 8) {
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { name, ids } = chance(users);
        const writes = next();
        const read = chance(reads);
        const answer =
          writes < 0.02
            ? await world.call("POST", "/api/v1/sessions", { user: name, body: { title: `canary-${name}` } })
            : writes < 0.04
              ? await runTurn(world, ids.session_id, { user: name, message: `canary-${name}` })
              : await world.call("GET", pathOf(read, ids), { user: name });
        const foreign = users.filter((user) => user.name !== name).map((user) => `canary-${user.name}`);
        const also = ({ text, headers }: Answer) =>
          foreign.some((canary) => `${text} ${JSON.stringify([...headers])}`.includes(canary)) ? "a word of somebody else" : null;
        look(`${read.name} as ${name}, interleaved`, answer, { status: [200, 201, 409], also });
      }),
    );
  }
  say(`${times} requests of two users, interleaved`);
  const prompts = world.provider.requests.map((request) => JSON.stringify(request));
  expect(prompts.filter((prompt) => prompt.includes("canary-cleo") && prompt.includes("canary-dora"))).toEqual([]);
  const { rows } = await sql<{ mixed: number }>`
    select count(*)::int as mixed from turns join sessions on sessions.id = turns.session_id where turns.user_id <> sessions.user_id`.execute(
    world.deps.db.query,
  );
  expect(rows[0]?.mixed).toBe(0);
}
