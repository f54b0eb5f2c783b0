// Sessions: opened, listed, read, changed and deleted by their owner. Whatever is not the caller's is as unknown as what never was.

import type * as v from "valibot";
import type { ListedSession, Session } from "@pantheon/contract/turns.ts";
import type { ToolName } from "@pantheon/contract/vocabulary.ts";
import type { Caller } from "../accounts/caller.ts";
import type { Visitor } from "../accounts/person.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/database.ts";
import { once, type WrittenResponse } from "../audit/once.ts";
import type { RequestKey } from "../audit/request-key.ts";
import { listOf } from "../db/list.ts";
import { knownAliases, type Catalog, type CatalogCache } from "../pricing/catalog.ts";
import { unknownAlias } from "./refusal.ts";
import { createSession as CREATE_SESSION, deleteSession as DELETE_SESSION, patchSession as PATCH_SESSION } from "./statements/session.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { newId } from "@pantheon/contract/id.ts";
import type { List } from "@pantheon/contract/page.ts";
import { rfc3339, type Clock } from "@pantheon/contract/time.ts";

export type SessionRow = {
  id: string;
  title: string | null;
  model_alias: string;
  system_prompt: string | null;
  tools: ToolName[];
  auto_aliases: string[] | null;
  user_id: string;
  created_at: Date;
  deleted_at: Date | null;
};

type NewSession = {
  readonly title: string | null;
  readonly modelAlias: string;
  readonly systemPrompt: string | null;
  readonly tools: readonly ToolName[];
  /** Whom a routing call may choose beside the session's own alias; null: every alias that is no dearer. */
  readonly autoAliases: readonly string[] | null;
};

/**
 * Opens a session, with its user and wallet when they are new, and answers its body as stored under the key. 422 for an alias that cannot
 * be run, 409 with too many sessions, 413 with too long prompts; a key that was answered before is answered again all the same.
 */
export async function createSession(
  deps: { db: Database; clock: Clock; catalog: CatalogCache; config: Bounds },
  caller: Visitor,
  key: RequestKey | null,
  session: NewSession,
): Promise<WrittenResponse> {
  const row: SessionRow = {
    id: newId(),
    title: session.title,
    model_alias: session.modelAlias,
    system_prompt: session.systemPrompt,
    tools: [...session.tools],
    auto_aliases: session.autoAliases && [...session.autoAliases],
    user_id: caller.actor,
    created_at: new Date(deps.clock()),
    deleted_at: null,
  };
  return once(deps.db, { actor: caller.actor, key }, async () => {
    await refuseUnknownAliases(deps.catalog, session);
    return {
      status: 201,
      body: sessionView(row),
      run: (kept) =>
        deps.db.run(CREATE_SESSION, {
          ...kept,
          ...session,
          session: row.id,
          wallet: caller.wallet,
          email: caller.email,
          createdAt: row.created_at,
          ...roomOf(deps.config),
        }),
      refusal: (written) => (written && written.id !== null ? null : noRoom(deps.config, written?.too_long === true)),
    };
  });
}

/** What a person may have of sessions. */
type Bounds = Pick<Config, "sessions">;

function roomOf({ sessions }: Bounds) {
  return { mostSessions: sessions.most, mostBytes: sessions.promptBytes };
}

function noRoom({ sessions }: Bounds, isTooLong: boolean): DomainError {
  if (!isTooLong) return new DomainError("conflict", `There are ${sessions.most} sessions already. Delete one first.`);
  return new DomainError(
    "payload_too_large",
    `Your sessions' prompts may have ${sessions.promptBytes} bytes together, those of deleted sessions until they are erased.`,
  );
}
type Named = { readonly modelAlias?: string | undefined; readonly autoAliases?: readonly string[] | null | undefined };

/** Looks at the prices once more before it refuses: another container may have changed them. */
async function refuseUnknownAliases(catalog: CatalogCache, { modelAlias, autoAliases }: Named): Promise<void> {
  const own = modelAlias === undefined ? [] : [{ alias: modelAlias, path: "model_alias" }];
  const named = [...own, ...(autoAliases ?? []).map((alias, at) => ({ alias, path: `auto_aliases.${at}` }))];
  if (named.length === 0) return;
  const known = await catalog.current();
  const unknown = namedBeyond(known, named);
  if (unknown === undefined) return;
  const now = await catalog.after(known.revision);
  const still = namedBeyond(now, named);
  if (still !== undefined) throw unknownAlias(still.path, now);
}

function namedBeyond<One extends { readonly alias: string }>(catalog: Catalog, named: readonly One[]): One | undefined {
  const aliases = new Set(knownAliases(catalog));
  return named.find(({ alias }) => !aliases.has(alias));
}

