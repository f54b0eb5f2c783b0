// Turns in a row on one wallet: what a turn costs beside its model call.

import { performance } from "node:perf_hooks";
import type { Client } from "@pantheon/client/client.ts";
import { TourStopped } from "./walk.ts";
import type { World } from "../world.ts";

export type Burst = { readonly turns: number; readonly statementsPerTurn: number; readonly p50Ms: number; readonly p99Ms: number };

const TURNS = 200;
/** None of them grows so long that its history has to be summarised, which takes a statement more. */
const SESSIONS = 4;

/** Runs turns one after another, in turn in a few sessions, HTTP included; what is not the model's time is ours. Throws when one is refused, or when it is stopped. */
export async function measureBurst(world: World, client: Client, signal?: AbortSignal): Promise<Burst> {
  const sessions: string[] = [];
  for (let made = 0; made < SESSIONS; made += 1) sessions.push((await client.sessions.create()).id);
  const run = (turn: number) =>
    client.turns.run(sessions[turn % SESSIONS] ?? "", { message: "Again, please.", max_output_tokens: 16 }, { key: null });
  await run(0); // loads the catalogue, if a price or a setting was just changed
  const own: number[] = [];
  const statementsBefore = world.passed.statements;
  for (let turn = 0; turn < TURNS; turn += 1) {
    if (signal?.aborted) throw new TourStopped();
    const modelBefore = world.passed.modelMs;
    const began = performance.now();
    await run(turn);
    own.push(performance.now() - began - (world.passed.modelMs - modelBefore));
  }
  const statementsPerTurn = (world.passed.statements - statementsBefore) / TURNS;
  own.sort((a, b) => a - b);
  const at = (share: number) => own[Math.min(own.length - 1, Math.floor(own.length * share))] ?? 0;
  return { turns: TURNS, statementsPerTurn, p50Ms: at(0.5), p99Ms: at(0.99) };
}
