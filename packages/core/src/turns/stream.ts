// A turn whose answer is read while it comes. The turn runs by itself and settles whatever its reader does; owns what lies between them:
// a bounded queue, and what a reader who leaves or stops reading means (contract section 3).

import type * as v from "valibot";
import { invariant } from "@pantheon/contract/error.ts";
import { format } from "@pantheon/contract/money.ts";
import type * as shapes from "@pantheon/contract/stream.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { TurnRead } from "@pantheon/contract/turn-read.ts";
import type { ConversationEvent } from "./ask.ts";
import { loadCourse, openInTime } from "./run.ts";
import type { OpenedTurn } from "./open.ts";
import { LEASES, LIMITS, type TurnDeps, type TurnRequest } from "./request.ts";
import { running, toldAgain, type Running } from "./running.ts";

/** One event as its reader gets it: what the contract knows, but for the failure, which whoever responds tells of. */
export type StreamEvent = Exclude<v.InferInput<typeof shapes.StreamEvent>, v.InferInput<typeof shapes.TurnFailed>>;

export type TurnStream = Running<StreamEvent>;

/**
 * Opens a turn and runs it as a stream. Refusals of opening are thrown, as runTurn throws them; after that a failure ends the stream. An
 * answer that our own time, a stop or the provider cut is charged for what had come. Its lease is renewed while the model answers: when the
 * turn is lost, the model is asked no further, and the turn's row says what becomes of it (settle.ts).
 */
export async function streamTurn(deps: TurnDeps, request: TurnRequest): Promise<TurnStream> {
  const { runCourse } = await loadCourse(); // before anything is held, as in run.ts
  const began = deps.ticks();
  const left = (): number => request.deadline - deps.ticks() - LIMITS.settleReserveMs;
  const turn = await openInTime(deps, request, left(), (deps.leases ?? LEASES).lengthMs);
  if ("replay" in turn) return toldAgain(replayOf(turn.replay));
  const course = { modelMs: Math.max(1, left()), keepsLate: true, drainMs: LIMITS.drainMs };
  return running(deps, request, turn, course, SCRIPT, (terms) => runCourse(deps, request, turn, { ...terms, began, streamed: true }));
}

function startedEvent(turn: OpenedTurn): v.InferInput<typeof shapes.TurnStarted> {
  return {
    type: "turn_started",
    turn_id: turn.id,
    turn_index: turn.index,
    model_alias_used: turn.alias,
    multiplier: format(turn.multiplier),
    pricing_version: turn.catalog.version,
    hold: format(turn.hold),
    max_output_tokens: turn.maxOutputTokens,
    prune_triggered: turn.pruned,
    created_at: rfc3339(turn.createdAt),
  };
}

function shown(event: ConversationEvent): StreamEvent | null {
  if (event.type === "text") return { type: "chunk", delta: event.text };
  if (event.type === "tool_call") return null; // of a call alone, which is told elsewhere (call.ts)
  if (event.type === "tool") {
    const { index, name, outcome } = event;
    return { type: "tool", call_index: index, tool_name: name, status: outcome === null ? "started" : "done", outcome };
  }
  if (event.type === "routed") {
    const { alias, multiplier, routed } = event;
    return {
      type: "routed",
      model_alias_used: alias,
      multiplier: format(multiplier),
      routed_from: routed.from,
      routing_used_fallback: routed.usedFallback,
    };
  }
  const { fresh, cacheRead, cacheWrite, cacheWriteHour, output, reasoning } = event.report;
  return {
    type: "usage",
    input_tokens_fresh: fresh === null ? null : fresh + (cacheWrite ?? 0) + (cacheWriteHour ?? 0),
    input_tokens_cached: cacheRead ?? 0,
    output_tokens: output,
    reasoning_tokens: reasoning ?? 0,
  };
}

/** Everything that a TurnRead has, from the text that was stored. */
function doneEvent(body: string): v.InferInput<typeof shapes.TurnDone> {
  const turn: v.InferInput<typeof TurnRead> = JSON.parse(body);
  return { type: "done", turn_id: turn.id, ...turn };
}

const SCRIPT = { started: startedEvent, shown, done: doneEvent };

/** A stored answer as a stream: nothing is held for it any more. */
function replayOf(body: string): StreamEvent[] {
  const done = doneEvent(body);
  const {
    id,
    turn_index,
    model_alias_used,
    multiplier,
    pricing_version,
    max_output_tokens,
    prune_triggered,
    created_at,
    assistant_output,
  } = done;
  invariant(turn_index !== null && multiplier !== null && pricing_version !== null, "a stored response has its figures");
  const about = { turn_index, model_alias_used, multiplier, pricing_version, hold: "0", max_output_tokens, prune_triggered, created_at };
  const events: StreamEvent[] = [{ type: "turn_started", turn_id: id, ...about }];
  if (assistant_output) events.push({ type: "chunk", delta: assistant_output });
  events.push(done);
  return events;
}
