// Turns that use tools, in tests: a session that allows them, files of a few words, and a message that says what the stand-in model calls.

import { newId } from "@pantheon/contract/id.ts";
import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { NO_FILES, type FileTexts } from "@pantheon/core/tools/file-texts.ts";
import { createToolbox } from "@pantheon/core/tools/toolbox.ts";
import { runTurn, type TurnDeps, type TurnRequest } from "@pantheon/core/turns/run.ts";
import { givenSession } from "./given.ts";
import type { Json, TestWorld } from "./world.ts";

/** A session that allows these tools, both of them unless given. */
export function givenToolSession(world: TestWorld, user = "ada", more: Record<string, unknown> = {}): Promise<string> {
  return givenSession(world, user, { tools: ["search", "file_read"], ...more });
}

/** One call as the stand-in model is told to make it. */
export const call = (name: string, given: unknown): string => `call ${name} ${typeof given === "string" ? given : JSON.stringify(given)}`;

/** A message whose steps are these, each of lines. */
export const steps = (...lines: readonly string[]): string => lines.join("\nthen\n");

/** The world's deps with files whose text is this, by id; each belongs to one session. */
export function withFiles(world: TestWorld, files: Readonly<Record<string, { session: string; pages: readonly string[] }>>): TurnDeps {
  const texts: FileTexts = {
    ...NO_FILES,
    list: ({ session }) =>
      Promise.resolve(
        Object.entries(files)
          .filter(([, file]) => file.session === session)
          .map(([id]) => ({ id, filename: `${id.slice(0, 4)}.csv`, status: "completed" as const })),
      ),
    read: ({ session }, id, page) => {
      const file = files[id];
      if (file?.session !== session) return Promise.resolve({ status: "not_found" });
      const text = file.pages[page - 1];
      if (text === undefined) return Promise.resolve({ status: "no_such_page", pages: file.pages.length });
      return Promise.resolve({ status: "completed", filename: "f.csv", page, pages: file.pages.length, text, isTruncated: false });
    },
  };
  return { ...world.deps, toolbox: () => Promise.resolve(createToolbox({ search: world.config.search, files: texts, log: world.log })) };
}

/** A turn as a function's request for it. */
export function toolRequest(world: TestWorld, session: string, message: string, more: Partial<TurnRequest> = {}): TurnRequest {
  return {
    caller: inPerson("ada"),
    session,
    key: null,
    message,
    alias: null,
    maxOutputTokens: 256,
    fitToBalance: null,
    sampling: {},
    replaces: null,
    requestId: newId(),
    deadline: world.deps.ticks() + 29_000,
    ...more,
  };
}

/** Runs it, and answers its body. */
export async function runToolTurn(deps: TurnDeps, request: TurnRequest): Promise<Json> {
  return JSON.parse((await runTurn(deps, request)).body);
}

/** What the model was told of each tool in its last call, as JSON. */
export function toldOf(world: Pick<TestWorld, "provider">): Json[] {
  const messages = world.provider.requests.at(-1)?.messages ?? [];
  return messages.filter(({ role }) => role === "tool").map(({ content }) => JSON.parse(content.replace(/^Error: /, "")));
}

/** The rows of the uses of tools of a user, in their order. */
export function usesOf({ deps }: Pick<TestWorld, "deps">, user = "ada") {
  return deps.db.query
    .selectFrom("tool_call_events")
    .selectAll()
    .where("user_id", "=", user)
    .orderBy("created_at")
    .orderBy("call_index")
    .execute();
}
