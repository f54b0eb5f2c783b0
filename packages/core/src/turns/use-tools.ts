// The tools that one answer asks for, used side by side: each is begun, bounded in time, recorded, and told to the model.

import type { Message, ToolCall } from "../models/request.ts";
import type { InSession } from "../tools/file-texts.ts";
import { ARGUMENT_OCTETS, toolError, type Toolbox, type ToolUse } from "../tools/toolbox.ts";
import { storableText } from "../models/storable-text.ts";
import type { ConversationEvent } from "./ask.ts";
import type { Talk } from "./talk.ts";
import type { Terms } from "./memory.ts";
import type { OpenedTurn } from "./open.ts";
import type { TurnDeps } from "./request.ts";
import { toolRecord } from "./tool-record.ts";

/** How many calls of one answer are made; the others are told that they are too many. */
export const MOST_CALLS = 8;
/** Of how many calls of one answer a model is told anything at all; the others were never asked for. */
export const MOST_TOLD = 2 * MOST_CALLS;
/** What one use may take, at most. Milliseconds. */
const MOST_MS = 8_000;
/** What all results of a turn may have together. Octets. */
export const MOST_RESULT_OCTETS = 128 * 1_024;

/** A call as the model is reminded of it: with arguments that were read, and without such as were too large to be. */
export function remembered(call: ToolCall): ToolCall {
  return Buffer.byteLength(call.arguments) <= ARGUMENT_OCTETS ? call : { ...call, arguments: "{}" };
}

type Step = {
  readonly where: InSession;
  readonly turn: OpenedTurn;
  readonly talk: Talk;
  readonly calls: readonly ToolCall[];
};

type Done = ToolUse & { readonly latencyMs: number };

/** Uses them, and answers what the model is told of each, in the order in which it asked. Never throws for a tool. */
export async function* useTools(
  { ticks }: Pick<TurnDeps, "ticks">,
  toolbox: Toolbox,
  { where, turn, talk, calls }: Step,
  { until, signal }: Terms,
): AsyncGenerator<ConversationEvent, Message[], undefined> {
  const over = AbortSignal.timeout(Math.max(1, Math.min(MOST_MS, Math.floor(until - ticks()))));
  const ground = { where, signal: signal === undefined ? over : AbortSignal.any([over, signal]) };
  const begun = calls.map((call, at) => {
    const name = toolbox.nameOf(call, turn.tools);
    return { call, name, done: at < MOST_CALLS ? timed(ticks, toolbox.use(call, turn.tools, ground)) : TOO_MANY };
  });
  const before = talk.tools.length;
  for (const [at, { name }] of begun.entries()) yield { type: "tool", index: before + at, name, outcome: null };
  const results: Message[] = [];
  for (const { call, name, done } of begun) {
    const { content, status, latencyMs } = withinRoom(talk, await done);
    const outcome = { name, status, latencyMs, arguments: storableText(call.arguments, ARGUMENT_OCTETS), result: content };
    const record = toolRecord(turn, talk, outcome);
    talk.tools.push(record);
    const failed = status === "error";
    results.push({ role: "tool", toolCallId: call.id, toolName: call.name, content, ...(failed && { failed }) });
    yield { type: "tool", index: record.index, name, outcome: status };
  }
  return results;
}

const TOO_MANY: Promise<Done> = Promise.resolve({
  name: "unknown",
  status: "error",
  content: toolError(`At most ${MOST_CALLS} tools can be used at once.`),
  latencyMs: 0,
});

async function timed(ticks: TurnDeps["ticks"], use: Promise<ToolUse>): Promise<Done> {
  const began = ticks();
  return { ...(await use), latencyMs: Math.round(ticks() - began) };
}

/** What no longer has room is told to be so, and costs nothing. */
function withinRoom({ tools }: Talk, done: Done): Done {
  const octets = tools.reduce((all, { result }) => all + Buffer.byteLength(result), 0);
  if (octets + Buffer.byteLength(done.content) <= MOST_RESULT_OCTETS) return done;
  return { ...done, status: "error", content: toolError("There is no room for more results in this turn. Answer with what you have.") };
}
