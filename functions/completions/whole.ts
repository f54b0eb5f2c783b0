// An answer in one piece: everything that comes of a call, once it is settled.

import { DomainError, invariant } from "@pantheon/contract/error.ts";
import type { CallEvent, RequestedCall, Running, SettledCall } from "@pantheon/core/turns/call.ts";

export type Whole = { readonly text: string; readonly calls: readonly RequestedCall[]; readonly call: SettledCall };

/** Takes a call to its end. Throws what ended it without an answer: nothing was charged then. */
export async function wholeOf(call: Running<CallEvent>): Promise<Whole> {
  const calls: RequestedCall[] = [];
  let [text, settled]: [string, SettledCall | null] = ["", null];
  for (let event = await call.next(); event !== null; event = await call.next()) {
    if (event.type === "text") text += event.text;
    else if (event.type === "tool_call") calls.push(event.call);
    else if (event.type === "done") settled = event.call;
  }
  const thrown = await call.ended;
  if (thrown !== null) throw thrown;
  invariant(settled, "a call that ended well is settled");
  return { text, calls, call: settled };
}

/** What a stream says last when its answer broke off: what had come is paid. */
export function brokeOff(): DomainError {
  return new DomainError("provider_failed", "The answer broke off. What had come was charged.");
}
