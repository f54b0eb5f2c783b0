// The client's holds: credits held for a model call that the product makes itself, settled by what it used. For tokens and for API keys.

import type * as holds from "@pantheon/contract/holds.ts";
import { ask, path, succeed, type Sent } from "./calls.ts";
import type { CallOptions, Send } from "./transport.ts";

const HOLDS = "/api/v1/holds";

/** The calls of `client.holds`. */
export function holdsClient(send: Send) {
  return {
    /** Rejects with 402 when there are too few credits. What is not settled by `expires_at` costs nothing. */
    open: (hold: Sent<typeof holds.HoldCreate>, more: CallOptions = {}) =>
      ask<typeof holds.Hold>(send, { ...more, method: "POST", path: HOLDS, body: hold }),
    /** Charges what was used. The same figures again are answered the same; others reject with 409, and so does a hold that is over. */
    settle: (hold: string, used: Sent<typeof holds.HoldSettle>, more: CallOptions = {}) =>
      ask<typeof holds.HoldSettled>(send, { ...more, method: "POST", path: path`/api/v1/holds/${hold}/settle`, body: used }),
    /** Gives back what is held; nothing is charged. */
    void: async (hold: string, more: CallOptions = {}): Promise<void> => {
      await succeed(send, { ...more, method: "DELETE", path: path`/api/v1/holds/${hold}` });
    },
    /** Keeps it for so many seconds from now, at most a day after its first end. */
    extend: (hold: string, leaseSeconds: number, more: CallOptions = {}) =>
      ask<typeof holds.Hold>(send, {
        ...more,
        method: "POST",
        path: path`/api/v1/holds/${hold}/extend`,
        body: { lease_seconds: leaseSeconds },
      }),
    /** Books usage after the fact, once for each key that is sent: with an API key that an admin has let do so. */
    book: (usage: Sent<typeof holds.UsageBook>, more: CallOptions = {}) =>
      ask<typeof holds.HoldSettled>(send, { ...more, method: "POST", path: "/api/v1/usage", body: usage }),
  };
}
