// What every dialect is to the call: how a request is written, how an answer is read, what a refusal means. Pure: no dialect sends anything.

import type { Failure } from "./failure.ts";
import type { Route } from "./model.ts";
import type { ModelRequest, ReadEvent } from "./request.ts";

export type Dialect = {
  /** The request as this provider wants it. `path` goes behind the provider's base address; no key is in any of it. */
  request(route: Route, request: ModelRequest): WrittenRequest;
  /** The headers that carry the key. */
  authorise(key: string): Readonly<Record<string, string>>;
  /** A reader for one answer, streamed or whole. */
  reader(route: Route): AnswerReader;
  /** What a refusal means. `body` is what its JSON held, undefined when it was none; `retryAfterSeconds` what its headers ask for. */
  refusal(status: number, body: unknown, retryAfterSeconds: number | null): Failure;
};

export type WrittenRequest = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
};

export type AnswerReader = {
  /** What one server-sent event says. Never throws: what is not of the expected kind counts as not said. */
  event(payload: unknown): readonly ReadEvent[];
  /** What an answer in one piece says; an error in its place is a failure. */
  whole(body: unknown): readonly ReadEvent[];
};
