// The environment, read once and parsed into trusted values. Owns every variable's name, default and rule, and is the only file
// of the core that touches `process.env`. A fault names the variable and its rule, never its content.

import * as v from "valibot";
import { parseDecimal, ZERO, type Amount } from "@pantheon/contract/money.ts";

/** The version that health shows; a test keeps it equal to package.json's. */
export const VERSION = "0.1.0";

export type Config = {
  stage: string;
  /** What this build is: a git sha, or "unknown". */
  commit: string;
  version: string;
  /** What run time connects to: the pooled address when there is one. */
  databaseUrl: string;
  /** The direct address, which migrations need. */
  directDatabaseUrl: string | null;
  auth: { issuer: string; audience: string; jwksUrl: string; jwtSecret: string | null };
  adminUserIds: { has(id: string): boolean };
  enforcementDefault: boolean;
  /** Credits. */
  lowBalanceThreshold: Amount;
  usdPerCredit: Amount;
  topUpUrl: string | null;
  /** USD, the least and the most of one top-up. */
  topUp: { minUsd: Amount; maxUsd: Amount };
  stripe: { secretKey: string | null; webhookSecrets: readonly string[]; apiUrl: string };
  overdraft: "one_turn" | "none";
  openRouter: { apiKey: string | null; baseUrl: string };
  maxOutputTokens: number;
  corsAllowedOrigins: readonly string[];
};

type Values = Readonly<Record<string, string | undefined>>;

/** The configuration of this process. Throws ConfigError. */
export function readProcessConfig(secrets: Values = {}): Config {
  return readConfig(process.env, secrets);
}

