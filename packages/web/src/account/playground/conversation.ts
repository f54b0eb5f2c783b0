// A conversation as it goes on: the session is made by its first message, the answer is read as it comes, and a message whose answer was
// lost is sent again as the same.

import type { TurnEvent } from "@pantheon/client/sse.ts";
import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useRef, useState } from "preact/hooks";
import { call } from "../../api/client.ts";
import { streamTurn } from "../../api/stream.ts";

export type Message = { readonly text: string; readonly model: string; readonly systemPrompt: string; readonly replaces?: string };

/** An answer that is still coming. `turn` is null until the API has opened it; `output` counts tokens where the provider tells them. */
export type Live = { readonly text: string; readonly turn: string | null; readonly output: number | null };

const TITLE_CHARACTERS = 80;
const NOTHING_YET: Live = { text: "", turn: null, output: null };

/** `session` is null for one that does not exist yet; `onDone` is told its id, and what was asked, with every answer. */
export function useConversation(session: string | null, onDone: (session: string, message: Message) => void) {
  const queries = useQueryClient();
  const made = useRef(session);
  const last = useRef({ content: "", key: "" });
  const reading = useRef<AbortController | null>(null);
  const [live, setLive] = useState(NOTHING_YET);
  const talk = useMutation({
    mutationFn: async (message: Message) => {
      const content = JSON.stringify([message.text, message.model, message.replaces]);
      if (content !== last.current.content) last.current = { content, key: crypto.randomUUID() };
      const { key } = last.current;
      made.current ??= await newSession(message, `session-${key}`);
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
  return event.type === "usage" ? { ...live, output: event.output_tokens } : live;
}

async function newSession({ text, model, systemPrompt }: Message, key: string): Promise<string> {
  const title = Array.from(text.trim().split("\n")[0] ?? "")
    .slice(0, TITLE_CHARACTERS)
    .join("");
  const body = { title, model_alias: model, ...(systemPrompt.trim() !== "" && { system_prompt: systemPrompt }) };
  return (await call("POST /sessions", { body }, { key })).id;
}
