// Reading a streamed turn: server-sent events, each the JSON of one event of the contract (section 3).

import { EventSourceParserStream } from "eventsource-parser/stream";
import * as v from "valibot";
import { StreamEvent } from "@pantheon/contract/stream.ts";
import { NoResponse } from "./error.ts";

export type TurnEvent = v.InferOutput<typeof StreamEvent>;

/**
 * The events of a streamed response, as they come; the last one is `done` or `error`. Events of a kind that is not known are passed
 * over. Throws NoResponse when the stream ends before its last event, ValiError for an event that is not what the contract says. To stop
 * early, leave the loop: metering goes on without a reader.
 */
export async function* readEvents(response: Response): AsyncGenerator<TurnEvent, void, undefined> {
  const requestId = response.headers.get("x-request-id") ?? "";
  for await (const json of payloads(response, requestId)) {
    const { type } = v.parse(v.object({ type: v.string() }), json);
    if (!KINDS.has(type)) continue;
    const event = v.parse(StreamEvent, json);
    yield event;
    if (event.type === "done" || event.type === "error") return;
  }
  throw new NoResponse(requestId, new Error("the stream ended early"));
}

const KINDS: ReadonlySet<string> = new Set(StreamEvent.pipe[0].options.map((option) => option.entries.type.literal));

async function* payloads(response: Response, requestId: string): AsyncGenerator<unknown, void, undefined> {
  const events = response.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  const reader = events?.getReader();
  try {
    for (;;) {
      const next = await reader?.read().catch((cause: unknown) => {
        throw new NoResponse(requestId, cause);
      });
      if (next === undefined || next.done) return;
      yield JSON.parse(next.value.data);
    }
  } finally {
    await reader?.cancel().catch(() => {}); // it may have broken already
  }
}
