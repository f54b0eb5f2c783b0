// Another OS process that runs turns on the database of a world: what binds in every container is shown across processes too.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { TestWorld } from "./world.ts";

export type ProcessTurn = { session: string; user: string; message: string; alias?: string };
/** A turn that is read as it comes, sent to the application as its caller sends it. */
export type ProcessStream = { path: string; headers: Record<string, string>; body: string; timeLeftMs: number };
/** The turn's body, or the code of the refusal. */
export type ProcessAnswer = { ok: true; body: string } | { ok: false; code: string };

export type SecondProcess = {
  turn(turn: ProcessTurn): Promise<ProcessAnswer>;
  /** Begins a stream, which then goes on: answers when the first words of its answer were read. */
  stream(turn: { session: string; user: string; key: string; timeLeftMs: number }): Promise<ProcessAnswer>;
  /** Begins a stream with an API key. */
  streamWith(key: string, session: string): Promise<ProcessAnswer>;
  /** Ends it as a machine dies: by SIGKILL. */
  kill(): Promise<void>;
  end(): Promise<void>;
};

const SCRIPT = fileURLToPath(new URL("./turn-process.ts", import.meta.url));

/** Starts it; it has its own pool and catalogue, both still empty, and the models of the product with `added-later` besides. */
export async function givenSecondProcess(world: TestWorld, environment: Record<string, string> = {}): Promise<SecondProcess> {
  const child = fork(SCRIPT, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const exited = once(child, "exit");
  const ask = async (message: object): Promise<ProcessAnswer> => {
    const answered = once(child, "message", { signal: AbortSignal.timeout(20_000) });
    child.send(message);
    const [answer] = await answered;
    return answer as ProcessAnswer;
  };
  await ask({
    environment: {
      DATABASE_URL: world.databaseUrl,
      OPENROUTER_BASE_URL: world.provider.url,
      OPENROUTER_API_KEY: "stand-in",
      AUTH_ISSUER: world.config.auth.issuer,
      ...environment,
    },
  });
  return {
    turn: (turn) => ask({ turn }),
    stream: async ({ session, user, key, timeLeftMs }) => {
      const token = await world.issuer.token({ user });
      const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": key };
      const path = `/api/v1/sessions/${session}/turns/stream`;
      return ask({ stream: { path, headers, body: JSON.stringify({ message: "What is a wallet?" }), timeLeftMs } });
    },
    streamWith: (key, session) => {
      const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
      const path = `/api/v1/sessions/${session}/turns/stream`;
      return ask({ stream: { path, headers, body: JSON.stringify({ message: "What is a wallet?" }), timeLeftMs: 20_000 } });
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    end: async () => {
      child.disconnect();
      await exited;
    },
  };
}
