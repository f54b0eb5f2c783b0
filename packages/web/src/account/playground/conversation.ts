// A conversation as it goes on: the session is made by its first message, the answer is read as it comes, and a message whose answer was
// lost is sent again as the same.

import type { TurnEvent } from "@pantheon/client/sse.ts";
import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useRef, useState } from "preact/hooks";
import { call } from "../../api/client.ts";
import { streamTurn } from "../../api/stream.ts";
import { newSession, type Beginning } from "./new-session.ts";

export type Message = Beginning & { readonly text: string; readonly replaces?: string };

/** A use of a tool; `outcome` is null while it runs. */
export type LiveTool = { readonly index: number; readonly name: string; readonly outcome: "success" | "error" | null };

/** An answer that is still coming. `turn` is null until the API has opened it; `output` counts tokens where the provider tells them. */
export type Live = {
  readonly text: string;
  readonly turn: string | null;
  readonly output: number | null;
  readonly tools: readonly LiveTool[];
};

const NOTHING_YET: Live = { text: "", turn: null, output: null, tools: [] };

/** `session` is null for one that does not exist yet; `onDone` is told its id, and what was asked, with every answer. */
export function useConversation(session: string | null, onDone: (session: string, message: Message) => void) {
  const queries = useQueryClient();
  const made = useRef(session);
  const madeFor = useRef("");
  const last = useRef({ content: "", key: "" });
  const reading = useRef<AbortController | null>(null);
  const [live, setLive] = useState(NOTHING_YET);
  const talk = useMutation({
    mutationFn: async (message: Message) => {
      const content = JSON.stringify([message.text, message.model, message.replaces]);
      if (content !== last.current.content) last.current = { content, key: crypto.randomUUID() };
      const { key } = last.current;
      if (made.current === null) {
        made.current = await newSession(message.text, message, `session-${key}`);
        madeFor.current = message.model;
      }
      if (madeFor.current !== "" && madeFor.current !== message.model) {
        // Its first message was refused, and is sent with another model: the session is that one's from now on.
        await call("PATCH /sessions/{id}", { path: { id: made.current }, body: { model_alias: message.model } });
        madeFor.current = message.model;
      }
      reading.current = new AbortController();
      const { signal } = reading.current;
      await readAnswer({ session: made.current, message, key, signal }, setLive);
      return made.current;
    },
    onSuccess: async (id, message) => {
      last.current = { content: "", key: "" };
      await Promise.all(CHANGED.map((name) => queries.invalidateQueries({ queryKey: [name] })));
      onDone(id, message);
    },
    onSettled: () => setLive(NOTHING_YET),
  });
  return { ...talk, live, stop: () => reading.current?.abort() };
}

/** What a turn changes. */
const CHANGED = [
  "GET /sessions/{id}/turns",
  "GET /sessions",
  "GET /sessions/{id}",
  "GET /users/me/wallet",
  "GET /users/me/transactions",
  "GET /users/me/usage",
  "GET /users/me/usage/summary",
];

type Asked = { readonly session: string; readonly message: Message; readonly key: string; readonly signal: AbortSignal };

/** Reads until the answer is whole, or until somebody stops: what has come by then is charged and kept, so that this is no fault. */
async function readAnswer({ message: { text: message, model, replaces }, ...asked }: Asked, tell: (live: Live) => void): Promise<void> {
  let live = NOTHING_YET;
  try {
    for await (const event of streamTurn({ ...asked, message, model, ...(replaces !== undefined && { replaces }) })) {
      live = afterEvent(live, event);
      tell(live);
    }
  } catch (error) {
    if (!asked.signal.aborted || live.turn === null) throw error;
  }
}

function afterEvent(live: Live, event: TurnEvent): Live {
  if (event.type === "turn_started") return { ...live, turn: event.turn_id };
  if (event.type === "chunk") return { ...live, text: live.text + event.delta };
  if (event.type === "tool") return { ...live, tools: afterTool(live.tools, event) };
  return event.type === "usage" ? { ...live, output: event.output_tokens } : live;
}

type ToolEvent = Extract<TurnEvent, { type: "tool" }>;

/** Each use is told twice: when it starts, and when it is done. */
function afterTool(tools: readonly LiveTool[], { call_index: index, tool_name: name, outcome }: ToolEvent): readonly LiveTool[] {
  return [...tools.filter((one) => one.index !== index), { index, name, outcome }].toSorted((a, b) => a.index - b.index);
}