/** What is known of this process before its configuration is: what it says of itself, and where its secrets are (null: nowhere). */
export function readProcessPlace(): { stage: string; commit: string; secretId: string | null } {
  const { STAGE: stage, COMMIT_SHA: commit, SECRET_ID: secretId } = process.env;
  return {
    stage: v.is(stageName, stage) ? stage : "unknown",
    commit: v.is(commitSha, commit) ? commit : "unknown",
    secretId: secretId?.trim() ? secretId : null,
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
  if (!result.success || databaseUrl === undefined) throw new ConfigError(faults, given["COMMIT_SHA"]);

  const read = result.output;
  return {
    stage: read.STAGE,
    commit: read.COMMIT_SHA,
    version: VERSION,
    databaseUrl,
    directDatabaseUrl: read.DATABASE_URL ?? null,
    auth: {
      issuer: read.AUTH_ISSUER,
      audience: read.AUTH_AUDIENCE,
      jwksUrl: read.AUTH_JWKS_URL ?? `${read.AUTH_ISSUER.replace(/\/$/, "")}/.well-known/jwks.json`,
      jwtSecret: read.AUTH_JWT_SECRET ?? null,
    },
    adminUserIds: new Set(read.ADMIN_USER_IDS),
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
    openRouter: { apiKey: read.OPENROUTER_API_KEY ?? null, baseUrl: read.OPENROUTER_BASE_URL },
    maxOutputTokens: read.CONTEXT_MAX_OUTPUT_TOKENS,
    corsAllowedOrigins: read.CORS_ALLOWED_ORIGINS ?? [],
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

const COMMIT = /^[A-Za-z0-9._-]{1,64}$/;
const PRIVATE = { secret: true };
const MAX_OUTPUT_TOKENS = "must be a whole number from 1 to 8192";

const text = v.string();
const secretName = v.pipe(text, v.regex(/^[\w/+=.@:-]{1,2048}$/, "must be the name or ARN of a secret"));
const commitSha = v.pipe(text, v.regex(COMMIT, "must be 1–64 letters, digits, dots, underscores or hyphens"));
const stageName = v.pipe(text, v.regex(/^[a-z][a-z0-9-]{0,31}$/, "must be 1–32 of a–z, 0–9 and hyphen, a letter first"));
const postgresUrl = v.pipe(text, v.check(isPostgresUrl, "must be a postgres:// address"));
const webUrl = v.pipe(text, v.check(isWebUrl, "must be an https:// address (http:// only on this machine)"));
const jwtSecret = v.pipe(text, v.minLength(32, "must be at least 32 characters"));
const commaList = v.pipe(text, v.transform(items));
const originList = v.pipe(
  commaList,
  v.check((origins) => origins.every(isOrigin), "must be exact origins, scheme://host[:port], and never *"),
);
const switchText = v.picklist(["true", "false"], "must be true or false");
const overdraft = v.picklist(["one_turn", "none"], "must be one_turn or none");
const positiveAmount = decimal("must be a plain decimal above 0 with at most 8 decimals", (value) => value.gt(ZERO));
const cents = decimal("must be a plain decimal above 0 with at most 2 decimals", (value) => value.gt(ZERO), 2);
const stripeKey = v.pipe(text, v.regex(/^[rs]k_(test|live)_\w+$/, "must be a Stripe key, sk_test_… or sk_live_…"));
const webhookSecret = v.pipe(text, v.regex(/^whsec_\S+$/, "must be a signing secret, whsec_…"));
const amountFromZero = decimal("must be a plain decimal of at least 0 with at most 8 decimals", (value) => value.gte(ZERO));
const outputTokens = v.pipe(
  text,
  v.regex(/^[1-9][0-9]{0,3}$/, MAX_OUTPUT_TOKENS),
  v.transform(Number),
  v.maxValue(8192, MAX_OUTPUT_TOKENS),
);

/** One row per variable: whether it has a default, its rule, what it means. It drives the parsing and docs/env_contract.md. */
const TABLE = v.strictObject({
  STAGE: v.pipe(v.optional(stageName, "local"), means("The stage that is served; only `local` has relaxed rules.")),
  DATABASE_POOL_URL: v.pipe(
    v.optional(postgresUrl),
    means("PostgreSQL through its pooler: first choice at run time. This or DATABASE_URL is required.", PRIVATE),
  ),
  DATABASE_URL: v.pipe(v.optional(postgresUrl), means("PostgreSQL directly: migrations, and run time when there is no pooler.", PRIVATE)),
  AUTH_ISSUER: v.pipe(webUrl, means("The `iss` of every accepted token, compared exactly.")),
  AUTH_AUDIENCE: v.pipe(v.optional(text, "authenticated"), means("The `aud` of every accepted token.")),
  AUTH_JWKS_URL: v.pipe(
    v.optional(webUrl),
    means("Where the issuer publishes its keys; unset: `/.well-known/jwks.json` under AUTH_ISSUER."),
  ),
  AUTH_JWT_SECRET: v.pipe(
    v.optional(jwtSecret),
    means("The shared secret of legacy HS256 tokens, at least 32 characters; unset: such tokens are refused.", PRIVATE),
  ),
  ADMIN_USER_IDS: v.pipe(v.optional(commaList), means("Comma list of the operators' user ids; case counts, blanks never match.")),
  CREDIT_ENFORCEMENT_ENABLED: v.pipe(
    v.optional(switchText, "false"),
    means("Whether an empty wallet is refused, as long as no operator's override says otherwise."),
  ),
  LOW_BALANCE_THRESHOLD: v.pipe(v.optional(amountFromZero, "5.0"), means("Credits below which an answer says `low_balance`.")),
  USD_PER_CREDIT: v.pipe(v.optional(positiveAmount, "0.03"), means("What one credit costs, in US dollars.")),
  TOP_UP_URL: v.pipe(v.optional(webUrl), means("What a 402 points to as `top_up_url`.")),
  TOP_UP_MIN_USD: v.pipe(v.optional(cents, "1.00"), means("The least that one top-up may be, in US dollars.")),
  TOP_UP_MAX_USD: v.pipe(v.optional(cents, "500.00"), means("The most that one top-up may be, in US dollars.")),
  STRIPE_SECRET_KEY: v.pipe(v.optional(stripeKey), means("Stripe's API key; unset: top-ups answer 503.", PRIVATE)),
  STRIPE_WEBHOOK_SECRET: v.pipe(
    v.optional(webhookSecret),
    means("What Stripe signs its events with; unset: refused everywhere but on the stage `local`.", PRIVATE),
  ),
  STRIPE_WEBHOOK_SECRET_PREVIOUS: v.pipe(v.optional(webhookSecret), means("The secret before, valid too while one is rotated.", PRIVATE)),
  STRIPE_API_URL: v.pipe(v.optional(webUrl, "https://api.stripe.com"), means("Stripe's address.")),
  CREDIT_OVERDRAFT: v.pipe(
    v.optional(overdraft, "one_turn"),
    means("How far an enforced wallet may go below zero: `one_turn` (one hold) or `none` (a charge is never above its hold)."),
  ),
  OPENROUTER_API_KEY: v.pipe(
    v.optional(text),
    means("The model provider's key; unset: the stand-in locally, else turns answer 503.", PRIVATE),
  ),
  OPENROUTER_BASE_URL: v.pipe(v.optional(webUrl, "https://openrouter.ai/api/v1"), means("The model provider's address.")),
  CONTEXT_MAX_OUTPUT_TOKENS: v.pipe(
    v.optional(outputTokens, "2048"),
    means("Output tokens of a turn that asks for no number itself, 1–8192."),
  ),
  CORS_ALLOWED_ORIGINS: v.pipe(
    v.optional(originList),
    means("Comma list of browser origins that may call, each exactly `scheme://host[:port]`."),
  ),
  SECRET_ID: v.pipe(
    v.optional(secretName),
    means("The stage's secret in AWS Secrets Manager, one JSON object of the secret variables; unset: they come from the environment."),
  ),
  COMMIT_SHA: v.pipe(v.optional(commitSha, "unknown"), means("What this build is; every answer carries it as `Pantheon-Version`.")),
});

/** The table as plain data, in its order. */
export const VARIABLES = Object.entries(TABLE.entries).map(([name, schema]) => {
  const { means: meaning, secret } = v.getMetadata(schema);
  return { name, required: schema.type !== "optional", default: v.getDefault(schema) ?? null, secret, means: meaning };
});

function means<T>(meaning: string, { secret } = { secret: false }): v.MetadataAction<T, { means: string; secret: boolean }> {
  return v.metadata({ means: meaning, secret });
}

function decimal(rule: string, allowed: (value: Amount) => boolean, decimals = 8): v.GenericSchema<string, Amount> {
  return v.pipe(
    text,
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const value = parseDecimal(dataset.value, decimals);
      if (value !== null && allowed(value)) return value;
      addIssue({ message: rule });
      return NEVER;
    }),
  );
}

function items(list: string): string[] {
  return list
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function isPostgresUrl(url: string): boolean {
  return URL.canParse(url) && ["postgres:", "postgresql:"].includes(new URL(url).protocol);
}

/** Plain http would let a network in between change keys and answers, so it is for loopback addresses only. */
function isWebUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname));
}

function isOrigin(origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === origin && !origin.includes("*");
}
