// What travels with a request through the shell: what the runtime knows, and what the middlewares find out.

import type { Context } from "hono";
import type { Caller } from "@pantheon/core/accounts/caller.ts";
import type { ErrorCode } from "@pantheon/contract/error.ts";

export type AppEnv = {
  Bindings: Invocation;
  Variables: {
    /** Our own id of this request: the runtime's where there is one. The audit and the log carry it, whatever the caller sent. */
    requestId: string;
    /** What the caller named the request, when that is plain; it stands beside ours and is what the caller is told. */
    callerRequestId: string | null;
    /** When this function must have answered, on the ticks of the process (time.ts). */
    deadline: number;
    /** Who calls; set by `authenticated`. */
    caller: Caller;
    /** The address that the caller's token names; set by `authenticated`. */
    email: string | null;
    /** How far this caller reaches into what is the admins'; set by `authenticated`. */
    adminReach: "all" | "verify" | "read" | "second_factor" | "none";
    /** Whether this caller is told which build answers. */
    seesBuild: boolean;
    /** Set by `idempotencyKey`; null when the caller sent none. */
    idempotencyKey: string | null;
    /** The JSON body as it was sent, parsed; null while `body` has read none. It is what an idempotency key stands for. */
    sentBody: unknown;
    /** The file of a form; null when the request has none, or its route takes none. */
    sentFile: { readonly filename: string; readonly bytes: Uint8Array } | null;
    /** The refusal that was answered, for the log line. */
    refusal: ErrorCode | null;
    /** Why, in a word that only the log line has. */
    reason: string | null;
    /** Resolves when the body of a streamed response is made; null for one that goes out whole. Never rejects. */
    bodyEnd: Promise<unknown> | null;
  };
};

/** A request as helpers need it, whatever else its route has put into its context. */
export type Asked = Pick<Context<AppEnv>, "req" | "var" | "header" | "status" | "body">;

/** What a runtime hands over with a request; a plain server hands over nothing of it. */
export type Invocation = {
  /** Milliseconds until the runtime ends the function. */
  timeLeft?: () => number;
  /** The runtime's own id of the request. */
  runtimeRequestId?: string;
  /** The address that the request came from, as the gateway in front saw it. */
  sourceAddress?: string;
  /** The runtime delivered something that is no HTTP request. */
  malformed?: boolean;
};

/** The invocation of a request; also of one that was made without a runtime at all. */
export function invocationOf(c: Context<AppEnv>): Invocation {
  const invocation: Invocation | undefined = c.env;
  return invocation ?? {};
}
