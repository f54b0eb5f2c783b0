// The routes of sessions: opened, listed, read, changed and deleted by their owner (contract section 3).

import type { Hono } from "hono";
import { requestKey, storedResponse } from "@pantheon/edge/output/respond.ts";
import type { AppEnv } from "@pantheon/edge/shell/app-env.ts";
import { idempotencyKey } from "@pantheon/edge/input/idempotency-key.ts";
import { describe } from "@pantheon/edge/output/describe.ts";
import { body, noBody, noQuery, params, query } from "@pantheon/edge/input/validate.ts";
import { ListQuery } from "@pantheon/contract/wire.ts";
import { Session, SessionCreate, SessionList, SessionPatch, SessionPath } from "@pantheon/contract/turns.ts";
import type { TurnDeps } from "@pantheon/core/turns/run.ts";

const SESSIONS = "/api/v1/sessions";
const SESSION = `${SESSIONS}/:session_id`;
const ownSession = params(SessionPath, "Session not found.");

/** Loaded when a session is first asked for: running a turn needs none of it. */
const loaded = () => import("@pantheon/core/turns/sessions.ts");

/** Read by the first list. */
const listing = () => import("@pantheon/edge/output/list-page.ts");

/** Mounts the routes. Every one of them wants an authenticated user. */
export function sessionRoutes(app: Hono<AppEnv>, deps: TurnDeps): void {
  app.post(
    SESSIONS,
    describe({
      id: "createSession",
      summary: "Open a session",
      tag: "sessions",
      responds: [201, Session],
      refusals: { 409: "There are too many sessions, or the key is in use" },
    }),
    noQuery,
    idempotencyKey,
    body(SessionCreate),
    async (c) => {
      const asked = c.req.valid("json");
      const session = {
        title: asked.title,
        modelAlias: asked.model_alias,
        systemPrompt: asked.system_prompt,
        tools: asked.tools,
        autoAliases: asked.auto_aliases,
      };
      const { createSession } = await loaded();
      return storedResponse(c, await createSession(deps, { ...c.var.caller, email: c.var.email }, requestKey(c), session));
    },
  );
  app.get(
    SESSIONS,
    describe({ id: "listSessions", summary: "Your sessions, newest first", tag: "sessions", responds: [200, SessionList] }),
    query(ListQuery),
    async (c) => {
      const { listedView, listSessions } = await loaded();
      return c.var.respond(
        await (await listing()).listPage(c, c.req.valid("query"), "sessions", listSessions(deps.db, c.var.caller.actor), listedView),
      );
    },
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
    async (c) => {
      const { readSession, sessionView } = await loaded();
      return c.var.respond(sessionView(await readSession(deps.db, c.var.caller.actor, c.req.valid("param").session_id)));
    },
  );
  changeRoutes(app, deps);
}

function changeRoutes(app: Hono<AppEnv>, deps: TurnDeps): void {
  app.patch(
    SESSION,
    describe({
      id: "patchSession",
      summary: "Change a session's title, models, prompt or tools",
      tag: "sessions",
      responds: [200, Session],
      refusals: { 404: "No such session of yours" },
    }),
    noQuery,
    idempotencyKey,
    ownSession,
    body(SessionPatch),
    async (c) => {
      const { title, model_alias: modelAlias, system_prompt: systemPrompt, tools, auto_aliases: autoAliases } = c.req.valid("json");
      const change = { title, modelAlias, systemPrompt, tools, autoAliases };
      const { patchSession } = await loaded();
      return storedResponse(c, await patchSession(deps, c.var.caller, requestKey(c), c.req.valid("param").session_id, change));
    },
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
    async (c) => {
      const { deleteSession } = await loaded();
      return storedResponse(c, await deleteSession(deps, c.var.caller, requestKey(c), c.req.valid("param").session_id));
    },
  );
}
