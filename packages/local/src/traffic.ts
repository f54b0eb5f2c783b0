// What a server has under way: requests that are being worked on, and responses that are being sent. A caller who leaves ends neither:
// the work goes on, and a stop has to wait for it.

import type { ServerType } from "@hono/node-server";

export type Traffic = {
  /** Counts this work until it ends. */
  during<T>(work: () => T | Promise<T>): Promise<T>;
  /** Resolves when nothing is under way, or after so many milliseconds. */
  idle(patienceMs: number): Promise<void>;
};

export function watchTraffic(server: ServerType): Traffic {
  const open = new Set<Promise<unknown>>();
  const follow = (ended: Promise<unknown>) => {
    open.add(ended);
    void ended.finally(() => open.delete(ended));
  };
  server.on("request", (_request: unknown, response: { once(event: "close", listener: () => void): unknown }) => {
    const closed = Promise.withResolvers<void>();
    response.once("close", closed.resolve);
    follow(closed.promise);
  });
  return {
    during: (work) => {
      const working = (async () => work())();
      follow(working.catch(() => {}));
      return working;
    },
    idle: async (patienceMs) => {
      const late = Promise.withResolvers<"late">();
      const timer = setTimeout(() => late.resolve("late"), patienceMs);
      while (open.size > 0 && (await Promise.race([late.promise, ...open])) !== "late");
      clearTimeout(timer);
    },
  };
}
