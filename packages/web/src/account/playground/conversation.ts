// A conversation as it goes on: the session is made by its first message, and a message whose answer was lost is sent again as the same.

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useRef } from "preact/hooks";
import { call } from "../../api/client.ts";
import { runTurn } from "./run.ts";

export type Message = { readonly text: string; readonly model: string; readonly systemPrompt: string };

const TITLE_CHARACTERS = 80;

/** `session` is null for one that does not exist yet; `onDone` is told its id with every answer. */
export function useConversation(session: string | null, onDone: (session: string) => void) {
  const queries = useQueryClient();
  const made = useRef(session);
  const last = useRef({ content: "", key: "" });
  return useMutation({
    mutationFn: async (message: Message) => {
      const content = JSON.stringify([message.text, message.model]);
      if (content !== last.current.content) last.current = { content, key: crypto.randomUUID() };
      made.current ??= await newSession(message, `session-${last.current.key}`);
      await runTurn({ session: made.current, message: message.text, model: message.model, key: last.current.key });
      return made.current;
    },
    onSuccess: async (id) => {
      last.current = { content: "", key: "" };
      onDone(id);
      await Promise.all(CHANGED.map((name) => queries.invalidateQueries({ queryKey: [name] })));
    },
  });
}

/** What a turn changes. */
const CHANGED = ["GET /sessions/{id}/turns", "GET /sessions", "GET /users/me/wallet", "GET /users/me/transactions", "GET /users/me/usage"];

async function newSession({ text, model, systemPrompt }: Message, key: string): Promise<string> {
  const title = Array.from(text.trim().split("\n")[0] ?? "")
    .slice(0, TITLE_CHARACTERS)
    .join("");
  const body = { title, model_alias: model, ...(systemPrompt.trim() !== "" && { system_prompt: systemPrompt }) };
  return (await call("POST /sessions", { body }, { key })).id;
}
