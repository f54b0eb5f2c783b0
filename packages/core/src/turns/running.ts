// A turn that runs while its reader takes what comes of it: the events between them, the lease that is renewed meanwhile, and what becomes
// of it when the reader leaves. What an event is called is its caller's.

import type { ConversationEvent } from "./ask.ts";
import { keepLease } from "./lease.ts";
import type { Terms } from "./memory.ts";
import type { OpenedTurn } from "./open.ts";
import { LIMITS, type TurnDeps, type TurnRequest } from "./request.ts";
import { createQueue } from "./stream-queue.ts";

export type Running<Event> = {
  /** The stored answer of an earlier request with the same key, told again. */
  readonly replayed: boolean;
  /** The next event; null when there is none any more: then `ended` says why. Never rejects. */
  next(): Promise<Event | null>;
  /** The reader has left: the answer is drained for at most `drainMs`, settled and stored. Resolves when that is done. */
  leave(): Promise<void>;
  /** Resolves when the turn is settled or void: null, or what was thrown. Never rejects. */
  readonly ended: Promise<unknown>;
};

/** What is told of a turn, in order: that it runs, what its model says, and that it is settled. */
export type Script<Event> = {
  started(turn: OpenedTurn): Event;
  /** Null for what is not told. */
  shown(event: ConversationEvent): Event | null;
  /** `body` is the response as it was stored. */
  done(body: string): Event;
};

type Course = {
  /** What is left for the model, from now; and whether an answer that this time cuts is charged for what had come. */
  readonly modelMs: number;
  readonly keepsLate: boolean;
  /** How long the answer is read on once its reader has left. Milliseconds. */
  readonly drainMs: number;
};

/** Runs the turn whose events these two are for, and returns its body. */
type Run = (course: { readonly terms: Terms; readonly see: (event: ConversationEvent) => Promise<void> | void }) => Promise<string>;

/** Runs an open turn from now on, whether its events are taken or not. */
export function running<Event>(
  deps: TurnDeps,
  request: TurnRequest,
  turn: OpenedTurn,
  { modelMs, keepsLate, drainMs }: Course,
  script: Script<Event>,
  run: Run,
): Running<Event> {
  const stop = new AbortController();
  const queue = createQueue<Event>({ most: LIMITS.queuedCharacters, patienceMs: modelMs });
  const lease = keepLease(deps, turn, request.caller.actor);
  const terms = { until: deps.ticks() + modelMs, keepsLate, signal: AbortSignal.any([stop.signal, lease.lost]) };
  const work = async (): Promise<void> => {
    await queue.put(script.started(turn), 0);
    const see = async (event: ConversationEvent): Promise<void> => {
      const told = script.shown(event);
      if (told !== null) await queue.put(told, event.type === "text" ? event.text.length : 0);
    };
    await queue.put(script.done(await run({ terms, see })), 0);
  };
  const ended = work()
    .then(
      () => null,
      (error: unknown) => error ?? new Error("nothing was thrown"),
    )
    .then(async (outcome) => {
      await lease.end();
      queue.end();
      return outcome;
    });
  const leave = async (): Promise<void> => {
    queue.drop();
    const timer = setTimeout(() => stop.abort(), drainMs);
    await ended;
    clearTimeout(timer);
  };
  return { replayed: false, next: () => queue.take(), leave, ended };
}

/** What was stored, told again: nothing is held for it any more. */
export function toldAgain<Event>(events: readonly Event[]): Running<Event> {
  const left = [...events];
  const ended = Promise.resolve(null);
  return { replayed: true, next: () => Promise.resolve(left.shift() ?? null), leave: () => Promise.resolve(), ended };
}
