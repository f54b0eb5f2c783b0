// The local world's log: JSON lines in a file of its home, so that the terminal stays readable. A new run begins a new file.

import { closeSync, openSync, writeSync } from "node:fs";
import type { Log, LogFields } from "@pantheon/core/log.ts";
import type { Clock } from "@pantheon/contract/time.ts";

/** Opens the file; `close` ends it, and what is logged after that, or cannot be written, is dropped. */
export function openFileLog(path: string, clock: Clock): Log & { close(): void } {
  let file: number | null = openSync(path, "w", 0o600);
  const write = (level: string, message: string, fields: LogFields = {}) => {
    if (file === null) return;
    try {
      writeSync(file, `${JSON.stringify({ time: new Date(clock()).toISOString(), level, message, ...fields })}\n`);
    } catch {
      // The disk is full: a request that was served must not fail for its log line.
    }
  };
  return {
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    count: (metric, fields) => write("count", metric, fields),
    close: () => {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}
