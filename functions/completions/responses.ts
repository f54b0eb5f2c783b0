// POST /v1/responses: a call of a model, as programs made for OpenAI's newer API make it.

import type { Hono } from "hono";
import { ResponseCreate, ResponseEvent, ResponseRead } from "@pantheon/contract/responses.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { looseBody } from "@pantheon/edge/input/validate.ts";
import { describeDoor } from "./describe-door.ts";
import { placed, type PlacedDeps } from "./placed.ts";

/** Mounts the route. It wants somebody who is signed in, or a key. */
export function responseRoutes(app: Hono<AppEnv>, deps: PlacedDeps): void {
  app.post(
    "/v1/responses",
    describeDoor({
      id: "createResponse",
      summary: "Ask a model, as OpenAI's Responses API has it",
      description: [
        "As a chat completion in every respect but its shape.",
        "No response is kept: `store`, `background`, `previous_response_id`, `conversation` and references to items are refused.",
        "A stream ends with `response.completed`, `response.incomplete`, or an `error` and `response.failed`.",
      ].join(" "),
      responds: ResponseRead,
      streams: ResponseEvent,
    }),
    idempotencyKey,
    looseBody(ResponseCreate),
    async (c) => {
      const asked = c.req.valid("json");
      const [{ responseAsked }, { responseLines, responseOf }] = await dialect();
      const about = { asked, usdPerCredit: deps.config.usdPerCredit };
      return placed(c, deps, {
        asked: responseAsked(asked),
        streamed: asked.stream === true,
        whole: (whole) => c.var.respond(responseOf(whole, about)),
        ...responseLines(about),
      });
    },
  );
}

/** Read by the first who speaks it, and not by a cold start. */
function dialect() {
  return Promise.all([import("./response-asked.ts"), import("./response-told.ts")]);
}
