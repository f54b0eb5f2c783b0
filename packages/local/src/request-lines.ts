// `npm start -- --log`: one line on the terminal for every request that a function answered, beside the whole log in its file.

import type { Log, LogFields } from "@pantheon/core/log.ts";

/** The log, which also prints a line for each request. The line holds what was asked and answered, never what was said. */
export function withRequestLines(log: Log, clock: () => number, print: (line: string) => void): Log {
  return {
    ...log,
    info: (message, fields = {}) => {
      if (message === "request") print(lineOf(new Date(clock()), fields));
      log.info(message, fields);
    },
  };
}

function lineOf(at: Date, { method, route, status, code, ms, user_id, request_id, caller_request_id }: LogFields): string {
  const time = at.toISOString().slice(11, 23);
  const parts = [time, status, method, route, `${ms} ms`, code, user_id, request_id, caller_request_id];
  return `  ${parts.filter((part) => part !== null && part !== undefined).join("  ")}`;
}
