// A failure of a provider in one form for all of them: what it was, whether another route may help, and when. Made of statuses and codes;
// it never holds a provider's words, an address or a key.

import type { UsageReport } from "./report.ts";

export type FailureKind =
  /** The request itself was not taken: it would not be taken elsewhere either. */
  | "refused"
  /** Our key, our name for the model or our account at this provider is wrong: ours to mend, and no fault of the caller's. */
  | "auth"
  | "no_money"
  | "rate_limited"
  | "overloaded"
  | "context_length"
  | "content_filter"
  /** No connection, or it broke before any text came. */
  | "unreachable"
  /** Nothing came for longer than we wait. */
  | "silent"
  /** The answer broke off. */
  | "cut"
  /** What came was no answer in this dialect, or larger than any. */
  | "malformed"
  /** Our own time for the call was over. */
  | "late"
  /** Our own caller stopped the call. */
  | "stopped";

export type Failure = {
  readonly kind: FailureKind;
  /** Another attempt, at this route or another, may succeed. */
  readonly retryable: boolean;
  /** Whole seconds that the provider asks us to wait; null when it does not say. */
  readonly retryAfterSeconds: number | null;
  /** The HTTP status, or the one that an error in a stream names; null when there was none. */
  readonly status: number | null;
};

/** A failure of this kind. */
export function failureOf(kind: FailureKind, status: number | null = null, retryAfterSeconds: number | null = null): Failure {
  return { kind, retryable: RETRYABLE.has(kind), retryAfterSeconds, status };
}

const RETRYABLE: ReadonlySet<FailureKind> = new Set([
  "auth",
  "no_money",
  "rate_limited",
  "overloaded",
  "unreachable",
  "silent",
  "cut",
  "malformed",
]);

/** Carries a failure to whoever asked. The message is the kind and the status, and there is no cause: an error below it may hold an address. */
export class ModelFailure extends Error {
  override readonly name = "ModelFailure";
  readonly failure: Failure;
  /** What the provider reported before it failed: that may be billed to us. */
  readonly usage: UsageReport | null;

  constructor(failure: Failure, usage: UsageReport | null = null) {
    super(`The model provider failed (${failure.kind}${failure.status === null ? "" : ` ${failure.status}`}).`);
    this.failure = failure;
    this.usage = usage;
  }
}

/** What a refusal says, in neutral words: read by each dialect from its own error body. */
export type Refusal = {
  readonly status: number | null;
  /** The provider's codes and types of error, all that there are. */
  readonly codes: readonly string[];
  /** The provider's words: looked at for what no code says, and not kept. */
  readonly words: string;
  readonly retryAfterSeconds: number | null;
};

/** The failure behind a refusal or an error in a stream. Codes come first: a status is often too wide, and a stream has none. */
export function failureFrom({ status, codes, words, retryAfterSeconds }: Refusal): Failure {
  const kind = byCode(codes) ?? byWords(status, words) ?? (status === null ? bySort(codes) : byStatus(status));
  return failureOf(kind, status, retryAfterSeconds);
}

const CODES: readonly (readonly [RegExp, FailureKind])[] = [
  [
    /^(?:insufficient_quota|credit_balance_exhausted|billing_error|billing_hard_limit_reached|.*_?spend_limit.*|organization_usage_limit_exceeded)$/,
    "no_money",
  ],
  [/^(?:context_length_exceeded|model_context_window_exceeded|request_too_large|string_above_max_length)$/, "context_length"],
  [/^(?:content_filter|content_policy_violation|moderation)$/, "content_filter"],
  [
    /^(?:authentication_error|permission_error|invalid_api_key|unauthenticated|permission_denied|not_found|not_found_error|model_not_found)$/,
    "auth",
  ],
  [/^(?:rate_limit.*|resource_exhausted|too_many_requests|throttling.*)$/, "rate_limited"],
  [
    /^(?:overloaded.*|server_error|api_error|internal.*|unavailable|timeout.*|deadline_exceeded|insufficient_system_resource|provider_.*)$/,
    "overloaded",
  ],
];

/** Above all others the one that stands first in the table: a quota that is used up often calls itself a rate limit too. */
function byCode(codes: readonly string[]): FailureKind | null {
  const lower = codes.map((code) => code.toLowerCase());
  return CODES.find(([pattern]) => lower.some((code) => pattern.test(code)))?.[1] ?? null;
}

const TOO_LONG = new RegExp(
  [
    "context[_ ](?:length|window|limit)", // context_length_exceeded; maximum context length; the model's context window
    "(?:prompt|input) is too long",
    "exceeds? the (?:maximum|context)",
    "too many (?:input |prompt )?tokens",
    "input token count",
    "reduce the length of (?:the|your) (?:messages|prompt|input)",
  ].join("|"),
  "i",
);
/** The statuses with which providers refuse a prompt for its length; an error in a stream may have none. */
const LENGTH_STATUSES: ReadonlySet<number | null> = new Set([400, 413, 422, null]);

/** Some say only in words that the prompt does not fit. */
function byWords(status: number | null, words: string): FailureKind | null {
  return LENGTH_STATUSES.has(status) && TOO_LONG.test(words) ? "context_length" : null;
}

const OUR_REQUEST = /^(?:invalid_request.*|invalid_argument|failed_precondition|unsupported_.*|validation.*)$/i;

/** A sort of error that says less than a status does, where there is none. */
function bySort(codes: readonly string[]): FailureKind {
  return codes.some((code) => OUR_REQUEST.test(code)) ? "refused" : "overloaded";
}

function byStatus(status: number): FailureKind {
  if (status >= 500 || status === 408 || status === 409) return "overloaded";
  if (status === 429) return "rate_limited";
  if (status === 402) return "no_money";
  if (status === 413) return "context_length";
  return status === 401 || status === 403 || status === 404 || status < 400 ? "auth" : "refused";
}

const MOST_SECONDS = 3_600;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Whole seconds to wait, rounded up, from `retry-after-ms`, else `retry-after` (RFC 9110: seconds or a date). Anything else says
 * nothing; an hour is the longest wait that is believed. `now` is in milliseconds since 1970.
 */
export function retryAfterOf(header: (name: string) => string | null, now: number): number | null {
  const precise = header("retry-after-ms");
  if (precise !== null && /^\d{1,12}(?:\.\d{1,9})?$/.test(precise)) return believed(Number(precise) / 1_000);
  const value = header("retry-after");
  if (value === null) return null;
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(value)) return believed(Number(value));
  const date = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : believed((date - now) / 1_000);
}

/** Seconds as they are believed: whole, not negative, an hour at most. */
export function believed(seconds: number): number {
  return Math.min(Math.max(0, Math.ceil(seconds)), MOST_SECONDS);
}
