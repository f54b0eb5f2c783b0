// What the stand-in model says when it is asked who shall answer a message: a name out of the list that it is shown, by rule.
//
//   choose NAME   as a line of the message, names this one, whatever is in the list
//
// Else the cheapest for a short message, and the dearest for a long one. Pure.

import * as v from "valibot";
import type { ChatMessage } from "./chat-request.ts";

const Asked = v.object({
  models: v.pipe(v.array(v.object({ name: v.string(), price: v.string() })), v.minLength(1)),
  message: v.string(),
});

const SHORT = 200;

/** The name, or null when nobody asks for one. */
export function chosenName(messages: readonly ChatMessage[]): string | null {
  const [order, question] = messages;
  if (messages.length !== 2 || order?.role !== "system" || question === undefined) return null;
  const asked = v.safeParse(v.pipe(v.string(), v.parseJson(), Asked), question.content);
  if (!asked.success) return null;
  const { models, message } = asked.output;
  const told = /^choose (\S+)$/m.exec(message)?.[1];
  const byPrice = models.toSorted((a, b) => Number(a.price) - Number(b.price)); // of the list that is shown, and charged to nobody
  return told ?? (message.length <= SHORT ? byPrice.at(0) : byPrice.at(-1))?.name ?? null;
}
