// A step of the tour: what was asked, what was answered, and whether that was expected. A step that fails ends its part of the tour and
// nothing else; a tour that is stopped takes no further step.

import { performance } from "node:perf_hooks";
import type { Answer } from "./call.ts";
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

export type Outcome = { readonly answer: Answer; readonly outcome: string; readonly ok: boolean };

export type Steps = {
  /** What was done so far, in order. */
  readonly taken: readonly Step[];
  /** Takes a step and notes it. Throws StepFailed when it was not answered as expected, TourStopped when the tour is stopped. */
  step(what: string, request: string, run: () => Promise<Outcome>): Promise<Answer>;
  /** Runs what is no step; a failure is noted as one. Throws like a step. */
  measure<T>(what: string, run: () => Promise<T>): Promise<T>;
  /** Runs a part of the tour; null when one of its steps failed. */
  part<T>(run: () => Promise<T>): Promise<T | null>;
};

export class TourStopped extends Error {
  override readonly name = "TourStopped";
}

/** The step is noted; what follows it in its part of the tour would tell nothing. */
class StepFailed extends Error {
  override readonly name = "StepFailed";
}

export function startSteps(world: Pick<World, "passed">, signal?: AbortSignal): Steps {
  const taken: Step[] = [];
  /** Runs it and notes what `outcomeOf` makes of it, or that it threw; null is not worth a note. */
  const attempt = async <T>(what: string, request: string, run: () => Promise<T>, outcomeOf: (value: T) => Outcome | null): Promise<T> => {
    if (signal?.aborted) throw new TourStopped();
    const statementsBefore = world.passed.statements;
    const began = performance.now();
    const note = (status: number | null, outcome: string, ok: boolean) => {
      const [ms, statements] = [performance.now() - began, world.passed.statements - statementsBefore];
      taken.push({ what, request, status, outcome, ms, statements, ok });
    };
    const value = await run().catch((error: unknown) => {
      if (error instanceof TourStopped) throw error;
      note(null, `not as expected: ${error instanceof Error ? error.message : "failed"}`, false);
      throw new StepFailed();
    });
    const seen = outcomeOf(value);
    if (seen !== null) note(seen.answer.status, seen.outcome, seen.ok);
    if (seen?.ok === false) throw new StepFailed();
    return value;
  };
  return {
    taken,
    step: async (what, request, run) => (await attempt(what, request, run, (outcome) => outcome)).answer,
    measure: (what, run) => attempt(what, "", run, () => null),
    part: async (run) => {
      try {
        return await run();
      } catch (error) {
        if (error instanceof StepFailed) return null;
        throw error;
      }
    },
  };
}
