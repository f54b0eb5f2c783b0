// Bytes to server-sent events, over eventsource-parser. Owns the decoding, the bounds, and the last event of a stream that ends without
// its blank line, which the parser would drop.

import { createParser } from "eventsource-parser";
import { failureOf, ModelFailure } from "./failure.ts";

export type SseReader = {
  /** Takes the next bytes, split anywhere. Throws `ModelFailure` (malformed) beyond a bound. */
  feed(bytes: Uint8Array): void;
  /** The stream has ended: an event without a blank line behind it counts. */
  end(): void;
};

/** One event, with all of its lines: a text of 1 MiB that JSON writes in six octets a character fits. */
export const MOST_EVENT_CHARACTERS = 8 * 1024 * 1024;
/** One answer. Only a broken provider sends more. */
export const MOST_ANSWER_OCTETS = 16 * 1024 * 1024;

/** A reader that gives the data of every event. Comments, names, ids and unknown fields say nothing here. */
export function sseReader(onData: (data: string) => void): SseReader {
  const decoder = new TextDecoder(); // broken UTF-8 becomes U+FFFD, a byte order mark is passed over
  const parser = createParser({
    onEvent: ({ data }) => onData(data),
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") throw new ModelFailure(failureOf("malformed"));
    },
    maxBufferSize: MOST_EVENT_CHARACTERS,
  });
  let octets = 0;
  return {
    feed: (bytes) => {
      octets += bytes.byteLength;
      if (octets > MOST_ANSWER_OCTETS) throw new ModelFailure(failureOf("malformed"));
      parser.feed(decoder.decode(bytes, { stream: true }));
    },
    end: () => parser.feed(`${decoder.decode()}\n\n`),
  };
}
