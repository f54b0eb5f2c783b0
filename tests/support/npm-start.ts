// `npm start` as a child process, with a home and an environment of its own: run to its end, or started and talked to.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Client } from "pg";

export const START = fileURLToPath(new URL("../../packages/local/src/start.ts", import.meta.url));

type Environment = Readonly<Record<string, string>>;

/** Runs it to its end. */
export function runStart(args: readonly string[], environment: Environment) {
  const env = { PORT: "0", NO_COLOR: "1", ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [START, ...args], { encoding: "utf8", env, timeout: 50_000 });
  return { status, stdout, stderr: stderr.trim() };
}

export type Started = {
  readonly child: ChildProcess;
  /** What it has printed so far, on both streams. */
  printed(): string;
  /** Waits until it prints this; throws what it printed when it ends without. */
  says(text: string | RegExp): Promise<void>;
  /** The code it exits with, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
};

/** Starts it; `command` runs it another way, as npm does. */
export function givenStart(
  args: readonly string[],
  environment: Environment,
  command: readonly string[] = [process.execPath, START],
): Started {
  const [program = "", ...before] = command;
  const child = spawn(program, [...before, ...args], {
    env: { PORT: "0", NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const heard = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part: Buffer) => {
      printed += part.toString("utf8");
      for (const listener of heard) listener();
    });
  }
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  const says = async (text: string | RegExp) => {
    const found = Promise.withResolvers<void>();
    const look = () => {
      if (typeof text === "string" ? printed.includes(text) : text.test(printed)) found.resolve();
    };
    heard.add(look);
    look();
    const over = ended.then((how) => {
      throw new Error(`it ended with ${how} and said:\n${printed}`);
    });
    await Promise.race([found.promise, over]);
    heard.delete(look);
    over.catch(() => {});
  };
  return { child, printed: () => printed, says, ended };
}

/** Runs one statement on a database. */
export async function askDatabase(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
