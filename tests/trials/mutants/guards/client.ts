// Guards of the client: what it sends again, when, and under which key; and of the document that says the wire.

import type { Mutant } from "../mutant.ts";

const TRANSPORT = "packages/client/src/transport.ts";
const RETRY = "packages/client/src/retry.ts";
const RETRIES = "tests/client/client-retries.test.ts";

export const CLIENT_GUARDS: readonly Mutant[] = [
  {
    name: "client-key-on-writes",
    guard: "A write carries no key of its own: a lost response is never made good, or is a second effect.",
    patches: [
      {
        file: TRANSPORT,
        find: '"GET" ? null : call.key === undefined ? crypto.randomUUID() : call.key',
        replace: '"GET" ? null : (call.key ?? null)',
      },
    ],
    test: { file: RETRIES, name: "%s takes effect once", row: "whose response was lost takes effect once" },
  },
  {
    name: "client-retries-keyed-writes-only",
    guard: "A write without a key is sent again: two effects.",
    patches: [{ file: TRANSPORT, find: '(call.method === "GET" || key !== null)', replace: "true" }],
    test: { file: RETRIES, name: "is %s", row: "is a write without a key" },
  },
  {
    name: "client-one-key-a-call",
    guard: "Each try has a key of its own: two effects.",
    patches: [{ file: TRANSPORT, find: "{ ...call, key }", replace: "{ ...call, key: key === null ? null : crypto.randomUUID() }" }],
    test: { file: RETRIES, name: "%s takes effect once", row: "whose response was lost takes effect once" },
  },
  {
    name: "client-waits-as-told",
    guard: "The client comes back sooner than Retry-After says.",
    patches: [{ file: RETRY, find: "asked * 1_000 + rules.firstWaitMs * random", replace: "asked * 1_000 * random" }],
    test: { file: RETRIES, name: "is never shorter than the product said, and never ends too late" },
  },
  {
    name: "client-bounded-tries",
    guard: "The client never gives up.",
    patches: [{ file: RETRY, find: "if (next.tried >= rules.tries) return null;", replace: "if (next.tried > rules.tries) return null;" }],
    test: { file: RETRIES, name: "is given up after so many tries" },
  },
  {
    name: "client-refused-for-good",
    guard: "What is not configured, or refused for good, is sent again and again.",
    patches: [{ file: RETRY, find: ' && outcome.code !== "not_configured"', replace: "" }],
    test: { file: RETRIES, name: "is what was refused for good" },
  },
  {
    name: "client-signal-ends-waits",
    guard: "A caller that left keeps its calls waiting.",
    patches: [{ file: TRANSPORT, find: 'signal?.addEventListener("abort", end, { once: true });', replace: "" }],
    test: { file: RETRIES, name: "ends a call that runs, and a wait between two tries" },
  },
];
