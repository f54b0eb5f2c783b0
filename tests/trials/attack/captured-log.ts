// The product's own log as production prints it, taken off standard output line by line before it reaches the terminal. What is looked
// for in the lines is told by the caller; of the lines themselves only those are kept that somebody asked for.

import { createLog } from "@pantheon/edge/lambda/cloudwatch-log.ts";
import type { Log } from "@pantheon/core/log.ts";

export type CapturedLog = Log & {
  /** How many lines were printed so far. */
  printed(): number;
  /** What is printed while this runs. */
  during(act: () => Promise<unknown>): Promise<string[]>;
  /** Gives standard output back. */
  release(): void;
};

/** `look` is shown every line. Until `release`, a line that is the product's does not reach the terminal; every other does. */
export function capturedLog(look: (line: string) => void, { name = "attack", stage = "local" } = {}): CapturedLog {
  const kept = new Set<string[]>();
  let printed = 0;
  const take = (chunk: unknown): boolean => {
    const text = chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : String(chunk);
    if (!text.startsWith("{") || !text.includes('"service":"pantheon"')) return false;
    for (const line of text.split("\n").filter((part) => part !== "")) {
      printed += 1;
      look(line);
      for (const lines of kept) lines.push(line);
    }
    return true;
  };
  const releases = [process.stdout, process.stderr].map((stream) => divert(stream, take));
  return {
    ...createLog(name, stage, Date.now),
    printed: () => printed,
    during: async (act) => {
      const lines: string[] = [];
      kept.add(lines);
      try {
        await act();
      } finally {
        kept.delete(lines);
      }
      return lines;
    },
    release: () => {
      for (const release of releases) release();
    },
  };
}

/** The logger writes through a console of its own onto the process's streams, so this is the one place where its output can be had. */
function divert(stream: NodeJS.WriteStream, take: (chunk: unknown) => boolean): () => void {
  const write = stream.write.bind(stream);
  stream.write = (chunk: string | Uint8Array, ...rest: never[]) => take(chunk) || write(chunk, ...rest);
  return () => {
    stream.write = write;
  };
}
