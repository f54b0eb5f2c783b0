// One worker as the run sees it: a child process behind a proxy of its own, started, armed, frozen, thawed and killed.

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import type { Seam } from "./failpoints.ts";

export type WorkerStart = {
  readonly environment: Readonly<Record<string, string>>;
  /** Models beside the product's, each called by its own name at the provider. */
  readonly aliases: readonly string[];
  /** What each request has of the function's time: its turns' leases are 30 s longer. */
  readonly timeLeftMs: number;
  readonly maxConnections: number;
};

export type Job = "sweep" | "reconcile";

/** What a worker is told, and what it says. */
export type Order =
  | (WorkerStart & { kind: "start" })
  | { kind: "arm"; id: number; seam: Seam | null }
  | { kind: "job"; id: number; job: Job };
export type Word =
  | { kind: "ready"; port: number }
  | { kind: "done"; id: number; failed: boolean }
  | { kind: "count"; metric: string; detail: string }
  | { kind: "error"; message: string };

export type Worker = {
  readonly pid: number;
  readonly url: string;
  /** False from its death on. */
  isAlive(): boolean;
  /** Resolves with the signal that ended it; null when it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
  arm(seam: Seam | null): Promise<void>;
  /** Runs a scheduled job there; false when it failed, or died with the worker. */
  job(job: Job): Promise<boolean>;
  kill(): void;
  freeze(): void;
  thaw(): void;
  /** Lets it end in peace. */
  stop(): Promise<void>;
};

export type Hearer = { count(metric: string, detail: string): void; error(message: string): void };

const START_PATIENCE_MS = 60_000;

/** Starts a worker and waits until it listens. Its compiled code is kept beside the script, so that the next one starts faster. */
export async function startWorker(start: WorkerStart, script: string, hearer: Hearer): Promise<Worker> {
  const env = { PATH: "/usr/bin:/bin", NODE_COMPILE_CACHE: join(dirname(script), "compiled") };
  const child = fork(script, [], { stdio: ["ignore", "inherit", "inherit", "ipc"], env });
  const ended = once(child, "exit").then(([, signal]) => signal as NodeJS.Signals | null);
  const waiting = new Map<number, (failed: boolean) => void>();
  const listening = Promise.withResolvers<number>();
  child.on("message", (word: Word) => {
    if (word.kind === "ready") listening.resolve(word.port);
    else if (word.kind === "done") waiting.get(word.id)?.(word.failed);
    else if (word.kind === "count") hearer.count(word.metric, word.detail);
    else hearer.error(word.message);
  });
  child.send({ kind: "start", ...start } satisfies Order);
  const port = await Promise.race([
    listening.promise,
    ended.then(() => {
      throw new Error("a worker ended before it listened");
    }),
    tooLate(START_PATIENCE_MS),
  ]);
  const state = { alive: true, orders: 0 };
  child.once("exit", () => {
    state.alive = false;
    for (const answer of waiting.values()) answer(true);
  });
  const ask = (order: (id: number) => Order): Promise<boolean> =>
    new Promise((resolve) => {
      const id = (state.orders += 1);
      waiting.set(id, (failed) => {
        waiting.delete(id);
        resolve(!failed);
      });
      if (!state.alive) return waiting.get(id)?.(true);
      child.send(order(id), (error) => error && waiting.get(id)?.(true));
    });
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    isAlive: () => state.alive,
    ended,
    arm: async (seam) => void (await ask((id) => ({ kind: "arm", id, seam }))),
    job: (job) => ask((id) => ({ kind: "job", id, job })),
    ...signals(child, () => (state.alive = false)),
    stop: async () => {
      if (child.connected) child.disconnect();
      child.kill("SIGCONT");
      await ended;
    },
  };
}

function signals(child: ChildProcess, dead: () => void): Pick<Worker, "kill" | "freeze" | "thaw"> {
  return {
    kill: () => {
      dead();
      child.kill("SIGKILL");
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
  };
}

async function tooLate(ms: number): Promise<never> {
  await once(AbortSignal.timeout(ms), "abort");
  throw new Error("a worker did not listen in time");
}
