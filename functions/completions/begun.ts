// The beginning of a streamed answer: a refusal has a status as long as nothing was said, so the head waits a little for the first word.

import { within, type Source } from "@pantheon/edge/output/event-stream.ts";
import type { CallEvent, Running } from "@pantheon/core/turns/call.ts";

/** No longer than this: whoever waits for a first byte must not give up. */
const FIRST_WORD_MS = 8_000;

/** The call's events as `lines` writes them, once its model has said something or taken its time. Throws what ended it before. */
export async function begun(call: Running<CallEvent>, lines: (event: CallEvent) => string): Promise<Source<string>> {
  const started = await call.next();
  const coming = call.next();
  const first = await within(coming, FIRST_WORD_MS);
  const thrown = first === null ? await call.ended : null;
  if (thrown !== null) throw thrown;
  const ahead = [Promise.resolve(started), coming];
  return {
    ended: call.ended,
    leave: () => call.leave(),
    next: async () => {
      const event = await (ahead.shift() ?? call.next());
      return event === null ? null : lines(event);
    },
  };
}
