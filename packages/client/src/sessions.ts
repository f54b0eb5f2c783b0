// The client's sessions: opened, read, changed, deleted and listed.

import type * as turns from "@pantheon/contract/turns.ts";
import { ask, listing, path, succeed, type Sent } from "./calls.ts";
import type { CallOptions, Send } from "./transport.ts";

const SESSIONS = "/api/v1/sessions";

/** The calls of `client.sessions`. */
export function sessionsClient(send: Send) {
  return {
    create: (session: Sent<typeof turns.SessionCreate> = {}, more: CallOptions = {}) =>
      ask<typeof turns.Session>(send, { ...more, method: "POST", path: SESSIONS, body: session }),
    read: (session: string, more: CallOptions = {}) =>
      ask<typeof turns.Session>(send, { ...more, method: "GET", path: path`/api/v1/sessions/${session}` }),
    /** What the session's model would be sent before the next message, and how large that is. */
    context: (session: string, more: CallOptions = {}) =>
      ask<typeof turns.SessionContext>(send, { ...more, method: "GET", path: path`/api/v1/sessions/${session}/context` }),
    /** Changes what is given; null clears it. Turns that run already go on as they began. */
    patch: (session: string, change: Sent<typeof turns.SessionPatch>, more: CallOptions = {}) =>
      ask<typeof turns.Session>(send, { ...more, method: "PATCH", path: path`/api/v1/sessions/${session}`, body: change }),
    delete: async (session: string, more: CallOptions = {}): Promise<void> => {
      await succeed(send, { ...more, method: "DELETE", path: path`/api/v1/sessions/${session}` });
    },
    ...listing<typeof turns.SessionList, "sessions">(send, SESSIONS, "sessions"),
  };
}
