// How the tour walks: clients that note every response, and steps that say what was asked, what came back, and whether it was expected. A
// step that fails ends its part of the tour and nothing else; a tour that is stopped takes no further step.

import { performance } from "node:perf_hooks";
import { createClient, type Client } from "@pantheon/client/client.ts";
import { PantheonError } from "@pantheon/client/error.ts";
import { refusalOf } from "./refusal.ts";
import type { World } from "../world.ts";

export type Step = {
  readonly what: string;
  readonly request: string;
  /** Null when there was no response. */
  readonly status: number | null;
  readonly outcome: string;
  readonly ms: number;
  /** Statements that the database was sent, each one round trip. */
  readonly statements: number;
  /** False when the response was not the expected one. */
  readonly ok: boolean;
};

/** What a step found, in words, and what the next steps need of it. */
export type Outcome<Value> = { readonly value: Value; readonly outcome: string; readonly ok: boolean };

export type Walk = {
  readonly world: World;
  /** What was done so far, in order. */
  readonly steps: readonly Step[];
  /** A client as this user. Calls are sent once, so that a step shows what one request came to. */
  readonly as: (user: string) => Client;
  /** How those clients fetch: it notes the status of every response. For programs that are no client of ours. */
  readonly fetch: typeof fetch;
  /** Takes a step and notes it. Throws StepFailed when it was not answered as expected, TourStopped when the tour is stopped. */
  readonly step: <Value>(what: string, request: string, run: () => Promise<Outcome<Value>>) => Promise<Value>;
  /** Runs what is no step; a failure is noted as one. Throws like a step. */
  readonly measure: <Value>(what: string, run: () => Promise<Value>) => Promise<Value>;
  /** Runs what has to be done also when the tour is stopped or has failed; a failure is noted, and nothing is thrown. */
  readonly putBack: (what: string, run: () => Promise<unknown>) => Promise<void>;
  /** Runs a part of the tour; null when one of its steps failed. */
  readonly part: <Value>(run: () => Promise<Value>) => Promise<Value | null>;
  /** True when the last response had been stored by an earlier request of the same key. */
  readonly wasReplayed: () => boolean;
};

export class TourStopped extends Error {
  override readonly name = "TourStopped";
}

/** The step is noted; what follows it in its part of the tour would tell nothing. */
class StepFailed extends Error {
  override readonly name = "StepFailed";
}

export function startWalk(world: World, signal?: AbortSignal): Walk {
  const steps: Step[] = [];
  const last = { status: 0, replayed: false };
  const noting: typeof fetch = async (address, request) => {
    const response = await fetch(address, request);
    Object.assign(last, { status: response.status, replayed: response.headers.get("idempotency-replayed") === "true" });
    return response;
  };
  /** Runs it and notes what `outcomeOf` makes of it, or that it threw; null is not worth a note. */
  const attempt = async <T>(what: string, request: string, run: () => Promise<T>, outcomeOf: (value: T) => Outcome<unknown> | null) => {
    const statementsBefore = world.passed.statements;
    const began = performance.now();
    const note = (status: number | null, outcome: string, ok: boolean) => {
      const [ms, statements] = [performance.now() - began, world.passed.statements - statementsBefore];
      steps.push({ what, request, status, outcome, ms, statements, ok });
    };
    const value = await run().catch((error: unknown) => {
      if (error instanceof TourStopped) throw error;
      if (signal?.aborted && error === signal.reason) throw new TourStopped();
      if (error instanceof PantheonError) note(error.status, refusalOf(world, error), false);
      else note(null, `not as expected: ${error instanceof Error ? error.message : "failed"}`, false);
      throw new StepFailed();
    });
    const seen = outcomeOf(value);
    if (seen !== null) note(last.status, seen.outcome, seen.ok);
    if (seen?.ok === false) throw new StepFailed();
    return value;
  };
  const goOn = () => {
    if (signal?.aborted) throw new TourStopped();
  };
  return {
    world,
    steps,
    as: (user) => createClient({ url: world.apiUrl, token: () => world.issuer.token({ user }), fetch: noting, retry: false }),
    fetch: noting,
    step: async (what, request, run) => {
      goOn();
      return (await attempt(what, request, run, (outcome) => outcome)).value;
    },
    measure: async (what, run) => {
      goOn();
      return attempt(what, "", run, () => null);
    },
    putBack: async (what, run) => {
      await tolerant(() => attempt(what, "", run, () => null));
    },
    part: tolerant,
    wasReplayed: () => last.replayed,
  };
}

async function tolerant<Value>(run: () => Promise<Value>): Promise<Value | null> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StepFailed) return null;
    throw error;
  }
}
