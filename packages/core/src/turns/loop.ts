// A turn whose model may use tools: it is asked, its tools are used, and it is asked again with what they said, until it answers without
// one. Owns the bounds of that (steps, calls, size, credits), and what a loop that cannot go on comes to.

import { invariant } from "@pantheon/contract/error.ts";
import type { TurnFinish } from "@pantheon/contract/vocabulary.ts";
import type { ModelAnswer } from "../models/collect.ts";
import { ModelRefusal } from "../models/gateway.ts";
import type { Model } from "../models/model.ts";
import type { Message } from "../models/request.ts";
import { MAX_TEXT_OCTETS } from "../models/storable-text.ts";
import { offered } from "../tools/offers.ts";
import { asked, firstAsking, LateAnswer, type Asked, type Asking, type ConversationEvent } from "./ask.ts";
import { callRecord } from "./call-record.ts";
import type { Memory, Terms } from "./memory.ts";
import type { OpenedTurn } from "./open.ts";
import { raisedFor } from "./raise.ts";
import { notCovered } from "./refusal.ts";
import type { TurnDeps, TurnRequest } from "./request.ts";
import type { Conversation, Talk } from "./talk.ts";
import { MOST_TOLD, remembered, useTools } from "./use-tools.ts";

/** How often a turn's model may ask for tools. After the last time it is offered none, so that it answers. */
export const MOST_STEPS = 8;

export type Start = { readonly turn: OpenedTurn; readonly model: Model; readonly memory: Memory; readonly talk: Talk };

type Events<Result> = AsyncGenerator<ConversationEvent, Result, undefined>;

/** Runs the loop. Throws where there is no text in the end: then nobody pays (converse.ts). */
export async function* withTools(deps: TurnDeps, request: TurnRequest, start: Start, terms: Terms): Events<Conversation> {
  const { model, talk } = start;
  const toolbox = await deps.toolbox();
  const names = start.turn.tools;
  invariant(request.session !== null, "only a session has tools");
  const where = { session: request.session, actor: request.caller.actor };
  const files = names.includes("file_read") ? await toolbox.files.list(where) : [];
  const tools = offered(names, files);
  const after: Message[] = [];
  const opening: Asking = { ...firstAsking(start.turn, model, tools), after };
  let current = start.turn;
  let first: OpenedTurn | null = null;
  for (let step = 0; ; step += 1) {
    const mayCall = step < MOST_STEPS;
    const came = yield* told(
      talk,
      orCut(asked(deps, request, { ...opening, turn: current, tools: mayCall ? tools : [] }, terms), talk, terms),
    );
    if (came === null) return ended(start, first ?? current, current, "cut");
    const { turn, answer, finishReason } = came;
    first ??= turn;
    talk.calls.push(callRecord(turn, talk.calls, { alias: turn.alias, model, answer, octets: turn.octets }));
    const calls = answer.cut === null && mayCall ? answer.toolCalls.slice(0, MOST_TOLD) : [];
    if (calls.length === 0) return ended(start, first, turn, finishReason, answer);
    const results = yield* useTools(deps, toolbox, { where, turn, talk, calls }, terms);
    const more: Message[] = [{ role: "assistant", content: answer.text, toolCalls: calls.map(remembered) }, ...results];
    const raised = await raisedFor(deps, request, { turn, talk, more });
    if (!raised.covered) {
      if (!hasText(talk)) throw notCovered(raised.row, deps.config);
      return ended(start, first, turn, "budget", answer);
    }
    after.push(...more);
    current = raised.turn;
  }
}

/** A reader who has seen text keeps it: what fails after it is cut. Null then. */
async function* orCut(events: Events<Asked>, talk: Talk, { keepsLate }: Terms): Events<Asked | null> {
  try {
    return yield* events;
  } catch (error) {
    const isTheModels = error instanceof ModelRefusal && !(error instanceof LateAnswer);
    if (!isTheModels || !keepsLate || !hasText(talk)) throw error;
    return null;
  }
}

const PARAGRAPH = "\n\n";

/** The events of one call, with the text that its reader sees: a paragraph apart from what was said before, and all of it together bounded. */
async function* told<Result>(talk: Talk, events: Events<Result>): Events<Result> {
  let hasBegun = false;
  for (;;) {
    const step = await events.next();
    if (step.done) return step.value;
    const event = step.value;
    if (event.type !== "text") {
      yield event;
      continue;
    }
    const text = (hasBegun || talk.text === "" ? "" : PARAGRAPH) + event.text;
    if (Buffer.byteLength(talk.text) + Buffer.byteLength(text) > MAX_TEXT_OCTETS) continue;
    hasBegun = true;
    talk.text += text;
    yield { type: "text", text };
  }
}

function hasText({ text }: Talk): boolean {
  return text.trim() !== "";
}

/** The conversation as it settles: the hold is that of its last call, and what the session learns of its prompt that of its first. */
function ended(start: Start, first: OpenedTurn, last: OpenedTurn, finishReason: TurnFinish, answer?: ModelAnswer): Conversation {
  const { talk, memory, turn: opened } = start;
  if (!hasText(talk)) {
    throw new ModelRefusal(answer?.cut?.kind === "late" ? "provider_timeout" : "provider_failed", answer?.attempts ?? []);
  }
  const turn = { ...last, octets: first.octets, maxOutputTokens: opened.maxOutputTokens };
  return { turn, calls: talk.calls, tools: talk.tools, text: talk.text, finishReason, memory };
}
