// The environment, read once and parsed into trusted values. The only file of the product that touches `process.env`; every variable
// stands in variables.ts. A fault names the variable and its rule, never its content.

import * as v from "valibot";
import type { Amount } from "@pantheon/contract/money.ts";
import { COMMIT, commitSha, stageName } from "./rules.ts";
import { isKept, isShared, stageFaults } from "./stage-rules.ts";
import { TABLE, VARIABLES } from "./variables.ts";

/** The version that health shows; a test keeps it equal to package.json's. */
export const VERSION = "0.1.0";

export type Config = {
  stage: string;
  /** What this build is: a git sha, or "unknown". */
  commit: string;
  version: string;
  /** What run time connects to: the pooled address when there is one. */
  databaseUrl: string;
  auth: {
    issuer: string;
    audience: string;
    jwksUrl: string;
    jwtSecret: string | null;
    roleRequired: boolean;
    /** The most between a token's issue and its end; null: any. */
    maxMinutes: number | null;
  };
  adminUserIds: { has(id: string): boolean };
  /** Who may read what admins read. */
  adminReadIds: { has(id: string): boolean };
  /** Who may do what a check of the stage does, and nothing else that an admin may. */
  adminVerifyIds: { has(id: string): boolean };
  /** What an admin's token must prove. */
  adminAssurance: "none" | "aal2";
  /** Credits that one admin may grant alone on a day; null: any. */
  grantSumPerDay: Amount | null;
  enforcementDefault: boolean;
  /** Credits. */
  lowBalanceThreshold: Amount;
  usdPerCredit: Amount;
  topUpUrl: string | null;
  /** USD, the least and the most of one top-up. */
  topUp: { minUsd: Amount; maxUsd: Amount };
  stripe: { secretKey: string | null; webhookSecrets: readonly string[]; apiUrl: string };
  overdraft: "one_turn" | "none";
  /** Credits below zero at which a wallet stops where nothing is enforced, as a decimal string; null: nowhere. */
  debtLimit: string | null;
  /** The limits of everybody for whom no admin set others, as JSON; null for none. */
  personLimits: string | null;
  /** The model providers: a route whose provider has no key is not used. An address that is null is the provider's own. */
  providers: Readonly<Record<ProviderName, { apiKey: string | null; baseUrl: string | null }>>;
  /** Where the tool `search` asks. */
  search: { apiKey: string | null; baseUrl: string };
  maxOutputTokens: number;
  /** Whose model writes summaries: an alias, `none`, or null where the models' table decides. */
  summaryAlias: string | null;
  /** The most sessions of a user, and the most bytes of their prompts together. */
  sessions: { most: number; promptBytes: number };
  /** Whose model chooses who answers, likewise. */
  routingAlias: string | null;
  /** Days until the texts of a deleted session are erased. */
  deletedTextDays: number;
  /** Days that texts live while their session is there; null: as long as it is. */
  textDays: number | null;
  /** Days that the responses of keys are kept. */
  idempotencyDays: number;
  /** Bytes of one file and of all files of a user; where they lie: a null bucket is none, a null address is S3's own. */
  files: { maxBytes: number; userMaxBytes: number; bucket: string | null; storageUrl: string | null };
  corsAllowedOrigins: readonly string[];
  /** How a request's line tells of its source; the key is there when it is hashed. */
  logAddress: { how: "none" | "short" | "hash"; key: string | null };
  /** Null: everybody is told which build this is. */
  buildToken: string | null;
};

export type ProviderName = "openrouter" | "openai" | "anthropic" | "google" | "deepseek";

type Values = Readonly<Record<string, string | undefined>>;

/** The configuration of this process. Throws ConfigError. */
export function readProcessConfig(secrets: Values = {}): Config {
  return readConfig(process.env, secrets);
}

/** What is known of this process before its configuration is: what it says of itself, and where its secrets are (none: nowhere). */
export function readProcessPlace(): { stage: string; commit: string; secretIds: readonly string[] } {
  const { STAGE: stage, COMMIT_SHA: commit, SECRET_ID: secretId } = process.env;
  return {
    stage: v.is(stageName, stage) ? stage : "unknown",
    commit: v.is(commitSha, commit) ? commit : "unknown",
    secretIds: secretId?.trim() ? secretId.split(",") : [],
  };
}

/**
 * Parses an environment: a variable that is unset or blank is taken from `secrets`, if it is a secret one, and else takes its default.
 * Throws one ConfigError that tells of every fault.
 */
