// A streamed turn as a test reads it: over the application itself, event by event.

import { turnsApp } from "@pantheon/functions/turns/app.ts";
import type { TurnsDeps } from "@pantheon/functions/turns/deps.ts";
import type { Json, TestWorld } from "./world.ts";

export type Streamed = {
  readonly response: Response;
  /** The next event; undefined when the stream has ended. */
  readonly next: () => Promise<Json>;
  /** All events that are left. */
  readonly rest: () => Promise<Json[]>;
  /** Leaves; resolves when the turn has ended. */
  readonly leave: () => Promise<void>;
};

export type StreamOptions = {
  user: string;
  key?: string;
  message?: string;
  alias?: string;
  timeLeftMs?: number;
  more?: Record<string, unknown>;
};

/** Posts a turn to the streaming address of an application over these dependencies. */
export async function streamed(world: TestWorld, deps: TurnsDeps, session: string, options: StreamOptions): Promise<Streamed> {
  const { user, key, message = "What is a wallet?", alias, timeLeftMs = 29_000, more } = options;
  const request = new Request(`http://container/api/v1/sessions/${session}/turns/stream`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${await world.issuer.token({ user })}`,
      "Content-Type": "application/json",
      ...(key !== undefined && { "Idempotency-Key": key }),
    },
    body: JSON.stringify({ message, ...(alias !== undefined && { model_alias_override: alias }), ...more }),
  });
  const began = Date.now();
  const response = await turnsApp(deps).fetch(request, { timeLeft: () => timeLeftMs - (Date.now() - began) });
  const isStream = response.headers.get("content-type") === "text/event-stream";
  const reader = isStream ? response.body?.getReader() : undefined;
  const next = async (): Promise<Json> => {
    for (;;) {
      const { value } = (await reader?.read()) ?? {};
      if (value === undefined) return undefined;
      const line = new TextDecoder().decode(value);
      if (line.startsWith("data: ")) return JSON.parse(line.slice("data: ".length));
    }
  };
  const rest = async (): Promise<Json[]> => {
    const events: Json[] = [];
    for (let event = await next(); event !== undefined; event = await next()) events.push(event);
    return events;
  };
  return { response, next, rest, leave: async () => reader?.cancel() };
}

/** The text of these events. */
export function textOf(events: readonly Json[]): string {
  return events.map((event) => (event.type === "chunk" ? event.delta : "")).join("");
}
