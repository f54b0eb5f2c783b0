// The webhook function in a process that a test kills, as a machine dies: with SIGKILL, in the middle of a request.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { signatureOf } from "./payment-event.ts";
import type { TestWorld } from "./world.ts";

const SCRIPT = fileURLToPath(new URL("./webhook-process.ts", import.meta.url));

export type KillableWebhook = {
  /** The status, or null when no answer came: the process died. */
  post(event: object): Promise<number | null>;
  kill(): void;
  /** Resolves with the signal that ended the process. */
  readonly ended: Promise<NodeJS.Signals | null>;
};

/** Starts it on this database, with the world's own signing secret. */
export async function givenKillableWebhook(world: TestWorld, databaseUrl: string): Promise<KillableWebhook> {
  const secret = world.config.stripe.webhookSecrets[0] ?? "";
  const child = fork(SCRIPT, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit").then(([, signal]) => signal as NodeJS.Signals | null);
  const listening = once(child, "message", { signal: AbortSignal.timeout(20_000) });
  child.send({
    DATABASE_URL: databaseUrl,
    AUTH_ISSUER: world.config.auth.issuer,
    STRIPE_SECRET_KEY: "sk_test_standin",
    STRIPE_WEBHOOK_SECRET: secret,
  });
  const [port] = await listening;
  return {
    ended,
    kill: () => void child.kill("SIGKILL"),
    post: async (event) => {
      const body = JSON.stringify(event);
      const headers = { "Stripe-Signature": signatureOf(body, secret) };
      const response = await fetch(`http://127.0.0.1:${port}/webhooks/stripe`, { method: "POST", headers, body }).catch(() => null);
      return response?.status ?? null;
    },
  };
}
