// A call from its request to its response, whatever the dialect: the terms that its model allows, the call itself, and the answer in one piece
// or as it comes.

import type { DomainError } from "@pantheon/contract/error.ts";
import type { CallEvent } from "@pantheon/core/turns/call.ts";
import { requestKey } from "@pantheon/edge/output/respond.ts";
import type { AppEnv, Asked } from "@pantheon/edge/shell/app-env.ts";
import { refusalOf } from "@pantheon/edge/shell/thrown.ts";
import { begun } from "./begun.ts";
import type { AskedOfModel } from "./chat-asked.ts";
import type { CompletionsDeps } from "./deps.ts";
import { wholeOf, type Whole } from "./whole.ts";

export type Placed = {
  readonly asked: AskedOfModel;
  readonly streamed: boolean;
  /** The lines of a stream that an event becomes. */
  readonly lines: (event: CallEvent) => string;
  /** The response of an answer in one piece. */
  readonly whole: (whole: Whole) => Response;
  /** The last lines of a stream whose call was refused after its head. */
  readonly failed: (refusal: DomainError) => string;
};

type Context = Asked & { set<Name extends "refusal" | "bodyEnd">(name: Name, value: AppEnv["Variables"][Name]): void };

/** Places the call and tells its answer. Throws what refuses it; nothing was charged then. */
export async function placed(c: Context, deps: CompletionsDeps, { asked, streamed, lines, whole, failed }: Placed): Promise<Response> {
  const [{ streamCall }, { callTerms }] = await called();
  const terms = callTerms(deps.models, asked);
  const { caller, email, requestId, deadline } = c.var;
  const call = await streamCall(deps, { ...terms, caller, email, key: requestKey(c), requestId, deadline, streamed });
  if (call.replayed) c.header("Idempotency-Replayed", "true");
  if (!streamed) {
    return whole(await wholeOf(call));
  }
  const source = await begun(call, lines);
  const { lineStream } = await import("@pantheon/edge/output/event-stream.ts");
  return lineStream(c, source, failed, (thrown) => refusalOf(thrown, deps.log, { request_id: requestId, function: "completions" }));
}

/** Read by the first call, and not by a cold start. */
function called() {
  return Promise.all([import("@pantheon/core/turns/call.ts"), import("@pantheon/core/turns/call-terms.ts")]);
}
