// Writes one answer of the stand-in provider onto the wire: whole or as server-sent events, well or badly as the behaviour says.

import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Behaviour } from "./behaviour.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { Reply } from "./reply.ts";

export type AnswerJob = {
  readonly id: string;
  readonly request: ChatRequest;
  readonly reply: Reply;
  readonly behaviour: Behaviour;
  /** Seconds since 1970, for `created`. */
  readonly created: number;
  /** Aborted when the caller has gone or the provider closes. */
  readonly signal: AbortSignal;
};

const LONGEST_SILENCE_MS = 60_000;

/** Answers the request; resolves when the response has been ended, broken off or abandoned. */
export async function answer(response: ServerResponse, job: AnswerJob): Promise<void> {
  const { behaviour, request, signal } = job;
  if (behaviour.garbage)
    return void response.writeHead(200, { "content-type": "text/plain" }).end("<<< this is neither JSON nor an event >>>");
  if (behaviour.connection === "silent") {
    response.writeHead(200, { "content-type": request.stream ? EVENTS : JSON_TYPE }).flushHeaders();
    await sleep(LONGEST_SILENCE_MS, undefined, { signal });
    return void response.destroy();
  }
  return request.stream ? stream(response, job) : whole(response, job);
}

const EVENTS = "text/event-stream; charset=utf-8";
const JSON_TYPE = "application/json";

async function stream(response: ServerResponse, job: AnswerJob): Promise<void> {
  const { behaviour, reply, request, signal } = job;
  const { stop, usageOnEveryChunk = false } = behaviour;
  const usage = request.includeUsage ? usageText(job) : null;
  const send = (choices: unknown[], withUsage: boolean): unknown => response.write(event(job, choices, withUsage ? usage : null));
  response.writeHead(200, { "content-type": EVENTS, "cache-control": "no-cache" }).flushHeaders();
  const pieces = piecesOf(reply.text);
  for (const piece of pieces.slice(0, stop?.afterChunks)) {
    await sleep(behaviour.waitBeforeChunkMs ?? 0, undefined, { signal });
    send([{ index: 0, delta: { role: "assistant", content: piece }, finish_reason: null }], usageOnEveryChunk);
  }
  if (stop !== undefined) return breakOff(response, stop.how);
  for (const delta of callPieces(reply.toolCalls)) send([{ index: 0, delta: { tool_calls: [delta] }, finish_reason: null }], false);
  send([{ index: 0, delta: {}, finish_reason: reply.finishReason }], usageOnEveryChunk);
  if (usage !== null) send([], true);
  response.end("data: [DONE]\n\n");
}

async function whole(response: ServerResponse, job: AnswerJob): Promise<void> {
  const { behaviour, reply, signal } = job;
  if (behaviour.stop !== undefined) {
    response.writeHead(200, { "content-type": JSON_TYPE }).flushHeaders();
    return breakOff(response, behaviour.stop.how);
  }
  await sleep(behaviour.waitBeforeChunkMs ?? 0, undefined, { signal });
  const calls = reply.toolCalls.map(({ id, name, arguments: given }) => ({ id, type: "function", function: { name, arguments: given } }));
  const message = { role: "assistant", content: reply.text, ...(calls.length > 0 && { tool_calls: calls }) };
  const choices = [{ index: 0, message, finish_reason: reply.finishReason }];
  response.writeHead(200, { "content-type": JSON_TYPE }).end(document(job, "chat.completion", choices, usageText(job)));
}

/** What has been written is let out first, so that the reader really gets N chunks before the break. */
function breakOff(response: ServerResponse, how: "cut" | "end" | "error"): void {
  if (how === "end") return void response.end();
  if (how === "error") return void response.end('data: {"error":{"message":"The upstream model stopped.","code":502}}\n\n');
  response.write(": the end of what will be sent\n\n", () => response.destroy());
}

function usageText({ behaviour, reply }: AnswerJob): string | null {
  return behaviour.usage === undefined ? JSON.stringify(reply.usage) : behaviour.usage(reply.usage);
}

function event(job: AnswerJob, choices: unknown[], usage: string | null): string {
  return `data: ${document(job, "chat.completion.chunk", choices, usage)}\n\n`;
}

/** Usage is spliced in as text: some behaviours report figures that no serialiser would write. */
function document({ id, created, request, behaviour }: AnswerJob, object: string, choices: unknown[], usage: string | null): string {
  const body = JSON.stringify({ id, object, created, model: behaviour.model ?? request.model, provider: "Stand-in", choices });
  return usage === null ? body : `${body.slice(0, -1)},"usage":${usage}}`;
}

const MOST_PIECE = 16_384;

/** Each call in two pieces: its name, then what it is given, in more where that is long. */
function callPieces(calls: AnswerJob["reply"]["toolCalls"]) {
  return calls.flatMap(({ id, name, arguments: given }, index) => [
    { index, id, type: "function", function: { name, arguments: "" } },
    ...Array.from({ length: Math.ceil(given.length / MOST_PIECE) }, (_, piece) => ({
      index,
      function: { arguments: given.slice(piece * MOST_PIECE, (piece + 1) * MOST_PIECE) },
    })),
  ]);
}

const MOST_PIECES = 64;

/** At most 64 pieces: a word or two each in a short answer, more in a long one. Surrogate pairs may be split, as real providers do. */
function piecesOf(text: string): string[] {
  const size = Math.max(12, Math.ceil(text.length / MOST_PIECES));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));
}
