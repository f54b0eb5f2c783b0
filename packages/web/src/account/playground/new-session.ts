// A session as it begins: by its first message, or by its first file.

import type { Tool } from "../../api/shapes.ts";
import { call } from "../../api/client.ts";

export type Beginning = { readonly model: string; readonly systemPrompt: string; readonly tools: readonly Tool[] };

const TITLE_CHARACTERS = 80;

/** Its id; under the same key the same session. The title is the first line of `text`. */
export async function newSession(text: string, { model, systemPrompt, tools }: Beginning, key: string): Promise<string> {
  const title = Array.from(text.trim().split("\n")[0] ?? "")
    .slice(0, TITLE_CHARACTERS)
    .join("");
  const body = { title, model_alias: model, tools, ...(systemPrompt.trim() !== "" && { system_prompt: systemPrompt }) };
  return (await call("POST /sessions", { body }, { key })).id;
}
