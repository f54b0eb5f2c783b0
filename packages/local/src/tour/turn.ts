// The turns of the tour: how a model is asked, and how little when it costs money.

import { performance } from "node:perf_hooks";
import type * as v from "valibot";
import type { CallOptions } from "@pantheon/client/transport.ts";
import type { TurnRead } from "@pantheon/contract/turn-read.ts";
import type { World } from "../world.ts";
import type { Outcome, Walk } from "./walk.ts";

export type Turn = v.InferOutput<typeof TurnRead>;

/** Whom, in which session, what: enough to send it twice. */
export type Question = { readonly user: string; readonly session: string; readonly message: string; readonly more?: CallOptions };

export type Asking = {
  /** Runs a turn of which the model is asked, and tells how many there are when they cost money. */
  readonly turn: (question: Question) => Promise<Turn>;
  /** Sends the same of which no model is asked: what is replayed or refused. */
  readonly again: (question: Question) => Promise<Turn>;
  /** Reads a turn as its answer comes: the turn, and when its first text was there, in milliseconds. No real model is asked so. */
  readonly stream: (question: Question) => Promise<{ readonly turn: Turn; readonly firstTextMs: number }>;
};

/** What a real provider is asked, at most: each turn costs money. */
export const REAL_TURNS = 3;
const REAL_OUTPUT_TOKENS = 200;

/** True when the models are real ones, asked with a key of one's own. */
export function asksRealModels({ config, provider }: Pick<World, "config" | "provider">): boolean {
  return config.providers.openrouter.baseUrl !== provider.url;
}

/** With `signal`, no answer is waited for any more: the world voids a turn under way when it stops. */
export function startAsking({ world, as }: Walk, progress: (line: string) => void, signal?: AbortSignal): Asking {
  const isReal = asksRealModels(world);
  let asked = 0;
  const again: Asking["again"] = ({ user, session, message, more }) =>
    as(user).turns.run(
      session,
      { message, ...(isReal && { max_output_tokens: REAL_OUTPUT_TOKENS }) },
      { ...more, ...(signal && { signal }) },
    );
  return {
    turn: (question) => {
      asked += 1;
      if (isReal) progress(`asking the model, turn ${asked} of ${REAL_TURNS} …`);
      return again(question);
    },
    again,
    stream: async ({ user, session, message }) => {
      const began = performance.now();
      let firstTextMs: number | null = null;
      for await (const event of as(user).turns.stream(session, { message }, { ...(signal && { signal }) })) {
        if (event.type === "chunk") firstTextMs ??= performance.now() - began;
        if (event.type === "error") throw new Error(event.code);
        if (event.type === "done") return { turn: event, firstTextMs: firstTextMs ?? performance.now() - began };
      }
      throw new Error("the stream ended early");
    },
  };
}

/** A turn as a step shows it. */
export function charged(turn: Turn): Outcome<Turn> {
  const { usage, credits_charged: credits, balance_after: balance, low_balance: isLow } = turn;
  const outcome = `${usage?.total_tokens} tokens: -${credits} → ${balance}${isLow ? ", low" : ""}`;
  return { value: turn, outcome, ok: turn.status === "completed" };
}
