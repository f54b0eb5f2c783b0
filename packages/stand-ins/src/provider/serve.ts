// One request to the stand-in provider, from the first byte to the last: authorisation, validation, bookkeeping, refusals, then the answer.

import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "@pantheon/contract/id.ts";
import type { Clock } from "@pantheon/contract/time.ts";
import { readBody } from "../read-body.ts";
import { answer } from "./answer.ts";
import { behaviourOf } from "./behaviour.ts";
import type { Behaviour } from "./behaviour.ts";
import { readChatRequest } from "./chat-request.ts";
import type { ChatMessage, ChatRequest } from "./chat-request.ts";
import { replyTo, sizeOf } from "./reply.ts";

export type ProviderRequest = {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number | null;
  readonly streamed: boolean;
  /** The names of the tools, where there were any. */
  readonly tools?: readonly string[];
  /** All that was asked besides messages and tools, under the API's own names. */
  readonly options: Readonly<Record<string, unknown>>;
};

/** What the provider remembers between requests. */
export type ProviderState = {
  readonly clock: Clock;
  readonly delayMs: number;
  readonly redirectTo: string;
  readonly counts: Map<string, number>;
  /** Behaviour by another name: model → the name it acts like. */
  readonly likeness: Map<string, string>;
  readonly requests: ProviderRequest[];
  readonly closing: AbortController;
  abandoned: number;
  inFlight: number;
};

/** Serves one request. Resolves in every case; a caller that leaves early is counted as `abandoned`. */
export async function serve(state: ProviderState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, state.closing.signal]);
  const leave = (): void => {
    if (!state.closing.signal.aborted) state.abandoned += 1;
    gone.abort();
  };
  state.inFlight += 1;
  response.once("close", leave);
  try {
    await respond(state, request, response, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    response.off("close", leave);
    state.inFlight -= 1;
  }
}

async function respond(state: ProviderState, request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
  const body = await readBody(request, MAX_BODY_OCTETS);
  if (body === null) return refuse(response, 413, "The body is too large.");
  if (request.method !== "POST" || request.url !== "/v1/chat/completions") return refuse(response, 404, "There is nothing here.");
  if (!/^Bearer \S/.test(request.headers.authorization ?? "")) return refuse(response, 401, "No API key was sent.");
  const chat = readChatRequest(body);
  if ("fault" in chat) return refuse(response, 400, chat.fault);
  remember(state, chat);
  const behaviour = behaviourOf(state.likeness.get(chat.model) ?? chat.model);
  await sleep(state.delayMs + (behaviour.waitMs ?? 0), undefined, { signal });
  if (fails(state, chat, behaviour, response)) return;
  const created = Math.floor(state.clock() / 1_000);
  await answer(response, { id: `gen-${newId()}`, request: chat, reply: replyTo(chat, behaviour), behaviour, created, signal });
}

const MAX_BODY_OCTETS = 8 * 1024 * 1024; // more than any chat should be

const KEPT_REQUESTS = 100;

function remember(state: ProviderState, { model, messages, maxTokens, stream, tools, options }: ChatRequest): void {
  state.counts.set(model, (state.counts.get(model) ?? 0) + 1);
  state.requests.push({ model, messages, maxTokens, streamed: stream, ...(tools.length > 0 && { tools }), options });
  if (state.requests.length > KEPT_REQUESTS) state.requests.shift();
}

/** Fails before any answer, when the behaviour says so; true when it did. */
function fails(state: ProviderState, chat: ChatRequest, behaviour: Behaviour, response: ServerResponse): boolean {
  const {
    refuse: refusal,
    redirect,
    connection,
    failuresBeforeEachSuccess: failures = 0,
    window = Infinity,
    octetsPerToken = 1,
  } = behaviour;
  const call = state.counts.get(chat.model) ?? 0;
  if (refusal?.html) response.writeHead(refusal.status, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
  else if (refusal !== undefined) refuse(response, refusal.status, "The stand-in refuses.", retryAfter(refusal.retryAfter, state.clock));
  else if (sizeOf(chat.messages) > window * octetsPerToken) refuse(response, 400, TOO_LONG, {}, "context_length_exceeded");
  else if (redirect) response.writeHead(307, { location: state.redirectTo }).end();
  else if (connection === "reset") response.socket?.resetAndDestroy();
  else if (call % (failures + 1) !== 0 && failures > 0) refuse(response, 503, "The stand-in is busy.");
  else return false;
  return true;
}

function retryAfter(value: string | undefined, clock: Clock): Record<string, string> {
  if (value === undefined) return {};
  return { "retry-after": value === "date" ? new Date(clock() + 2_000).toUTCString() : value };
}

const TOO_LONG = "This model's maximum context length was exceeded. Please reduce the length of the messages.";

function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Record<string, string> = {},
  code: string | number = status,
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message, type: status < 500 ? "invalid_request_error" : "server_error", param: null, code } }));
}
