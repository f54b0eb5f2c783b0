// What has been received of one answer, and what of it may be sent on. Pure. Owns three rules: nothing is sent on before there is text, a
// tool call or an end, so that until then another route may be tried; what comes after the end has not touched the text; and an answer
// without an end is cut.

import { failureOf, ModelFailure, type Failure } from "./failure.ts";
import type { UsageReport } from "./report.ts";
import type { AnswerEvent, CutEvent, ReadEvent, ToolCall } from "./request.ts";
import { storablePieces, storableText, type TextPieces } from "./storable-text.ts";

export type Receiving = {
  /** What may be sent on after these events. Throws `ModelFailure` when the provider failed and nothing was sent on yet. */
  take(events: readonly ReadEvent[]): AnswerEvent[];
  /** Something that came could not be read. */
  damaged(): void;
  /** Nothing more comes, because of `failure` if there is one. Throws `ModelFailure` when nothing was sent on. */
  end(failure: Failure | null): (AnswerEvent | CutEvent)[];
  /** Something was sent on. */
  readonly started: boolean;
  /** The provider has said its last word, or failed. */
  readonly over: boolean;
};

type State = {
  started: boolean;
  over: boolean;
  finished: boolean;
  /** Anything came that this dialect knows. */
  heard: boolean;
  damage: Failure | null;
  usage: UsageReport | null;
  /** At most one event of each kind. */
  readonly held: AnswerEvent[];
  readonly pieces: TextPieces;
};

/** An answer of which nothing has come yet. */
export function createReceiving(): Receiving {
  const flags = { started: false, over: false, finished: false, heard: false };
  const state: State = { ...flags, damage: null, usage: null, held: [], pieces: storablePieces() };
  return {
    take: (events) => {
      const sent: AnswerEvent[] = [];
      for (const event of events) takeOne(state, event, sent);
      return sent;
    },
    damaged: () => {
      if (!state.finished) state.damage ??= failureOf("malformed");
    },
    end: (failure) => endOf(state, failure),
    get started() {
      return state.started;
    },
    get over() {
      return state.over;
    },
  };
}

function takeOne(state: State, event: ReadEvent, sent: AnswerEvent[]): void {
  if (state.over) return; // after an error, or the last word, nothing is part of the answer
  if (event.type === "done") state.over = true;
  else if (event.type === "failure") fail(state, event.failure);
  else {
    state.heard = true;
    if (event.type === "text") return sendText(state, state.pieces.take(event.text), sent);
    if (event.type === "tool_call") return send(state, { type: "tool_call", call: storableCall(event.call) }, sent);
    if (event.type === "usage") state.usage = event.report;
    if (event.type === "finish") {
      if (state.finished) return;
      state.finished = true;
      sendText(state, state.pieces.rest(), sent);
    }
    send(state, event, sent);
  }
}

function fail(state: State, failure: Failure): void {
  state.over = true;
  if (state.finished) return;
  state.damage ??= failure;
  if (!state.started) throw new ModelFailure(state.damage, state.usage);
}

function endOf(state: State, failure: Failure | null): (AnswerEvent | CutEvent)[] {
  const { damage, finished, heard, usage } = state;
  const sent: AnswerEvent[] = [];
  sendText(state, state.pieces.rest(), sent);
  if (!state.started) throw new ModelFailure(damage ?? failure ?? failureOf(heard ? "cut" : "malformed"), usage);
  const cause = finished ? damage : (damage ?? failure ?? failureOf("cut"));
  return cause === null ? sent : [...sent, { type: "cut", failure: cause }];
}

function sendText(state: State, text: string, sent: AnswerEvent[]): void {
  if (text !== "") send(state, { type: "text", text }, sent);
}

function send(state: State, event: AnswerEvent, sent: AnswerEvent[]): void {
  if (!state.started && !STARTS.has(event.type)) return hold(state.held, event);
  if (!state.started) sent.push(...state.held.splice(0));
  state.started = true;
  sent.push(event);
}

const STARTS: ReadonlySet<AnswerEvent["type"]> = new Set(["text", "tool_call", "finish"]);

/** Of each kind one is held: the last name and report, and the sum of the reasoning. */
function hold(held: AnswerEvent[], event: AnswerEvent): void {
  const at = held.findIndex(({ type }) => type === event.type);
  const before = held[at];
  if (before === undefined) held.push(event);
  else held[at] = event.type === "reasoning" && before.type === "reasoning" ? { ...event, octets: before.octets + event.octets } : event;
}

const MOST_NAME_OCTETS = 200; // names go into columns

function storableCall(call: ToolCall): ToolCall {
  const [id, name] = [storableText(call.id, MOST_NAME_OCTETS), storableText(call.name, MOST_NAME_OCTETS)];
  return { ...call, id, name, arguments: storableText(call.arguments) };
}
