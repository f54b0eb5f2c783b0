// A call from its request to its response, whatever the dialect: the terms that its model allows, the call itself, and the answer in one piece
// or as it comes.

import type { DomainError } from "@pantheon/contract/error.ts";
import type { CallEvent, Running } from "@pantheon/core/turns/call.ts";
import { requestKey } from "@pantheon/edge/output/respond.ts";
import type { AppEnv, Asked } from "@pantheon/edge/shell/app-env.ts";
import { refusalOf } from "@pantheon/edge/shell/thrown.ts";
import { begun } from "./begun.ts";
import type { AskedOfModel } from "./chat-asked.ts";
import type { CompletionsDeps } from "./deps.ts";
import type { Repeated } from "./repeated.ts";
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

/** What a call is placed with: what the function keeps, and what it remembers of answers that were lost on their way. */
export type PlacedDeps = CompletionsDeps & { readonly repeated: Repeated };

/** Places the call and tells its answer. Throws what refuses it; nothing was charged then. */
export function placed(c: Context, deps: PlacedDeps, call: Placed): Promise<Response> {
  return call.streamed ? streamedAnswer(c, deps, call) : deps.repeated.once(c, () => wholeAnswer(c, deps, call));
}

async function wholeAnswer(c: Context, deps: PlacedDeps, call: Placed): Promise<Response> {
  return call.whole(await wholeOf(await begin(c, deps, call)));
}

async function streamedAnswer(c: Context, deps: PlacedDeps, call: Placed): Promise<Response> {
  const source = await begun(await begin(c, deps, call), call.lines);
  const { lineStream } = await import("@pantheon/edge/output/event-stream.ts");
  const about = { request_id: c.var.requestId, function: "completions" };
  return lineStream(c, source, call.failed, (thrown) => refusalOf(thrown, deps.log, about));
}

async function begin(c: Context, deps: PlacedDeps, { asked, streamed }: Placed): Promise<Running<CallEvent>> {
  const [{ streamCall }, { callTerms }] = await called();
  const { caller, email, requestId, deadline } = c.var;
  const terms = callTerms(deps.models, asked);
  const call = await streamCall(deps, { ...terms, caller, email, key: requestKey(c), requestId, deadline, streamed });
  if (call.replayed) c.header("Idempotency-Replayed", "true");
  return call;
}

/** Read by the first call, and not by a cold start. */
function called() {
  return Promise.all([import("@pantheon/core/turns/call.ts"), import("@pantheon/core/turns/call-terms.ts")]);
}
