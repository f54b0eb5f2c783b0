// POST /v1/messages: a call of a model, as programs made for Anthropic's API make it.

import type { Hono } from "hono";
import { MessageCount, MessageCreate, MessageEvent, MessageRead, TokenCount } from "@pantheon/contract/messages.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { looseBody } from "@pantheon/edge/input/validate.ts";
import { describeDoor } from "./describe-door.ts";
import { placed, type PlacedDeps } from "./placed.ts";

/** Mounts the routes. They want somebody who is signed in, or a key. */
export function messageRoutes(app: Hono<AppEnv>, deps: PlacedDeps): void {
  app.post(
    "/v1/messages/count_tokens",
    describeDoor({
      id: "countMessageTokens",
      summary: "How large a message is, as Anthropic's API has it",
      description:
        "An estimate of ours by the octets of the prompt, the same that a call opens with; no provider is asked, and it is free.",
      responds: TokenCount,
      refusals: { 400: "The request breaks a rule", 404: "No such model", 413: "Larger than 4.5 MB" },
    }),
    looseBody(MessageCount),
    async (c) => {
      const [{ messageAsked }, { promptTokens }] = await Promise.all([
        import("./message-asked.ts"),
        import("@pantheon/core/turns/call-terms.ts"),
      ]);
      return c.var.respond({ input_tokens: promptTokens(deps.models, messageAsked({ max_tokens: 1, ...c.req.valid("json") })) });
    },
  );
  app.post(
    "/v1/messages",
    describeDoor({
      id: "createMessage",
      summary: "Ask a model, as Anthropic's API has it",
      description:
        "As a chat completion in every respect but its shape; refusals have Anthropic's too. `x-api-key` is taken for the bearer.",
      responds: MessageRead,
      streams: MessageEvent,
    }),
    idempotencyKey,
    looseBody(MessageCreate),
    async (c) => {
      const asked = c.req.valid("json");
      const [{ messageAsked }, { messageFailed, messageLines, messageOf }] = await dialect();
      const about = { model: asked.model, usdPerCredit: deps.config.usdPerCredit };
      return placed(c, deps, {
        asked: messageAsked(asked),
        streamed: asked.stream === true,
        lines: messageLines(about),
        whole: (whole) => c.var.respond(messageOf(whole, about)),
        failed: messageFailed,
      });
    },
  );
}

/** Read by the first who speaks it, and not by a cold start. */
function dialect() {
  return Promise.all([import("./message-asked.ts"), import("./message-told.ts")]);
}
