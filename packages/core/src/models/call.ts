// One call to one route: sends the request, reads the answer however it comes and however it ends, and leaves no connection
// open. Retrying, and choosing a route, is the gateway's.

import type { Clock } from "@pantheon/contract/time.ts";
import type { Dialect, WrittenRequest } from "./dialect.ts";
import { anthropic } from "./dialects/anthropic.ts";
import { google } from "./dialects/google.ts";
import { openAiCompatible } from "./dialects/openai-compatible.ts";
import { exchange as overTheNetwork, type Exchange, type Received } from "./exchange.ts";
import { failureOf, ModelFailure, retryAfterOf } from "./failure.ts";
import { parseJson } from "./json.ts";
import type { DialectName, Route } from "./model.ts";
import { createReceiving, type Receiving } from "./receiving.ts";
import type { AnswerEvent, CutEvent, ModelRequest } from "./request.ts";
import { MOST_ANSWER_OCTETS, sseReader } from "./sse.ts";

export type Call = {
  readonly route: Route;
  readonly request: ModelRequest;
  readonly key: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** The network, when undefined. */
  readonly exchange?: Exchange | undefined;
  readonly clock: Clock;
  /** Ends the call at once. Its reason is the `ModelFailure` that the call then ends with. */
  readonly signal: AbortSignal;
  /** How long nothing at all may come, before the first text and after it. Milliseconds. */
  readonly silenceMs: number;
  readonly idleMs: number;
};

const DIALECTS: Readonly<Record<DialectName, Dialect>> = { "openai-compatible": openAiCompatible, anthropic, google };

/** After its last word a provider gets this long to end the response, so that the connection can be used again. */
const FAREWELL_MS = 250;

/**
 * Asks once. Yields text, tool calls, usage and the end as they come, all that one read of the network brought together, and reads no
 * faster than they are taken. Throws `ModelFailure` when neither text, nor a tool call, nor an end came; after that it never throws, and
 * an answer that broke off ends with `cut`.
 */
export async function* callModel(call: Call): AsyncGenerator<readonly (AnswerEvent | CutEvent)[], void, undefined> {
  call.signal.throwIfAborted();
  const written = DIALECTS[call.route.dialect].request(call.route, call.request);
  const hangUp = new AbortController();
  const leave = (): void => hangUp.abort(call.signal.reason);
  call.signal.addEventListener("abort", leave, { once: true });
  const patience = createPatience(call.silenceMs, () => hangUp.abort(new ModelFailure(failureOf("silent"))));
  const receiving = createReceiving();
  try {
    const received = await send(call, written, hangUp.signal, patience);
    for await (const events of answerOf(call, received, receiving, patience)) {
      if (receiving.over) patience.limit(FAREWELL_MS);
      else if (receiving.started) patience.limit(call.idleMs);
      if (events.length > 0) yield events;
    }
    yield receiving.end(null);
  } catch (error) {
    yield receiving.end(receiving.over && !call.signal.aborted ? null : failureIn(error, hangUp.signal, receiving.started));
  } finally {
    patience.stop();
    call.signal.removeEventListener("abort", leave);
    hangUp.abort(LEFT);
  }
}

const LEFT = new ModelFailure(failureOf("stopped")); // made once: an error with its stack is dear

/** Never a message of the system's: it may hold an address. */
function failureIn(error: unknown, signal: AbortSignal, started: boolean) {
  const cause: unknown = signal.aborted && !(error instanceof ModelFailure) ? signal.reason : error;
  return cause instanceof ModelFailure ? cause.failure : failureOf(started ? "cut" : "unreachable");
}

/** Sends the request. Any status but 2xx is a failure, a redirect too. */
async function send(call: Call, { path, headers, body }: WrittenRequest, signal: AbortSignal, patience: Patience): Promise<Received> {
  const { route, key, baseUrl, exchange = overTheNetwork, clock } = call;
  const dialect = DIALECTS[route.dialect];
  const received = await patience.during(
    exchange(`${baseUrl}${path}`, {
      headers: { "content-type": "application/json", ...headers, ...dialect.authorise(key) },
      body: JSON.stringify(body),
      signal,
    }),
  );
  if (received.status >= 200 && received.status < 300) return received;
  patience.limit(REFUSAL_MS);
  const refusal = await textOf(received, MOST_REFUSAL_OCTETS, patience).catch(() => "");
  throw new ModelFailure(dialect.refusal(received.status, parseJson(refusal), retryAfterOf(received.header, clock())));
}

const MOST_REFUSAL_OCTETS = 64 * 1024;
const REFUSAL_MS = 1_000; // its status is known, so its words are not waited for as an answer is

/** What may be sent on, a network read at a time. The content type says how to read: an error may come as JSON in the place of a stream. */
async function* answerOf({ route }: Call, received: Received, receiving: Receiving, patience: Patience): AsyncGenerator<AnswerEvent[]> {
  const reader = DIALECTS[route.dialect].reader(route);
  const type = received.header("content-type")?.toLowerCase() ?? "text/event-stream";
  if (type.includes("json")) {
    const body = parseJson(await textOf(received, MOST_ANSWER_OCTETS, patience));
    yield receiving.take(reader.whole(body));
    return;
  }
  if (!type.startsWith("text/event-stream")) throw new ModelFailure(failureOf("malformed"));
  let sent: AnswerEvent[] = [];
  const events = sseReader((data) => {
    const payload = data === "[DONE]" ? DONE : parseJson(data);
    if (payload === undefined) receiving.damaged();
    else sent.push(...receiving.take(payload === DONE ? DONE : reader.event(payload)));
  });
  for (;;) {
    const bytes = await patience.during(received.read());
    const broken = thrownBy(() => (bytes === undefined ? events.end() : events.feed(bytes)));
    yield sent; // what came before a bound was passed came
    if (broken !== null) throw broken;
    if (bytes === undefined) return;
    sent = [];
  }
}

const DONE = [{ type: "done" }] as const;

function thrownBy(act: () => void): unknown {
  try {
    act();
    return null;
  } catch (error) {
    return error;
  }
}

async function textOf(received: Received, limit: number, patience: Patience): Promise<string> {
  const decoder = new TextDecoder();
  let [text, octets] = ["", 0];
  for (;;) {
    const bytes = await patience.during(received.read());
    if (bytes === undefined) return text + decoder.decode();
    octets += bytes.byteLength;
    if (octets > limit) throw new ModelFailure(failureOf("malformed"));
    text += decoder.decode(bytes, { stream: true });
  }
}

type Patience = {
  /** Waits for the provider: only this time counts, not what our own reader takes. */
  during<T>(wait: Promise<T>): Promise<T>;
  limit(ms: number): void;
  stop(): void;
};

function createPatience(firstMs: number, end: () => void): Patience {
  let [ms, waiting, waits] = [firstMs, false, 0];
  // What the system has already received counts as come, though a busy process has not read it yet: so it is let read once more.
  const check = (seen: number): void => {
    if (waiting && waits === seen) end();
  };
  const arm = () => setTimeout(() => void setImmediate(check, waits), ms);
  let timer = arm();
  return {
    during: async (wait) => {
      waiting = true;
      waits += 1;
      timer.refresh();
      const came = await wait; // where nothing came the call is over
      waiting = false;
      return came;
    },
    limit: (newMs) => {
      if (newMs === ms) return;
      clearTimeout(timer);
      ms = newMs;
      timer = arm();
    },
    stop: () => clearTimeout(timer),
  };
}
