// How a turn is run. It answers when the whole answer is there; where answers stream, this is the one place that changes.

import { call } from "../../api/client.ts";
import type { Turn } from "../../api/shapes.ts";

export type Question = { readonly session: string; readonly message: string; readonly model: string; readonly key: string };

/** The same key runs the turn once, however often it is sent. Throws Refused with the API's words. */
export function runTurn({ session, message, model, key }: Question): Promise<Turn> {
  return call("POST /sessions/{id}/turns", { path: { id: session }, body: { message, model_alias_override: model } }, { key });
}
