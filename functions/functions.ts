// The manifest: every function of the product, the addresses it answers, whether it also has a URL that streams, and its scheduled jobs.
// The gateway in front, the infrastructure, the local world and the commands read it; it loads nothing.

import type { JobName } from "@pantheon/contract/vocabulary.ts";

/** Functions that people and Stripe call. An address is a prefix, where `{name}` stands for any segment; the longest that matches answers. */
export const FUNCTIONS = {
  turns: { addresses: ["/api/v1/sessions", "/api/v1/health", "/api/v1/health/turns"], streams: true },
  files: { addresses: ["/api/v1/sessions/{session_id}/files", "/api/v1/health/files"], streams: false },
  holds: { addresses: ["/api/v1/holds", "/api/v1/usage", "/api/v1/health/holds"], streams: false },
  users: { addresses: ["/api/v1", "/api/v1/health/users"], streams: false },
  admin: { addresses: ["/api/v1/admin", "/api/v1/health/admin"], streams: true },
  /** Answers as they come alone: an answer in one piece may take longer than the gateway waits. Its addresses are its URL's. */
  completions: { addresses: ["/v1", "/api/v1/health/completions"], streams: true, ownUrl: true },
  "stripe-webhook": { addresses: ["/webhooks/stripe", "/api/v1/health/stripe-webhook"], streams: false },
} as const satisfies Record<string, { readonly addresses: readonly string[]; readonly streams: boolean; readonly ownUrl?: true }>;

export type FunctionName = keyof typeof FUNCTIONS;

/** In the order in which they are listed. */
export const FUNCTION_NAMES = [
  "turns",
  "files",
  "holds",
  "users",
  "admin",
  "completions",
  "stripe-webhook",
] as const satisfies readonly FunctionName[];

/** Those that the gateway stands in front of; the others have a URL of their own and nothing else. */
export const BEHIND_API = ["turns", "files", "holds", "users", "admin", "stripe-webhook"] as const satisfies readonly FunctionName[];

/**
 * What a function's own URL answers better than the gateway, which waits half a minute and passes nothing on before the end: streams, and
 * exports of any size. Where both stand at one origin, these addresses lead to the URL. `*` stands for anything, as CloudFront has it.
 */
export const STREAMED = {
  "turns-stream": ["/api/v1/sessions/*/turns/stream"],
  "admin-stream": ["/api/v1/admin/*.csv"],
} as const;

/** The function that answers this path, or null when none does. */
export function functionFor(path: string): FunctionName | null {
  return PREFIXES.find(({ pattern }) => pattern.test(path))?.name ?? null;
}

/** Longest first. */
const PREFIXES = FUNCTION_NAMES.flatMap((name) => FUNCTIONS[name].addresses.map((prefix) => ({ name, prefix })))
  .toSorted((a, b) => b.prefix.length - a.prefix.length)
  .map(({ name, prefix }) => ({ name, pattern: new RegExp(`^${prefix.replaceAll(/\{\w+\}/g, "[^/]+")}(?:/|$)`) }));

/** Functions that a schedule calls and nobody else, and how long each may run. The sweep must not wait for a job that takes ten minutes. */
export const SCHEDULED = {
  maintenance: { timeout: "10 minutes" },
  "maintenance-sweep": { timeout: "1 minute" },
} as const;

/** Functions that something that happened calls, and nobody else: a file has come into storage. */
export const EVENT_DRIVEN = { "file-parse": { timeout: "2 minutes" } } as const;

export type Job = {
  /** Which of the scheduled functions runs it. */
  readonly runsIn: keyof typeof SCHEDULED;
  /** How often it is due: a divisor of a day, or a day. */
  readonly everyMinutes: number;
  /** When a daily one is due, in UTC. */
  readonly at?: { readonly hour: number; readonly minute: number };
  /** By when a run ends by itself, counted from its begin: well inside its function's time, since its last question may take a while. */
  readonly endsWithinMs: number;
  /** How old its last run may be on a stage where all is well. */
  readonly lateAfterMinutes: number;
};

/** The scheduled jobs. What each does is in maintenance/jobs.ts. */
export const JOBS = {
  sweep: { runsIn: "maintenance-sweep", everyMinutes: 1, endsWithinMs: 40_000, lateAfterMinutes: 3 },
  reconcile: { runsIn: "maintenance", everyMinutes: 15, endsWithinMs: 4 * 60_000, lateAfterMinutes: 35 },
  // In the night of most, and off the full hour, when everybody's run. One statement, which looks at everything.
  verify: {
    runsIn: "maintenance",
    everyMinutes: 24 * 60,
    at: { hour: 3, minute: 17 },
    endsWithinMs: 9 * 60_000,
    lateAfterMinutes: 26 * 60,
  },
} as const satisfies Record<JobName, Job>;
