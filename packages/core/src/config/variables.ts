// Every variable: its name, rule, default and meaning. The table drives the parsing and docs/env_contract.md.

import * as v from "valibot";
import { means } from "./means.ts";
import * as rules from "./rules.ts";

const PRIVATE = { secret: true };

/** One row per variable: whether it has a default, its rule, what it means. It drives the parsing and docs/env_contract.md. */
export const TABLE = v.strictObject({
  STAGE: v.pipe(v.optional(rules.stageName, "local"), means("The stage that is served; only `local` has relaxed rules.")),
  DATABASE_POOL_URL: v.pipe(
    v.optional(rules.postgresUrl),
    means("PostgreSQL through its pooler, as the application's role: first choice. This or DATABASE_URL is required.", PRIVATE),
  ),
  DATABASE_URL: v.pipe(
    v.optional(rules.postgresUrl),
    means("PostgreSQL directly, as the application's role: where there is no pooler.", PRIVATE),
  ),
  AUTH_ISSUER: v.pipe(rules.webUrl, means("The `iss` of every accepted token, compared exactly.")),
  AUTH_AUDIENCE: v.pipe(v.optional(rules.text, "authenticated"), means("The `aud` of every accepted token.")),
  AUTH_JWKS_URL: v.pipe(
    v.optional(rules.webUrl),
    means("Where the issuer publishes its keys; unset: `/.well-known/jwks.json` under AUTH_ISSUER."),
  ),
  AUTH_JWT_SECRET: v.pipe(
    v.optional(rules.jwtSecret),
    means("The shared secret of legacy HS256 tokens, at least 32 characters; unset: such tokens are refused.", PRIVATE),
  ),
  AUTH_ROLE_REQUIRED: v.pipe(
    v.optional(rules.switchText),
    means(
      "Whether a token must name the role `authenticated`; unset: on `staging` and `production` it must. A wrong role is always refused.",
    ),
  ),
  AUTH_TOKEN_MAX_MINUTES: v.pipe(
    v.optional(rules.minutes),
    means("Minutes between a token's `iat` and `exp`, at most; unset: any. When it is set, a token without `iat` is refused."),
  ),
  ADMIN_USER_IDS: v.pipe(v.optional(rules.commaList), means("Comma list of the admins' user ids; case counts, blanks never match.")),
  ADMIN_READ_IDS: v.pipe(
    v.optional(rules.commaList),
    means("Comma list of the ids of those who may read what admins read, and change nothing."),
  ),
  ADMIN_VERIFY_IDS: v.pipe(
    v.optional(rules.commaList),
    means("Comma list of the ids that `stage:verify` is an admin as: they read, patch a price, switch enforcement and grant a little."),
  ),
  ADMIN_ASSURANCE: v.pipe(
    v.optional(rules.assurance),
    means("What an admin's token must prove: `aal2` (a second factor, by its `aal` or `amr`) or `none`; unset: `aal2` on `production`."),
  ),
  ADMIN_GRANT_SUM_PER_DAY: v.pipe(
    v.optional(rules.amountOrNone),
    means("Credits that one admin may grant alone on a UTC day; a grant above it waits for a second admin. `none` or unset: any."),
  ),
  CREDIT_ENFORCEMENT_ENABLED: v.pipe(
    v.optional(rules.switchText, "false"),
    means("Whether an empty wallet is refused, as long as no admin's override says otherwise."),
  ),
  LOW_BALANCE_THRESHOLD: v.pipe(v.optional(rules.amountFromZero, "5.0"), means("Credits below which an answer says `low_balance`.")),
  USD_PER_CREDIT: v.pipe(v.optional(rules.positiveAmount, "0.03"), means("What one credit costs, in US dollars.")),
  TOP_UP_URL: v.pipe(v.optional(rules.webUrl), means("What a 402 points to as `top_up_url`.")),
  TOP_UP_MIN_USD: v.pipe(v.optional(rules.cents, "1.00"), means("The least that one top-up may be, in US dollars.")),
  TOP_UP_MAX_USD: v.pipe(v.optional(rules.cents, "500.00"), means("The most that one top-up may be, in US dollars.")),
  STRIPE_SECRET_KEY: v.pipe(v.optional(rules.stripeKey), means("Stripe's API key; unset: top-ups answer 503.", PRIVATE)),
  STRIPE_WEBHOOK_SECRET: v.pipe(
    v.optional(rules.webhookSecret),
    means("What Stripe signs its events with; unset: refused everywhere but on the stage `local`.", PRIVATE),
  ),
  STRIPE_WEBHOOK_SECRET_PREVIOUS: v.pipe(
    v.optional(rules.webhookSecret),
    means("The secret before, valid too while one is rotated.", PRIVATE),
  ),
  STRIPE_API_URL: v.pipe(v.optional(rules.webUrl, "https://api.stripe.com"), means("Stripe's address.")),
  CREDIT_OVERDRAFT: v.pipe(
    v.optional(rules.overdraft, "one_turn"),
    means("How far an enforced wallet may go below zero: `one_turn` (one hold) or `none` (a charge is never above its hold)."),
  ),
  CREDIT_DEBT_LIMIT: v.pipe(
    v.optional(rules.amountFromZero),
    means("How many credits below zero a wallet may be where enforcement is off, before its turns are refused; unset: without end."),
  ),
  PERSON_LIMITS: v.pipe(
    v.optional(rules.personLimits),
    means(
      "Limits of everybody for whom no admin set others: a comma list such as `calls_per_minute=10,calls_per_hour=60,running=5` of the names in `docs/api.md`; unset: none.",
    ),
  ),
  OPENROUTER_API_KEY: v.pipe(
    v.optional(rules.text),
    means("OpenRouter's key, the first route of every model; unset: the stand-in locally, else the route is not used.", PRIVATE),
  ),
  OPENROUTER_BASE_URL: v.pipe(v.optional(rules.webUrl, "https://openrouter.ai/api/v1"), means("OpenRouter's address.")),
  OPENAI_API_KEY: providerKey("OpenAI"),
  OPENAI_BASE_URL: providerAddress("OpenAI"),
  ANTHROPIC_API_KEY: providerKey("Anthropic"),
  ANTHROPIC_BASE_URL: providerAddress("Anthropic"),
  GOOGLE_API_KEY: providerKey("Google"),
  GOOGLE_BASE_URL: providerAddress("Google"),
  DEEPSEEK_API_KEY: providerKey("DeepSeek"),
  DEEPSEEK_BASE_URL: providerAddress("DeepSeek"),
  TAVILY_API_KEY: v.pipe(
    v.optional(rules.text),
    means("Tavily's key, for the tool `search`; unset: the stand-in locally, else the model is told that there is no search.", PRIVATE),
  ),
  TAVILY_BASE_URL: v.pipe(v.optional(rules.webUrl, "https://api.tavily.com"), means("Tavily's address, without a trailing slash.")),
  CONTEXT_MAX_OUTPUT_TOKENS: v.pipe(
    v.optional(rules.outputTokens, "2048"),
    means("Output tokens of a turn that asks for no number itself, 1–8192."),
  ),
  CONTEXT_SUMMARY_ALIAS: v.pipe(
    v.optional(rules.aliasName),
    means(
      "The alias whose model summarises what no longer fits a session's window, at the house's cost; `none`: it is left out; unset: the one of the models' table.",
    ),
  ),
  SESSION_USER_MAX: v.pipe(v.optional(rules.count, "10000"), means("The most sessions of a user that are not deleted.")),
  PROMPT_USER_MAX_BYTES: v.pipe(
    v.optional(rules.bytes, "16777216"),
    means("The most bytes of the system prompts of all sessions of a user, deleted ones until they are erased."),
  ),
  ROUTING_ALIAS: v.pipe(
    v.optional(rules.aliasName),
    means(
      "The alias whose model chooses who answers a turn of mode `auto`, at the house's cost; `none`: the session's own answers; unset: the one of the models' table.",
    ),
  ),
  DELETED_TEXT_DAYS: v.pipe(
    v.optional(rules.daysFromZero, "7"),
    means("Days after which the texts of a deleted session are erased; at 0 with the next sweep."),
  ),
  TEXT_DAYS: v.pipe(v.optional(rules.days), means("Days after which the texts of a turn are erased; unset: while its session is there.")),
  IDEMPOTENCY_DAYS: v.pipe(
    v.optional(rules.days, "30"),
    means("Days for which the response of an Idempotency-Key is kept; then the key says 409 `idempotency_expired`."),
  ),
  FILE_MAX_BYTES: v.pipe(v.optional(rules.bytes, "10485760"), means("The most bytes of one uploaded file.")),
  FILE_USER_MAX_BYTES: v.pipe(v.optional(rules.bytes, "104857600"), means("The most bytes of all files of a user that are not deleted.")),
  FILE_BUCKET: v.pipe(
    v.optional(rules.bucketName),
    means("The bucket in S3 that files lie in until they are read; unset: files answer 503."),
  ),
  FILE_STORAGE_URL: v.pipe(
    v.optional(rules.webUrl),
    means("Another address that speaks as S3 does, a stand-in's; unset: S3 itself, with the keys of the process."),
  ),
  CORS_ALLOWED_ORIGINS: v.pipe(
    v.optional(rules.originList),
    means("Comma list of browser origins that may call, each exactly `scheme://host[:port]`."),
  ),
  LOG_ADDRESS: v.pipe(
    v.optional(rules.logAddress, "short"),
    means("What a request's line says of where it came from: `short` (a network, not a host), `hash` (keyed) or `none`."),
  ),
  LOG_ADDRESS_KEY: v.pipe(
    v.optional(rules.jwtSecret),
    means("The key of `LOG_ADDRESS=hash`, at least 32 characters; the same address is the same hash as long as it stays.", PRIVATE),
  ),
  BUILD_TOKEN: v.pipe(
    v.optional(rules.jwtSecret),
    means(
      "Who sends it as `Pantheon-Build-Token` is told stage, commit, schema and jobs, at least 32 characters; unset: everybody is.",
      PRIVATE,
    ),
  ),
  SECRET_ID: v.pipe(
    v.optional(rules.secretNames),
    means("Secrets in AWS Secrets Manager, a comma list, each one JSON object of secret variables; unset: they come from the environment."),
  ),
  COMMIT_SHA: v.pipe(v.optional(rules.commitSha, "unknown"), means("What this build is; every answer carries it as `Pantheon-Version`.")),
});

/** The table as plain data, in its order. */
export const VARIABLES = Object.entries(TABLE.entries).map(([name, schema]) => {
  const { means: meaning, secret } = v.getMetadata(schema);
  return { name, required: schema.type !== "optional", default: v.getDefault(schema) ?? null, secret, means: meaning };
});

function providerKey(maker: string) {
  return v.pipe(
    v.optional(rules.text),
    means<string | undefined>(`${maker}'s key, a second route of its models; unset: not used.`, PRIVATE),
  );
}

function providerAddress(maker: string) {
  return v.pipe(v.optional(rules.webUrl), means<string | undefined>(`${maker}'s address, without a trailing slash; unset: its own.`));
}
