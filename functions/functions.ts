// The manifest: every function of the product, the addresses it answers, whether it also has a URL that streams, and its scheduled jobs.
// The gateway in front, the infrastructure, the local world and the commands read it; it loads nothing.

/** Functions that people and Stripe call. An address is a prefix; the longest that matches answers. */
export const FUNCTIONS = {
  turns: { addresses: ["/api/v1/sessions", "/api/v1/health", "/api/v1/health/turns"], streams: true },
  users: { addresses: ["/api/v1", "/api/v1/health/users"], streams: false },
  admin: { addresses: ["/api/v1/admin", "/api/v1/health/admin"], streams: true },
  "stripe-webhook": { addresses: ["/webhooks/stripe", "/api/v1/health/stripe-webhook"], streams: false },
} as const satisfies Record<string, { readonly addresses: readonly string[]; readonly streams: boolean }>;

export type FunctionName = keyof typeof FUNCTIONS;

/** In the order in which they are listed. */
export const FUNCTION_NAMES = ["turns", "users", "admin", "stripe-webhook"] as const satisfies readonly FunctionName[];

/** The function that answers this path, or null when none does. */
export function functionFor(path: string): FunctionName | null {
  return PREFIXES.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))?.name ?? null;
}

/** Longest first. */
const PREFIXES = FUNCTION_NAMES.flatMap((name) => FUNCTIONS[name].addresses.map((prefix) => ({ name, prefix }))).toSorted(
  (a, b) => b.prefix.length - a.prefix.length,
);
