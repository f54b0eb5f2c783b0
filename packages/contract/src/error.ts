// Every refusal the product can answer, as one closed list with its status. Nothing here knows HTTP beyond the number.

const REFUSALS = {
  malformed_request: [400, "Malformed request"],
  unauthenticated: [401, "Not authenticated"],
  insufficient_credits: [402, "Insufficient credits"],
  limit_reached: [402, "Limit reached"],
  forbidden: [403, "Forbidden"],
  account_suspended: [403, "Account suspended"],
  not_found: [404, "Not found"],
  method_not_allowed: [405, "Method not allowed"],
  idempotency_in_progress: [409, "Request in progress"],
  idempotency_expired: [409, "Idempotency key expired"],
  session_busy: [409, "Session busy"],
  conflict: [409, "Conflict"],
  hold_expired: [409, "Hold expired"],
  second_admin_required: [409, "A second admin is required"],
  not_effective_yet: [409, "Not effective yet"],
  precondition_failed: [412, "Precondition failed"],
  payload_too_large: [413, "Payload too large"],
  uri_too_long: [414, "URI too long"],
  unsupported_media_type: [415, "Unsupported media type"],
  invalid_request: [422, "Invalid request"],
  idempotency_key_reused: [422, "Idempotency key reused"],
  unknown_model_alias: [422, "Unknown model alias"],
  unsupported_by_model: [422, "Unsupported by the model"],
  context_budget_exceeded: [422, "Context budget exceeded"],
  rate_limited: [429, "Too many requests"],
  internal: [500, "Internal error"],
  malformed_metadata: [422, "Malformed webhook metadata"],
  invalid_signature: [400, "Invalid signature"],
  payment_failed: [502, "Payment provider failed"],
  provider_failed: [502, "Model provider failed"],
  not_configured: [503, "Not configured"],
  database_unavailable: [503, "Database unavailable"],
  storage_unavailable: [503, "File storage unavailable"],
  auth_unavailable: [503, "Sign-in keys unavailable"],
  payment_unavailable: [503, "Payment provider unavailable"],
  schema_behind: [503, "Schema behind"],
  out_of_time: [503, "Out of time"],
  provider_timeout: [504, "Model provider timed out"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ErrorCode = keyof typeof REFUSALS;

/** Every code, in the order of the list. */
export const ERROR_CODES = Object.keys(REFUSALS) as [ErrorCode, ...ErrorCode[]];

/** The status that goes with a code. */
export function statusOf(code: ErrorCode): number {
  return REFUSALS[code][0];
}

/** One fault in the input: where (`a.b.0`) and what. */
export type InputFault = { path: string; message: string };

/** More members of a problem document, in their wire form. */
export type ProblemMembers = { readonly [name: string]: ProblemMember };
type ProblemMember = string | number | boolean | null | readonly ProblemMember[] | ProblemMembers;

type Extras = {
  /** Seconds until it is worth trying again: `Retry-After`. */
  retryAfter?: number;
  errors?: InputFault[];
  members?: ProblemMembers;
  cause?: unknown;
  /** Why, in one word of ours, for our own log line. Of a 401 its caller may be told some (edge/src/output/problem.ts). */
  reason?: string;
};

/** A refusal with its code. `detail` is for people and may leave the house: no SQL, host, key or provider text in it. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly retryAfter: number | undefined;
  readonly errors: InputFault[] | undefined;
  readonly members: ProblemMembers;
  /** For our own log line alone. */
  readonly reason: string | null;

  constructor(code: ErrorCode, detail: string, extras: Extras = {}) {
    super(detail, { cause: extras.cause });
    this.name = "DomainError";
    this.code = code;
    this.retryAfter = extras.retryAfter;
    this.errors = extras.errors;
    this.members = extras.members ?? {};
    this.reason = extras.reason ?? null;
  }

  get status(): number {
    return REFUSALS[this.code][0];
  }

  get title(): string {
    return REFUSALS[this.code][1];
  }
}

/** An invariant of ours that does not hold: answered as 500 and alarmed, in production too. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/** Throws BrokenInvariant unless `condition` holds. `what` names the invariant, never data. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new BrokenInvariant(what);
}
