// A function on Lambda's own runtime client: its bundle in a process of its own, frozen between invocations, killed at its deadline and
// started again after a crash, as Lambda does it.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Bundle } from "./lambda-bundle.ts";
import { startRuntimeApi, type Job, type Outcome, type RuntimeApi } from "./runtime-api.ts";
import type { Json } from "./world.ts";

export type Invoked = (Outcome | { readonly kind: "timed out" } | { readonly kind: "exited" }) & {
  readonly requestId: string;
  /** From the event's delivery to the answer's end. */
  readonly ms: number;
};

export type LambdaContainer = {
  /** One invocation; starts a process when there is none. They go one after the other, as in a container. */
  invoke(event: unknown, options?: InvokeOptions): Promise<Invoked>;
  /** From now on it is so much later for the container, as if it had been frozen that long. */
  later(ms: number): void;
  /** How much later it is for it by now. */
  laterBy(): number;
  /** How often a process was started. */
  starts(): number;
  /** From the start of the newest process to its first question for an event. */
  initMs(): number;
  /** Takes the process away: the next invocation is a cold one. */
  recycle(): Promise<void>;
  /** Every line that was logged so far, as JSON where it is JSON. */
  logs(): Promise<Json[]>;
  /** Lets the deadline of the running invocation pass now, while nothing else happens. */
  expire(): void;
  /** Sends a signal to the process: a crash, when it is one that kills. */
  signal(name: NodeJS.Signals): void;
  end(): Promise<void>;
};

export type InvokeOptions = { readonly timeoutMs?: number; readonly read?: NonNullable<Job["read"]> };

type Surroundings = {
  readonly environment: Readonly<Record<string, string>>;
  /** Modules that are loaded before the runtime client. */
  readonly preloads: readonly string[];
};

const TIMEOUT_MS = 30_000;
const INIT_LIMIT_MS = 10_000;
const RUNTIME_CLIENT = fileURLToPath(import.meta.resolve("aws-lambda-ric"));

/** A stopped process would outlive a run that is broken off. */
const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

type Process = { readonly child: ChildProcess; readonly exited: Promise<unknown>; gone: boolean };

/** Nothing is started before the first invocation. */
export async function lambdaContainer(bundle: Bundle, surroundings: Surroundings): Promise<LambdaContainer> {
  const api = await startRuntimeApi();
  const logs = logLines();
  const state = { process: null as Process | null, starts: 0, initMs: 0, laterMs: 0, frozen: Promise.resolve(), expire: () => {} };

  const recycle = async (): Promise<void> => {
    const { process: running } = state;
    state.process = null;
    api.forget();
    if (running === null || running.gone) return;
    running.child.kill("SIGKILL");
    await running.exited;
  };
  const start = async (): Promise<Outcome | null> => {
    await recycle();
    const began = performance.now();
    state.starts += 1;
    state.process = startProcess(bundle, surroundings, api, logs.take);
    const failed = await Promise.race([
      api.idle().then(() => null),
      api.initFailed(),
      state.process.exited.then((): Outcome => ({ kind: "failed", error: "exited", message: "The process ended while it started." })),
      sleep(INIT_LIMIT_MS, { kind: "failed", error: "init timeout", message: "" } as const, { ref: false }),
    ]);
    state.initMs = performance.now() - began;
    return failed;
  };

  const invoke = async (event: unknown, { timeoutMs = TIMEOUT_MS, read }: InvokeOptions = {}): Promise<Invoked> => {
    await state.frozen;
    const id = randomUUID();
    if (state.process === null || state.process.gone) {
      const failed = await start();
      if (failed !== null) return { ...failed, requestId: id, ms: 0 };
    }
    const running = state.process;
    if (running === null) throw new Error("no process");
    running.child.kill("SIGCONT");
    const began = performance.now();
    const deadlineMs = Date.now() + state.laterMs + timeoutMs;
    const killed = new AbortController();
    const expired = Promise.withResolvers<{ kind: "timed out" }>();
    state.expire = () => expired.resolve({ kind: "timed out" });
    const outcome = await Promise.race([
      api.deliver({ id, event, deadlineMs, laterMs: state.laterMs, ...(read && { read }) }),
      running.exited.then(() => ({ kind: "exited" }) as const),
      expired.promise,
      sleep(timeoutMs, { kind: "timed out" } as const, { signal: killed.signal }),
    ]);
    killed.abort();
    const ms = performance.now() - began;
    if (outcome.kind === "timed out" || running.gone) await recycle();
    else state.frozen = freezeWhenIdle(api, running);
    return { ...outcome, requestId: id, ms };
  };

  return {
    invoke,
    later: (ms) => void (state.laterMs += ms),
    laterBy: () => state.laterMs,
    starts: () => state.starts,
    initMs: () => state.initMs,
    recycle,
    logs: async () => {
      await state.frozen;
      await sleep(0); // what was written before the answer stands in the pipe by now: it is read in this turn
      return logs.lines();
    },
    expire: () => state.expire(),
    signal: (name) => void state.process?.child.kill(name),
    end: async () => {
      await recycle();
      await api.close();
    },
  };
}

/** Lambda stops the whole process as soon as it asks for the next event. */
async function freezeWhenIdle(api: RuntimeApi, running: Process): Promise<void> {
  await Promise.race([api.idle(), running.exited]);
  if (!running.gone) running.child.kill("SIGSTOP");
}

function startProcess(bundle: Bundle, { environment, preloads }: Surroundings, api: RuntimeApi, log: (chunk: Buffer) => void): Process {
  const child = spawn(process.execPath, [...preloads.flatMap((preload) => ["--import", preload]), RUNTIME_CLIENT], {
    cwd: bundle.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_LAMBDA_FUNCTION_NAME: "test",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
      AWS_LAMBDA_LOG_GROUP_NAME: "test",
      AWS_LAMBDA_LOG_STREAM_NAME: "test",
      TZ: ":UTC",
      ...environment,
      AWS_LAMBDA_RUNTIME_API: api.address,
      LAMBDA_TASK_ROOT: bundle.folder,
      _HANDLER: bundle.handler,
    },
  });
  child.stdout.on("data", log);
  child.stderr.on("data", log);
  children.add(child);
  const ended = (): void => {
    started.gone = true;
    children.delete(child);
  };
  const started: Process = { child, exited: once(child, "close").finally(ended), gone: false };
  return started;
}

function logLines(): { take: (chunk: Buffer) => void; lines: () => Json[] } {
  const chunks: Buffer[] = [];
  return {
    take: (chunk) => void chunks.push(chunk),
    lines: () => Buffer.concat(chunks).toString().split("\n").filter(Boolean).map(parsed),
  };
}

function parsed(line: string): Json {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
