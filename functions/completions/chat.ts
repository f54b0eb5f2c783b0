// POST /v1/chat/completions: a call of a model, as programs made for OpenAI's API make it.

import type { Hono } from "hono";
import { ChatCompletion, ChatCompletionChunk, ChatCompletionCreate } from "@pantheon/contract/completions.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { looseBody } from "@pantheon/edge/input/validate.ts";
import { chatAsked } from "./chat-asked.ts";
import { chatLines, completionOf } from "./chat-told.ts";
import { describeDoor } from "./describe-door.ts";
import { placed, type PlacedDeps } from "./placed.ts";
import { told } from "./refused.ts";

const RULES = [
  "Streamed as server-sent events when `stream` is true, and ended with `data: [DONE]`; an answer that breaks off ends with an `error` instead.",
  "The output limit is lowered to what the credits pay for, down to 256 tokens. An answer that is not read to its end is paid all the same.",
  "Nothing of what is said is kept, unless an `Idempotency-Key` may ask for the answer again.",
].join(" ");

/** Mounts the route. It wants somebody who is signed in, or a key. */
export function chatRoutes(app: Hono<AppEnv>, deps: PlacedDeps): void {
  app.post(
    "/v1/chat/completions",
    describeDoor({
      id: "createChatCompletion",
      summary: "Ask a model, as OpenAI's API has it",
      description: RULES,
      responds: ChatCompletion,
      streams: ChatCompletionChunk,
    }),
    idempotencyKey,
    looseBody(ChatCompletionCreate),
    async (c) => {
      const asked = c.req.valid("json");
      const telling = {
        model: asked.model,
        usdPerCredit: deps.config.usdPerCredit,
        withUsage: asked.stream_options?.include_usage === true,
      };
      return placed(c, deps, {
        asked: chatAsked(asked),
        streamed: asked.stream === true,
        lines: chatLines(telling),
        whole: (whole) => c.var.respond(completionOf(whole, telling)),
        failed: (refusal) => `data: ${JSON.stringify(told(refusal))}\n\n`,
      });
    },
  );
}
