// The routes of the function `turns` that run turns and tell what was said (contract section 3). Sessions are sessions.ts.

import type { Hono } from "hono";
import type * as v from "valibot";
import { requestKey, storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv, Asked } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { refusalOf } from "@pantheon/edge/shell/thrown.ts";
import { body, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import { StreamEvent } from "@pantheon/contract/stream.ts";
import type { Sampling } from "@pantheon/core/models/request.ts";
import type { MessageRow } from "@pantheon/core/turns/history.ts";
import { runTurn, type TurnDeps, type TurnRequest } from "@pantheon/core/turns/run.ts";
import {
  MessageList,
  SessionContext,
  SessionPath,
  TurnCreate,
  TurnList,
  type ListedMessage,
  TextsQuery,
} from "@pantheon/contract/turns.ts";
import { TurnRead } from "@pantheon/contract/turn-read.ts";

const SESSION = "/api/v1/sessions/:session_id";
const ownSession = params(SessionPath, "Session not found.");

/** What opening a turn may refuse. */
const OPEN_REFUSALS = {
  402: "Not enough credits, or a limit of them: nothing was run",
  403: "The account is suspended, or the API key may not use the model",
  404: "No such session, or turn to replace, of yours",
  409: "This session, or this key, has a turn that is still running",
  429: "A limit of calls is used up",
};

const TURN_REFUSALS = {
  ...OPEN_REFUSALS,
  502: "The model provider failed: nothing was charged",
  504: "The model provider was silent: nothing was charged",
};

const STREAM_RULES = [
  "One JSON object a `data:` line, and a comment every 15 seconds in which nothing comes. A refusal before the stream is a problem document.",
  "Whoever leaves is charged for what the model answers within 10 seconds more; the turn is stored, and the same key tells it again.",
].join(" ");

/** Read by the first list. */
const listing = () => import("@pantheon/edge/output/list-page.ts");

/** Mounts the routes. Every one of them wants an authenticated user. */
export function turnRoutes(app: Hono<AppEnv>, deps: TurnDeps): void {
  runRoutes(app, deps);
  historyRoutes(app, deps);
}

function runRoutes(app: Hono<AppEnv>, deps: TurnDeps): void {
  app.post(
    `${SESSION}/turns`,
    describe({ id: "runTurn", summary: "Run a turn", tag: "turns", responds: [201, TurnRead], refusals: TURN_REFUSALS }),
    noQuery,
    idempotencyKey,
    ownSession,
    body(TurnCreate),
    async (c) =>
      storedResponse(c, { status: 201, ...(await runTurn(deps, turnRequest(c, deps, c.req.valid("param"), c.req.valid("json")))) }),
  );
  app.post(
    `${SESSION}/turns/stream`,
    describe({
      id: "streamTurn",
      summary: "Run a turn and read its answer as it comes",
      tag: "turns",
      description: STREAM_RULES,
      responds: [200, StreamEvent],
      mediaType: "text/event-stream",
      refusals: OPEN_REFUSALS,
    }),
    noQuery,
    idempotencyKey,
    ownSession,
    body(TurnCreate),
    async (c) => {
      const [{ streamTurn }, { eventStream }] = await streaming();
      const turn = await streamTurn(deps, turnRequest(c, deps, c.req.valid("param"), c.req.valid("json")));
      if (turn.replayed) c.header("Idempotency-Replayed", "true");
      return eventStream(c, turn, (thrown) => refusalOf(thrown, deps.log, { request_id: c.var.requestId, function: "turns" }));
    },
  );
}

/** Read by the first stream, and not by the cold start of a function that answers in one piece. */
function streaming() {
  return Promise.all([import("@pantheon/core/turns/stream.ts"), import("@pantheon/edge/output/event-stream.ts")]);
}

/** Read by the first look back: a cold start that runs a turn needs none of it. */
const history = () => import("@pantheon/core/turns/history.ts");

function historyRoutes(app: Hono<AppEnv>, deps: TurnDeps): void {
  app.get(
    `${SESSION}/turns`,
    describe({
      id: "listTurns",
      summary: "The turns of a session, newest first",
      tag: "turns",
      responds: [200, TurnList],
      refusals: { 404: "No such session of yours" },
    }),
    ownSession,
    query(TextsQuery),
    async (c) => {
      const { listTurns, turnView } = await history();
      const asked = c.req.valid("query");
      const turns = listTurns(deps.db, c.var.caller.actor, c.req.valid("param").session_id, asked.texts);
      return c.var.respond(await (await listing()).listPage(c, asked, "turns", turns, turnView));
    },
  );
  app.get(
    `${SESSION}/context`,
    describe({
      id: "readContext",
      summary: "What the session's model would be sent, and how large that is",
      tag: "turns",
      responds: [200, SessionContext],
      refusals: { 404: "No such session of yours" },
    }),
    noQuery,
    ownSession,
    async (c) => {
      const { readContext } = await import("@pantheon/core/turns/context.ts");
      return c.var.respond(await readContext(deps, c.var.caller.actor, c.req.valid("param").session_id));
    },
  );
  app.get(
    `${SESSION}/messages`,
    describe({
      id: "listMessages",
      summary: "The messages of a session, newest first",
      tag: "turns",
      responds: [200, MessageList],
      refusals: { 404: "No such session of yours" },
    }),
    ownSession,
    query(TextsQuery),
    async (c) => {
      const { listMessages } = await history();
      const asked = c.req.valid("query");
      const messages = listMessages(deps.db, c.var.caller.actor, c.req.valid("param").session_id, asked.texts);
      return c.var.respond(await (await listing()).listPage(c, asked, "messages", messages, messageView));
    },
  );
}

function turnRequest(
  c: Asked,
  { config }: TurnDeps,
  { session_id: session }: v.InferOutput<typeof SessionPath>,
  asked: v.InferOutput<typeof TurnCreate>,
): TurnRequest {
  return {
    caller: c.var.caller,
    session,
    key: requestKey(c),
    message: asked.message,
    alias: asked.model_alias_override ?? null,
    auto: asked.mode === "auto",
    maxOutputTokens: asked.max_output_tokens ?? config.maxOutputTokens,
    fitToBalance: asked.fit_to_balance ?? null,
    sampling: samplingOf(asked),
    replaces: asked.replaces ?? null,
    requestId: c.var.requestId,
    deadline: c.var.deadline,
  };
}

/** What was said of it alone: a request that says nothing is any model's. */
function samplingOf(asked: v.InferOutput<typeof TurnCreate>): Sampling {
  const { temperature, top_p: topP, stop, seed, response_format: format, reasoning_effort: reasoningEffort } = asked;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stop !== undefined && { stop }),
    ...(seed !== undefined && { seed }),
    ...(format !== undefined && { responseFormat: format.type === "json_object" ? format : { type: format.type, ...format.json_schema } }),
    ...(reasoningEffort !== undefined && { reasoningEffort }),
  };
}

function messageView(message: MessageRow): v.InferInput<typeof ListedMessage> {
  return {
    ...(message.characters !== null && { shortened: { content: message.characters } }),
    id: `${message.turn_id}:${message.role}`,
    role: message.role,
    content: message.content,
    turn_id: message.turn_id,
    created_at: rfc3339(message.created_at),
  };
}