/** What changes of a session: a member that is left out stays, and null clears it. */
export type SessionChange = {
  readonly title?: string | null | undefined;
  readonly modelAlias?: string | undefined;
  readonly systemPrompt?: string | null | undefined;
  readonly tools?: readonly ToolName[] | undefined;
  readonly autoAliases?: readonly string[] | null | undefined;
};

/** How a change meets another that was made since the session was read. */
const SESSION_MOVES = {
  tries: 20,
  refusal: () => new DomainError("conflict", "The session is being changed. Please try again.", { retryAfter: 1 }),
};

/** Changes a session and answers it as it is then; 404 when there is none, 413 with too long prompts. Turns that run already go on as they began. */
export async function patchSession(
  deps: { db: Database; catalog: CatalogCache; config: Bounds },
  caller: Caller,
  key: RequestKey | null,
  session: string,
  change: SessionChange,
): Promise<WrittenResponse> {
  return once(deps.db, { actor: caller.actor, key }, async () => {
    await refuseUnknownAliases(deps.catalog, change);
    const former = await readSession(deps.db, caller.actor, session);
    const { title = former.title, modelAlias = former.model_alias, systemPrompt = former.system_prompt } = change;
    const { tools = former.tools, autoAliases = former.auto_aliases } = change;
    const was = {
      formerTitle: former.title,
      formerAlias: former.model_alias,
      formerPrompt: former.system_prompt,
      formerTools: former.tools,
      formerAutoAliases: former.auto_aliases,
    };
    const patched = {
      ...former,
      title,
      model_alias: modelAlias,
      system_prompt: systemPrompt,
      tools: [...tools],
      auto_aliases: autoAliases && [...autoAliases],
    };
    return {
      status: 200,
      body: sessionView(patched),
      run: (kept) =>
        deps.db.run(PATCH_SESSION, {
          ...kept,
          ...was,
          session,
          title,
          modelAlias,
          systemPrompt,
          tools,
          autoAliases,
          ...roomOf(deps.config),
        }),
      refusal: (row) => (row?.too_long === true ? noRoom(deps.config, true) : null),
      moved: SESSION_MOVES,
    };
  });
}

/** Deletes a session softly, and says when its texts go; 404 when there is none to delete. A turn that runs in it still settles. */
export async function deleteSession(
  { db, config }: { db: Database; config: Pick<Config, "deletedTextDays"> },
  caller: Caller,
  key: RequestKey | null,
  session: string,
): Promise<WrittenResponse> {
  return once(db, { actor: caller.actor, key }, () => ({
    status: 204,
    body: null,
    run: (kept) => db.run(DELETE_SESSION, { ...kept, session, days: config.deletedTextDays }),
    refusal: (row) => (row ? null : sessionNotFound()),
  }));
}

/** One session of this actor. */
export async function readSession(db: Database, actor: string, session: string): Promise<SessionRow> {
  const row = await ownSessions(db, actor).where("id", "=", session).executeTakeFirst();
  if (!row) throw sessionNotFound();
  return row;
}

/** This actor's sessions by time and id, newest first, without their prompts. */
export function listSessions(db: Database, actor: string): List<ListedRow> {
  const rows = db.query
    .selectFrom("sessions")
    .select(["id", "title", "model_alias", "tools", "auto_aliases", "user_id", "created_at", "deleted_at"])
    .where("user_id", "=", actor)
    .where("deleted_at", "is", null);
  return listOf({ on: db.query, rows });
}

type ListedRow = Omit<SessionRow, "system_prompt">;

/** A session as a list has it: its prompt is read with the session itself. */
export function listedView(row: ListedRow): v.InferInput<typeof ListedSession> {
  return {
    id: row.id,
    title: row.title,
    model_alias: row.model_alias,
    tools: row.tools,
    auto_aliases: row.auto_aliases,
    started_by_user_id: row.user_id,
    created_at: rfc3339(row.created_at),
    deleted_at: row.deleted_at && rfc3339(row.deleted_at),
  };
}

/** A session as it leaves (contract section 3). */
export function sessionView(row: SessionRow): v.InferInput<typeof Session> {
  const { id, title, model_alias, ...listed } = listedView(row);
  return { id, title, model_alias, system_prompt: row.system_prompt, ...listed };
}

function ownSessions(db: Database, actor: string) {
  return db.query
    .selectFrom("sessions")
    .select(["id", "title", "model_alias", "system_prompt", "tools", "auto_aliases", "user_id", "created_at", "deleted_at"])
    .where("user_id", "=", actor)
    .where("deleted_at", "is", null);
}

/** What is not the caller's is as unknown as what never was. */
export function sessionNotFound(): DomainError {
  return new DomainError("not_found", "Session not found.");
}