export function readConfig(env: Values, secrets: Values = {}): Config {
  const given: Record<string, string | undefined> = {};
  for (const { name, secret } of VARIABLES) {
    const value = [env[name], secret ? secrets[name] : undefined].find((text) => text?.trim());
    if (value !== undefined) given[name] = value;
  }
  const result = v.safeParse(TABLE, given, { abortPipeEarly: true });
  const faults = (result.issues ?? []).map((issue) => ({
    name: v.getDotPath(issue) ?? "",
    rule: issue.type === "strict_object" ? "is required" : issue.message,
  }));
  const databaseUrl = given["DATABASE_POOL_URL"] ?? given["DATABASE_URL"];
  if (databaseUrl === undefined) faults.push({ name: "DATABASE_POOL_URL", rule: "is required, or DATABASE_URL" });
  if (given["LOG_ADDRESS"] === "hash" && given["LOG_ADDRESS_KEY"] === undefined) {
    faults.push({ name: "LOG_ADDRESS_KEY", rule: "is required with LOG_ADDRESS=hash" });
  }
  faults.push(...stageFaults(given));
  if (!result.success || databaseUrl === undefined || faults.length > 0) throw new ConfigError(faults, given["COMMIT_SHA"]);

  const read = result.output;
  return {
    stage: read.STAGE,
    commit: read.COMMIT_SHA,
    version: VERSION,
    databaseUrl,
    auth: authOf(read),
    adminUserIds: new Set(read.ADMIN_USER_IDS),
    adminReadIds: new Set(read.ADMIN_READ_IDS),
    adminVerifyIds: new Set(read.ADMIN_VERIFY_IDS),
    adminAssurance: read.ADMIN_ASSURANCE ?? (isKept(read.STAGE) ? "aal2" : "none"),
    grantSumPerDay: read.ADMIN_GRANT_SUM_PER_DAY ?? null,
    enforcementDefault: read.CREDIT_ENFORCEMENT_ENABLED === "true",
    lowBalanceThreshold: read.LOW_BALANCE_THRESHOLD,
    usdPerCredit: read.USD_PER_CREDIT,
    topUpUrl: read.TOP_UP_URL ?? null,
    topUp: { minUsd: read.TOP_UP_MIN_USD, maxUsd: read.TOP_UP_MAX_USD },
    stripe: {
      secretKey: read.STRIPE_SECRET_KEY ?? null,
      webhookSecrets: [read.STRIPE_WEBHOOK_SECRET, read.STRIPE_WEBHOOK_SECRET_PREVIOUS].filter((secret) => secret !== undefined),
      apiUrl: read.STRIPE_API_URL,
    },
    overdraft: read.CREDIT_OVERDRAFT,
    debtLimit: read.CREDIT_DEBT_LIMIT?.toFixed() ?? null,
    personLimits: read.PERSON_LIMITS ?? null,
    providers: providersOf(read),
    search: { apiKey: read.TAVILY_API_KEY ?? null, baseUrl: read.TAVILY_BASE_URL },
    maxOutputTokens: read.CONTEXT_MAX_OUTPUT_TOKENS,
    summaryAlias: read.CONTEXT_SUMMARY_ALIAS ?? null,
    sessions: { most: read.SESSION_USER_MAX, promptBytes: read.PROMPT_USER_MAX_BYTES },
    routingAlias: read.ROUTING_ALIAS ?? null,
    deletedTextDays: read.DELETED_TEXT_DAYS,
    textDays: read.TEXT_DAYS ?? null,
    idempotencyDays: read.IDEMPOTENCY_DAYS,
    files: filesOf(read),
    corsAllowedOrigins: read.CORS_ALLOWED_ORIGINS ?? [],
    logAddress: { how: read.LOG_ADDRESS, key: read.LOG_ADDRESS_KEY ?? null },
    buildToken: read.BUILD_TOKEN ?? null,
  };
}

function filesOf(read: v.InferOutput<typeof TABLE>): Config["files"] {
  return {
    maxBytes: read.FILE_MAX_BYTES,
    userMaxBytes: read.FILE_USER_MAX_BYTES,
    bucket: read.FILE_BUCKET ?? null,
    storageUrl: read.FILE_STORAGE_URL ?? null,
  };
}

function authOf(read: v.InferOutput<typeof TABLE>): Config["auth"] {
  return {
    issuer: read.AUTH_ISSUER,
    audience: read.AUTH_AUDIENCE,
    jwksUrl: read.AUTH_JWKS_URL ?? `${read.AUTH_ISSUER.replace(/\/$/, "")}/.well-known/jwks.json`,
    jwtSecret: read.AUTH_JWT_SECRET ?? null,
    roleRequired: (read.AUTH_ROLE_REQUIRED ?? String(isShared(read.STAGE))) === "true",
    maxMinutes: read.AUTH_TOKEN_MAX_MINUTES ?? null,
  };
}

function providersOf(read: v.InferOutput<typeof TABLE>): Config["providers"] {
  return {
    openrouter: { apiKey: read.OPENROUTER_API_KEY ?? null, baseUrl: read.OPENROUTER_BASE_URL },
    openai: { apiKey: read.OPENAI_API_KEY ?? null, baseUrl: read.OPENAI_BASE_URL ?? null },
    anthropic: { apiKey: read.ANTHROPIC_API_KEY ?? null, baseUrl: read.ANTHROPIC_BASE_URL ?? null },
    google: { apiKey: read.GOOGLE_API_KEY ?? null, baseUrl: read.GOOGLE_BASE_URL ?? null },
    deepseek: { apiKey: read.DEEPSEEK_API_KEY ?? null, baseUrl: read.DEEPSEEK_BASE_URL ?? null },
  };
}

/** Variables that are missing or wrong, one line each in the message. A server stops with it, a Lambda answers `not_configured`. */
export class ConfigError extends Error {
  readonly names: readonly string[];
  /** What this build is, as far as it is known: a function that cannot start says that too. */
  readonly commit: string;

  constructor(faults: readonly { name: string; rule: string }[], commit: string | undefined) {
    super(faults.map(({ name, rule }) => `${name} ${rule}`).join("\n"));
    this.name = "ConfigError";
    this.names = [...new Set(faults.map((fault) => fault.name))];
    this.commit = commit !== undefined && COMMIT.test(commit) ? commit : "unknown";
  }
}
