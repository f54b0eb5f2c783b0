// Lambda's Runtime API on 127.0.0.1, for one runtime process at a time: hands out events with their deadlines and takes answers,
// buffered or streamed, and errors. What happens to the process is lambda-container.ts.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Json } from "./world.ts";

export type Job = {
  readonly id: string;
  readonly event: unknown;
  /** On the container's clock. */
  readonly deadlineMs: number;
  /** How much later than now it is for the container. */
  readonly laterMs: number;
  /** Called with each part of a streamed answer; the next one is read when it is done. */
  readonly read?: (chunk: Buffer) => Promise<void> | void;
};

export type Outcome =
  /** A whole answer. */
  | { readonly kind: "answered"; readonly payload: Json }
  /** A streamed one; `error` names the failure that it ended with, in place of its end. */
  | { readonly kind: "streamed"; readonly head: Json; readonly body: Buffer; readonly error: string | null }
  /** The handler threw, or the module did. */
  | { readonly kind: "failed"; readonly error: string; readonly message: string };

export type RuntimeApi = {
  /** `host:port`, as the runtime wants to be told it. */
  readonly address: string;
  /** Resolves when the runtime has asked for an event and has none. */
  idle(): Promise<void>;
  /** Hands the event over as soon as the runtime asks for one, and resolves with its answer. */
  deliver(job: Job): Promise<Outcome>;
  /** Resolves with the error of a module that could not be loaded. */
  initFailed(): Promise<Outcome>;
  /** Forgets the process: what it asked for and what it was given. */
  forget(): void;
  close(): Promise<void>;
};

type Waiting = { readonly job: Job; readonly resolve: (outcome: Outcome) => void };
type State = {
  asking: ServerResponse | null;
  queued: Waiting | null;
  running: Waiting | null;
  idle: PromiseWithResolvers<void>;
  initFailed: PromiseWithResolvers<Outcome>;
};

const INVOCATION = "/2018-06-01/runtime/invocation";
const ARN = "arn:aws:lambda:eu-central-1:000000000000:function:test";

export async function startRuntimeApi(): Promise<RuntimeApi> {
  const state = forgetful();
  const server = createServer((request, response) => void handle(state, request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    address: `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    idle: () => state.idle.promise,
    initFailed: () => state.initFailed.promise,
    deliver: (job) =>
      new Promise((resolve) => {
        state.queued = { job, resolve };
        handOver(state);
      }),
    forget: () => void Object.assign(state, forgetful()),
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function forgetful(): State {
  return { asking: null, queued: null, running: null, idle: Promise.withResolvers(), initFailed: Promise.withResolvers() };
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = "" } = request;
  if (url === `${INVOCATION}/next`) {
    state.asking = response;
    handOver(state);
    if (state.asking !== null) state.idle.resolve();
    return;
  }
  if (url.endsWith("/init/error")) {
    state.initFailed.resolve(failureOf(await text(request)));
  } else if (state.running !== null && url === `${INVOCATION}/${state.running.job.id}/response`) {
    const { job, resolve } = state.running;
    const streamed = request.headers["lambda-runtime-function-response-mode"] === "streaming";
    resolve(streamed ? await readStream(request, job) : answeredWith(await text(request)));
  } else if (state.running !== null && url === `${INVOCATION}/${state.running.job.id}/error`) {
    state.running.resolve(failureOf(await text(request)));
  }
  if (!response.destroyed) response.writeHead(202).end();
}

/** Answers the runtime's question with the event that waits, when there are both. */
function handOver(state: State): void {
  if (state.asking === null || state.queued === null) return;
  const { asking, queued } = state;
  Object.assign(state, { asking: null, queued: null, running: queued, idle: Promise.withResolvers() });
  const { id, deadlineMs, event, laterMs } = queued.job;
  asking.writeHead(200, {
    "Content-Type": "application/json",
    "Lambda-Runtime-Aws-Request-Id": id,
    "Lambda-Runtime-Deadline-Ms": String(deadlineMs),
    "Lambda-Runtime-Invoked-Function-Arn": ARN,
    "Test-Later-Ms": String(laterMs),
  });
  asking.end(JSON.stringify(event ?? null));
}

/** Lambda's limit for an answer that is not streamed. */
const MAX_ANSWER_BYTES = 6 * 1_024 * 1_024 + 100;

function answeredWith(body: string): Outcome {
  if (Buffer.byteLength(body) <= MAX_ANSWER_BYTES) return { kind: "answered", payload: JSON.parse(body) };
  return { kind: "failed", error: "Function.ResponseSizeTooLarge", message: "Response payload size exceeded the limit." };
}

/** Between the head of a streamed answer and its body. */
const DELIMITER = Buffer.alloc(8);

async function readStream(request: IncomingMessage, { read }: Job): Promise<Outcome> {
  const chunks: Buffer[] = [];
  let error: string | null = null;
  try {
    for await (const chunk of request) {
      chunks.push(chunk);
      await read?.(chunk);
    }
    error = request.trailers["lambda-runtime-function-error-type"] ?? null;
  } catch {
    error = "the connection was cut";
  }
  const all = Buffer.concat(chunks);
  const end = all.indexOf(DELIMITER);
  if (end < 0) return { kind: "streamed", head: null, body: all, error };
  const head = JSON.parse(all.subarray(0, end).toString());
  return { kind: "streamed", head, body: all.subarray(end + DELIMITER.length), error };
}

function failureOf(body: string): Outcome {
  const { errorType, errorMessage } = JSON.parse(body);
  return { kind: "failed", error: String(errorType), message: String(errorMessage) };
}
