// A turn as it is answered, event by event.

import { readEvents, type TurnEvent } from "@pantheon/client/sse.ts";
import { signInEnded } from "../session/session.ts";
import { Refused, refusalOf, send } from "./client.ts";

export type Question = {
  readonly session: string;
  readonly message: string;
  readonly model: string;
  /** The completed turn that this one stands in for. */
  readonly replaces?: string;
  readonly key: string;
  readonly signal: AbortSignal;
};

/**
 * The events of a turn, the last one `done`. The same key runs it once, however often it is sent. Throws Refused with the API's words,
 * and what `fetch` or the signal throws.
 */
export async function* streamTurn({ session, message, model, replaces, key, signal }: Question): AsyncGenerator<TurnEvent> {
  const body = { message, model_alias_override: model, ...(replaces !== undefined && { replaces }) };
  const response = await send("POST /sessions/{id}/turns/stream", { path: { id: session }, body }, { key, signal });
  if (response.status === 401) signInEnded();
  if (!response.ok) throw await refusalOf(response);
  for await (const event of readEvents(response)) {
    if (event.type === "error") throw new Refused(NO_ANSWER, event);
    yield event;
  }
}

/** The status that the same end has where nothing streams. */
const NO_ANSWER = 502;
