// The closed lists of words that the wire, the code and the tables share. Each stands here once; a migration says it again as a CHECK.

/** The word of a list. */
export type WordOf<List extends readonly string[]> = List[number];

export const TURN_STATES = ["running", "completed", "failed"] as const;
export type TurnState = WordOf<typeof TURN_STATES>;

/** Whose word a turn's usage is, where the house did not run the model: a hold's caller's, or whoever's books it after the fact. */
export const TURN_ORIGINS = ["hold", "usage"] as const;
export type TurnOrigin = WordOf<typeof TURN_ORIGINS>;

/** `partial`: cut by the provider. `internal`: a call of our own, recorded and never charged. */
export const CALL_STATES = ["success", "partial", "internal"] as const;
export type CallState = WordOf<typeof CALL_STATES>;

/** How an answer ended. `budget`: at the limit that the wallet affords. `cut`: it broke off. */
export const TURN_FINISHES = ["stop", "length", "content_filter", "tool_calls", "budget", "cut", "other"] as const;
export type TurnFinish = WordOf<typeof TURN_FINISHES>;

/** What a request may say of how an answer is sampled. */
export const SAMPLING_PARAMETERS = ["temperature", "top_p", "stop", "seed"] as const;
export type SamplingParameter = WordOf<typeof SAMPLING_PARAMETERS>;

export const RESPONSE_FORMATS = ["json_object", "json_schema"] as const;
export type ResponseFormatName = WordOf<typeof RESPONSE_FORMATS>;

export const REASONING_EFFORTS = ["none", "low", "medium", "high"] as const;
export type ReasoningEffort = WordOf<typeof REASONING_EFFORTS>;

export const USAGE_SOURCES = ["reported", "estimated"] as const;
export type UsageSource = WordOf<typeof USAGE_SOURCES>;

/** How it is decided who answers a turn, beside the session's own alias and the turn's. */
export const TURN_MODES = ["auto"] as const;

export const TOOL_NAMES = ["search", "file_read"] as const;
export type ToolName = WordOf<typeof TOOL_NAMES>;

export const TOOL_STATES = ["success", "error"] as const;
export type ToolState = WordOf<typeof TOOL_STATES>;

/** How far an uploaded file is read. */
export const PARSE_STATES = ["pending", "completed", "failed"] as const;
export type ParseStatus = WordOf<typeof PARSE_STATES>;

/** What is kept of a person, in the order in which it is handed out. */
export const DATA_TYPES = [
  "person",
  "wallet",
  "key",
  "top_up",
  "transaction",
  "day",
  "call",
  "session",
  "turn",
  "file",
  "file_page",
  "stored_response",
  "read_by_admin",
] as const;
export type DataType = WordOf<typeof DATA_TYPES>;

export const ROLES = ["user", "assistant"] as const;
export type Role = WordOf<typeof ROLES>;

/** The kinds of ledger row. */
export const LEDGER_KINDS = ["grant", "debit", "refund"] as const;
export type LedgerKind = WordOf<typeof LEDGER_KINDS>;

/** Where the credits of a ledger row come from. */
export const LEDGER_SOURCES = ["turn", "top_up", "admin", "seed", "promo", "reversal"] as const;
export type LedgerSource = WordOf<typeof LEDGER_SOURCES>;

/** `dismissed`: out of quarantine without a grant. */
export const TOP_UP_STATES = ["created", "pending", "processing", "succeeded", "failed", "canceled", "quarantined", "dismissed"] as const;
export type TopUpState = WordOf<typeof TOP_UP_STATES>;

/** What an admin may do with a payment in quarantine. */
export const RESOLVE_ACTIONS = ["grant", "dismiss"] as const;
export type ResolveAction = WordOf<typeof RESOLVE_ACTIONS>;

/** How a payment left quarantine: by an admin, or because its lost top-up was restored. */
export const RESOLUTIONS = [...RESOLVE_ACTIONS, "restore"] as const;
export type ResolutionKind = WordOf<typeof RESOLUTIONS>;

/** `proposed`: an admin's grant that waits for a second one. */
export const PROPOSAL_STATES = ["proposed", "granted", "dismissed"] as const;
export type ProposalState = WordOf<typeof PROPOSAL_STATES>;

export const REVERSAL_KINDS = ["refund", "dispute"] as const;
export type ReversalKind = WordOf<typeof REVERSAL_KINDS>;

/** How far a dispute is. `open`: nothing was taken yet. `withdrawn`: the bank took the money. `returned`: the bank gave it back. */
export const DISPUTE_STATES = ["open", "withdrawn", "returned", "won", "lost", "closed"] as const;
export type DisputeState = WordOf<typeof DISPUTE_STATES>;

/** What became of a payment event. */
export const EVENT_OUTCOMES = ["ok", "already_processed", "ignored", "quarantined"] as const;
export type EventOutcome = WordOf<typeof EVENT_OUTCOMES>;

export const BUCKETS = ["day", "week", "month"] as const;
export type Bucket = WordOf<typeof BUCKETS>;

/** Trailing 1, 7 or 30 days. */
export const WINDOWS = ["day", "week", "month"] as const;
export type Window = WordOf<typeof WINDOWS>;

/** Whether the stage's default or an admin's override decides. */
export const ENFORCEMENT_SOURCES = ["config", "override"] as const;
export type EnforcementSource = WordOf<typeof ENFORCEMENT_SOURCES>;

/** Which people an admin lists. `low`: below the threshold of a low balance; `negative`: below zero. */
export const PEOPLE_STATES = ["all", "suspended", "low", "negative"] as const;
export type PeopleState = WordOf<typeof PEOPLE_STATES>;

/** What people are listed by, the greatest first. */
export const PEOPLE_ORDERS = ["newest", "balance", "last_turn"] as const;
export type PeopleOrder = WordOf<typeof PEOPLE_ORDERS>;

/** `ready`: can be activated. `upcoming`: its date has not come. */
export const VERSION_STATES = ["active", "ready", "upcoming"] as const;
export type VersionState = WordOf<typeof VERSION_STATES>;

/** What an admin is told of a price; none of them forbids it. */
export const PRICE_WARNINGS = ["below_list_cost", "loses_on_recent_use", "recent_use_unknown"] as const;
export type PriceWarningCode = WordOf<typeof PRICE_WARNINGS>;

/** What an API key is worth when it is shown. */
export const KEY_STATES = ["good", "revoked", "expired"] as const;
export type KeyState = WordOf<typeof KEY_STATES>;

/** What may be limited: credits that are spent, calls that begin, and turns that run at once. */
export const LIMIT_NAMES = [
  "credits_per_day",
  "credits_per_month",
  "credits_total",
  "calls_per_minute",
  "calls_per_hour",
  "running",
] as const;
export type LimitName = WordOf<typeof LIMIT_NAMES>;

/** Whose limit stands in the way. */
export const LIMIT_SCOPES = ["person", "key"] as const;
export type LimitScope = WordOf<typeof LIMIT_SCOPES>;

export const JOBS = ["sweep", "reconcile", "verify"] as const;
export type JobName = WordOf<typeof JOBS>;

export const JOB_OUTCOMES = ["done", "failed"] as const;
export type JobOutcome = WordOf<typeof JOB_OUTCOMES>;

/** `drift`: the database is ahead of this build, as it is while a deploy runs. */
/** Whom a function connects to the database as. */
export const DATABASE_ROLES = ["application", "owner"] as const;
export type DatabaseRole = WordOf<typeof DATABASE_ROLES>;

export const HEALTH_STATES = ["ok", "drift"] as const;
export type HealthState = WordOf<typeof HEALTH_STATES>;
