// A thread for one file: whatever a document does to its reader, it ends in time, within its memory, and takes nothing else with it. This
// file is both sides: who asks imports it, and the thread runs it. (A bundler keeps what is imported dynamically in a file of its own, so
// it is imported so.)

import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Parsed } from "./parsed.ts";

export type Bounds = {
  /** How long reading may take. */
  readonly ms: number;
  /** The thread's own heap, in MiB. */
  readonly heapMb: number;
  /** What the process may grow by meanwhile, in MiB: a thread's heap does not count what its buffers take. */
  readonly growthMb: number;
};

const TOO_MUCH: Parsed = { why: "The file takes too much time or memory to be read." };
const LOOK_MS = 50;

/** Reads the bytes in a thread of its own, which is over when this resolves. Never rejects. */
export async function parseInThread(bytes: Uint8Array, bounds: Bounds): Promise<Parsed> {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { [MARK]: bytes },
    env: {}, // nothing of ours is in reach of a document's reader
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: bounds.heapMb, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const { promise, resolve } = Promise.withResolvers<Parsed>();
  const most = process.memoryUsage.rss() + bounds.growthMb * 1_024 * 1_024;
  const timer = setTimeout(() => resolve(TOO_MUCH), bounds.ms);
  const watch = setInterval(() => process.memoryUsage.rss() > most && resolve(TOO_MUCH), LOOK_MS);
  worker.once("message", (parsed: Parsed) => resolve(parsed));
  worker.once("error", () => resolve(TOO_MUCH)); // out of memory; everything else is an outcome
  worker.once("exit", () => resolve(TOO_MUCH));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    await worker.terminate();
  }
}

const MARK = "pantheonFile";

/** The thread's side. */
async function readHere(bytes: Uint8Array): Promise<void> {
  const { parseBytes } = await import("./parse-bytes.ts");
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(await parseBytes(bytes));
}

if (!isMainThread && workerData !== null && typeof workerData === "object" && MARK in workerData) {
  await readHere((workerData as { [MARK]: Uint8Array })[MARK]);
}
