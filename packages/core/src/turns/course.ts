// The course of an open turn: its model is asked, the answer settled, and one line says how it went. The first turn of a container reads
// this file and what it needs; a cold start does not.

import type { Ticks } from "@pantheon/contract/time.ts";
import type { ConversationEvent } from "./ask.ts";
import { converse } from "./converse.ts";
import type { Terms } from "./memory.ts";
import type { OpenedTurn } from "./open.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";
import { settleTurn } from "./settle.ts";
import { turnLine } from "./turn-line.ts";

export type Course = {
  readonly terms: Terms;
  /** When the turn was asked for, on the ticks of `TurnDeps`. */
  readonly began: ReturnType<Ticks>;
  readonly streamed: boolean;
  /** What a reader may see, as it comes; the model waits for it. */
  readonly see: (event: ConversationEvent) => Promise<void> | void;
};

/** Runs an open turn to its end, and returns the response body as it is stored. Throws what asking and settling refuse (run.ts). */
export async function runCourse(deps: TurnDeps, request: TurnRequest, turn: OpenedTurn, course: Course): Promise<string> {
  const line = turnLine(deps, request, turn, course);
  try {
    const events = converse(deps, request, turn, course.terms);
    for (;;) {
      const step = await events.next();
      if (step.done) {
        line.answered(step.value);
        const body = await settleTurn(deps, request, step.value);
        line.settled();
        return body;
      }
      line.saw(step.value);
      await course.see(step.value);
    }
  } catch (error) {
    line.failed(error);
    throw error;
  }
}
