// A response as server-sent events, one JSON object a `data:` line: as they come, no faster than they are read, with a sign of life in
// between. Owns how a failure after the head is told; what the events mean is the product's.

import type * as v from "valibot";
import type { DomainError } from "@pantheon/contract/error.ts";
import type { StreamEvent } from "@pantheon/contract/stream.ts";
import type { AppEnv, Asked } from "../shell/app-env.ts";

/** A request whose log line waits for its body. */
type Streamed = Asked & { set<Name extends "refusal" | "bodyEnd">(name: Name, value: AppEnv["Variables"][Name]): void };

type Event = v.InferInput<typeof StreamEvent>;

export type Source<Piece> = {
  /** The next piece; null when there is none any more. Never rejects. */
  next(): Promise<Piece | null>;
  /** The reader has left. Resolves when what was begun is finished. */
  leave(): Promise<void>;
  /** Resolves when all work is done: null, or what was thrown. */
  readonly ended: Promise<unknown>;
};

export type EventSource = Source<Event>;

const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = ": keep-alive\n\n";

/** The streamed response. `refuse` makes a refusal of what was thrown: it becomes the last event and the code of the log line. */
export function eventStream(c: Streamed, source: EventSource, refuse: (thrown: unknown) => DomainError): Response {
  return lineStream(c, { ...source, next: async () => lineOf(await source.next()) }, failedLine, refuse);
}

function failedLine({ code, message }: DomainError): string {
  return line({ type: "error", code, detail: message });
}

/** The same for events that are text already: whole lines, with the blank one after each. `failed` words the last one of what was refused. */
export function lineStream(
  c: Streamed,
  source: Source<string>,
  failed: (refused: DomainError) => string,
  refuse: (thrown: unknown) => DomainError,
): Response {
  const refusal = source.ended.then((thrown) => {
    if (thrown === null) return null;
    const refused = refuse(thrown);
    c.set("refusal", refused.code);
    return refused;
  });
  c.set("bodyEnd", refusal);
  const encoder = new TextEncoder();
  let coming: Promise<string | null> | null = null;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        coming ??= source.next();
        const event = await within(coming, KEEP_ALIVE_MS);
        if (event === undefined) return controller.enqueue(encoder.encode(KEEP_ALIVE));
        coming = null;
        if (event !== null) return controller.enqueue(encoder.encode(event));
        const refused = await refusal;
        if (refused !== null) controller.enqueue(encoder.encode(failed(refused)));
        controller.close();
      },
      cancel: () => source.leave(),
    },
    { highWaterMark: 0 },
  );
  c.header("Content-Type", "text/event-stream");
  c.header("X-Accel-Buffering", "no");
  return c.body(body);
}

function lineOf(event: Event | null): string | null {
  return event === null ? null : line(event);
}

function line(event: Event): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** What comes in this time; undefined when nothing does. */
export async function within<T>(coming: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  try {
    return await Promise.race([coming, over]);
  } finally {
    clearTimeout(timer);
  }
}
