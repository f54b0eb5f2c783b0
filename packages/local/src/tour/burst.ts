// Turns in a row on one wallet: what a turn costs beside its model call.

import { performance } from "node:perf_hooks";
import { callApi } from "./call.ts";
import { TourStopped } from "./steps.ts";
import type { World } from "../world.ts";

export type Burst = { readonly turns: number; readonly statementsPerTurn: number; readonly p50Ms: number; readonly p99Ms: number };

const TURNS = 200;

/** Runs turns one after another, HTTP included; what is not the model's time is ours. Throws when one is not answered 201, or when it is stopped. */
export async function measureBurst(world: World, user: string, signal?: AbortSignal): Promise<Burst> {
  const { json: session } = await callApi(world, "POST", "/sessions", { user, body: {} });
  const run = () =>
    callApi(world, "POST", `/sessions/${session.id}/turns`, { user, body: { message: "Again, please.", max_output_tokens: 16 } });
  await run(); // loads the catalogue, if a price or a setting was just changed
  const own: number[] = [];
  const statementsBefore = world.passed.statements;
  for (let turn = 0; turn < TURNS; turn += 1) {
    if (signal?.aborted) throw new TourStopped();
    const modelBefore = world.passed.modelMs;
    const began = performance.now();
    const { status } = await run();
    if (status !== 201) throw new Error(`a turn of the burst was answered ${status}`);
    own.push(performance.now() - began - (world.passed.modelMs - modelBefore));
  }
  const statementsPerTurn = (world.passed.statements - statementsBefore) / TURNS;
  own.sort((a, b) => a - b);
  const at = (share: number) => own[Math.min(own.length - 1, Math.floor(own.length * share))] ?? 0;
  return { turns: TURNS, statementsPerTurn, p50Ms: at(0.5), p99Ms: at(0.99) };
}
