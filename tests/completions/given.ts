// What a test of the door is given: a call as a program makes it, and the events of a streamed answer.

import type { Answer, Json, TestWorld } from "../support/world.ts";

export type ChatOptions = { readonly user?: string | null; readonly key?: string; readonly headers?: Record<string, string> };

const MESSAGES = [{ role: "user", content: "What is a wallet?" }];

/** A chat completion over HTTP: of one question to the default model unless `more` says otherwise. */
export function chat(world: TestWorld, more: Record<string, unknown> = {}, options: ChatOptions = {}): Promise<Answer> {
  return world.call("POST", "/v1/chat/completions", { ...options, body: { model: "default", messages: MESSAGES, ...more } });
}

/** The data of each event of a stream that was read to its end; `[DONE]` as it is. */
export function eventsIn({ text }: Pick<Answer, "text">): Json[] {
  return text
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => event.slice("data: ".length))
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)));
}

/** What the deltas of a stream say together. */
export function textIn(events: readonly Json[]): string {
  return events.flatMap((event) => event.choices ?? []).reduce((text: string, { delta }: Json) => text + (delta.content ?? ""), "");
}
