// The routes of the function `turns`: sessions, their turns and messages (contract section 3).

import type { Hono } from "hono";
import type * as v from "valibot";
import { requestKey, storedAnswer } from "@pantheon/edge/output/respond.ts";
import type { AppEnv, Asked } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { listPage } from "@pantheon/edge/output/list-page.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { refusalOf } from "@pantheon/edge/shell/thrown.ts";
import { body, noBody, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import { StreamEvent } from "@pantheon/contract/stream.ts";
import { ListQuery } from "@pantheon/contract/wire.ts";
import type { TurnDeps, TurnRequest } from "@pantheon/core/turns/request.ts";
import { listMessages, listTurns, turnView, type MessageRow } from "@pantheon/core/turns/history.ts";
import { runTurn } from "@pantheon/core/turns/run.ts";
import { createSession, deleteSession, listSessions, readSession, sessionView } from "@pantheon/core/turns/sessions.ts";
import {
  MessageList,
  Session,
  SessionContext,
  SessionCreate,
  SessionList,
  SessionPath,
  TurnCreate,
  TurnList,
  TurnRead,
  type Message,
} from "@pantheon/contract/turns.ts";

const SESSIONS = "/api/v1/sessions";
const SESSION = `${SESSIONS}/:session_id`;
const ownSession = params(SessionPath, "Session not found.");

/** What opening a turn may refuse. */
const OPEN_REFUSALS = {
  402: "Not enough credits: nothing was run",
  403: "The account is suspended",
  404: "No such session of yours",
  409: "This session, or this key, has a turn that is still running",
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

/** Mounts the routes. Every one of them wants an authenticated user. */
export function turnRoutes(app: Hono<AppEnv>, deps: TurnDeps): void {
  sessionRoutes(app, deps);
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
      storedAnswer(c, { status: 201, ...(await runTurn(deps, turnRequest(c, deps, c.req.valid("param"), c.req.valid("json")))) }),
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
    query(ListQuery),
    async (c) => {
      const turns = listTurns(deps.db, c.var.caller.actor, c.req.valid("param").session_id);
      return c.var.respond(await listPage(c, c.req.valid("query"), "turns", turns, turnView));
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
    query(ListQuery),
    async (c) => {
      const messages = listMessages(deps.db, c.var.caller.actor, c.req.valid("param").session_id);
      return c.var.respond(await listPage(c, c.req.valid("query"), "messages", messages, messageView));
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
    maxOutputTokens: asked.max_output_tokens ?? config.maxOutputTokens,
    requestId: c.var.requestId,
    deadline: c.var.deadline,
  };
}

function sessionRoutes(app: Hono<AppEnv>, deps: TurnDeps): void {
  app.post(
    SESSIONS,
    describe({ id: "createSession", summary: "Open a session", tag: "sessions", responds: [201, Session] }),
    noQuery,
    idempotencyKey,
    body(SessionCreate),
    async (c) => {
      const asked = c.req.valid("json");
      const session = { title: asked.title, modelAlias: asked.model_alias, systemPrompt: asked.system_prompt, tools: asked.tools };
      return storedAnswer(c, await createSession(deps, { ...c.var.caller, email: c.var.email }, requestKey(c), session));
    },
  );
  app.get(
    SESSIONS,
    describe({ id: "listSessions", summary: "Your sessions, newest first", tag: "sessions", responds: [200, SessionList] }),
    query(ListQuery),
    async (c) => c.var.respond(await listPage(c, c.req.valid("query"), "sessions", listSessions(deps.db, c.var.caller.actor), sessionView)),
  );
  app.get(
    SESSION,
    describe({
      id: "readSession",
      summary: "One session",
      tag: "sessions",
      responds: [200, Session],
      refusals: { 404: "No such session of yours" },
    }),
    noQuery,
    ownSession,
    async (c) => c.var.respond(sessionView(await readSession(deps.db, c.var.caller.actor, c.req.valid("param").session_id))),
  );
  app.delete(
    SESSION,
    describe({
      id: "deleteSession",
      summary: "Delete a session",
      tag: "sessions",
      responds: [204],
      refusals: { 404: "No such session of yours" },
    }),
    noQuery,
    idempotencyKey,
    ownSession,
    noBody,
    async (c) => storedAnswer(c, await deleteSession(deps, c.var.caller, requestKey(c), c.req.valid("param").session_id)),
  );
}

function messageView(message: MessageRow): v.InferInput<typeof Message> {
  return {
    id: `${message.turn_id}:${message.role}`,
    role: message.role,
    content: message.content,
    turn_id: message.turn_id,
    created_at: rfc3339(message.created_at),
  };
}
