// A wrong environment is told in one line a variable, without its content; a right one is parsed into values that need no second look.

import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig, VERSION } from "@pantheon/core/config/config.ts";
import { amount, format } from "@pantheon/contract/money.ts";

const LEAST = { DATABASE_URL: "postgres://db.example/pantheon", AUTH_ISSUER: "https://auth.example/auth/v1" };

function faultOf(env: Record<string, string | undefined>): ConfigError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("this environment was accepted");
}

describe("the least environment", () => {
  it("takes every default of the contract", () => {
    const config = readConfig(LEAST);
    expect({ ...config, lowBalanceThreshold: format(config.lowBalanceThreshold), usdPerCredit: format(config.usdPerCredit) }).toEqual({
      stage: "local",
      commit: "unknown",
      version: VERSION,
      databaseUrl: LEAST.DATABASE_URL,
      auth: {
        issuer: LEAST.AUTH_ISSUER,
        audience: "authenticated",
        jwksUrl: "https://auth.example/auth/v1/.well-known/jwks.json",
        jwtSecret: null,
        roleRequired: false,
        maxMinutes: null,
      },
      adminUserIds: new Set(),
      adminReadIds: new Set(),
      adminVerifyIds: new Set(),
      adminAssurance: "none",
      grantSumPerDay: null,
      enforcementDefault: false,
      lowBalanceThreshold: "5",
      usdPerCredit: "0.03",
      topUpUrl: null,
      topUp: { minUsd: amount("1"), maxUsd: amount("500") },
      stripe: { secretKey: null, webhookSecrets: [], apiUrl: "https://api.stripe.com" },
      overdraft: "one_turn",
      debtLimit: null,
      personLimits: null,
      providers: {
        openrouter: { apiKey: null, baseUrl: "https://openrouter.ai/api/v1" },
        openai: { apiKey: null, baseUrl: null },
        anthropic: { apiKey: null, baseUrl: null },
        google: { apiKey: null, baseUrl: null },
        deepseek: { apiKey: null, baseUrl: null },
      },
      search: { apiKey: null, baseUrl: "https://api.tavily.com" },
      maxOutputTokens: 2048,
      summaryAlias: null,
      sessions: { most: 10_000, promptBytes: 16_777_216 },
      routingAlias: null,
      deletedTextDays: 7,
      textDays: null,
      idempotencyDays: 30,
      files: { maxBytes: 10_485_760, userMaxBytes: 104_857_600, bucket: null, storageUrl: null },
      corsAllowedOrigins: [],
      logAddress: { how: "short", key: null },
      buildToken: null,
    });
  });

  it("is the same when everything else is blank", () => {
    const blank = Object.fromEntries(
      ["STAGE", "AUTH_JWT_SECRET", "ADMIN_USER_IDS", "TOP_UP_URL", "CORS_ALLOWED_ORIGINS"].map((name) => [name, " "]),
    );
    expect(readConfig({ ...LEAST, ...blank })).toEqual(readConfig(LEAST));
  });

  it("has the version of package.json", async () => {
    const packageJson: unknown = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect(packageJson).toMatchObject({ version: VERSION });
  });

  it("prefers the pooled database at run time and keeps the direct one", () => {
    const config = readConfig({ ...LEAST, DATABASE_POOL_URL: "postgresql://pool.example/pantheon" });
    expect(config.databaseUrl).toBe("postgresql://pool.example/pantheon");
  });
});

describe("admins", () => {
  it.each(["", " ", ",", " , ,, "])("nobody is one by accident when the list is %j", (list) => {
    const { adminUserIds } = readConfig({ ...LEAST, ADMIN_USER_IDS: list });
    for (const id of ["", " ", ",", "null", "undefined"]) expect(adminUserIds.has(id)).toBe(false);
  });

  it("are matched whole and by case, and the list's blanks are trimmed", () => {
    const { adminUserIds } = readConfig({ ...LEAST, ADMIN_USER_IDS: " abc ,,Def," });
    expect(["abc", "Def"].every((id) => adminUserIds.has(id))).toBe(true);
    for (const id of ["ab", "abcd", "ABC", "def", " abc", "abc ", "abc ,,Def", ""]) expect(adminUserIds.has(id)).toBe(false);
  });
});

// Every value carries a mark, so that its appearance anywhere in the error can be seen.
const MARK = "s3cr3tmark";
const WRONG: readonly (readonly [name: string, values: readonly string[]])[] = [
  ["STAGE", ["Prod", "a b", `${MARK}!`, `-${MARK}`, "x".repeat(33)]],
  ["DATABASE_POOL_URL", [`mysql://${MARK}`, MARK, `http://${MARK}/db`]],
  ["DATABASE_URL", [`mysql://${MARK}`, `${MARK}:5432/db`]],
  ["AUTH_ISSUER", [MARK, `http://${MARK}.example`, `ftp://${MARK}`, `http://127.0.0.1.${MARK}.example`, `http://localhost@${MARK}`]],
  ["AUTH_JWKS_URL", [MARK, `http://${MARK}.example/keys`, `file:///${MARK}`]],
  ["AUTH_JWT_SECRET", [MARK, `${MARK}${"x".repeat(21)}`]],
  ["AUTH_ROLE_REQUIRED", ["yes", "1", MARK]],
  ["AUTH_TOKEN_MAX_MINUTES", ["0", "-1", "1.5", "1e3", "1000000", MARK]],
  ["ADMIN_GRANT_SUM_PER_DAY", ["-1", "1e3", "None", "NaN", "0.123456789", MARK]],
  ["ADMIN_ASSURANCE", ["AAL2", "aal3", MARK]],
  ["SESSION_USER_MAX", ["0", "-1", "1.5", "1e3", MARK]],
  ["PROMPT_USER_MAX_BYTES", ["0", "-1", "1.5", "1e3", MARK]],
  ["DELETED_TEXT_DAYS", ["-1", "1.5", "3651", "01", MARK]],
  ["TEXT_DAYS", ["0", "-1", "1.5", "3651", MARK]],
  ["IDEMPOTENCY_DAYS", ["0", "1e2", "3651", MARK]],
  ["LOG_ADDRESS", ["full", MARK]],
  ["LOG_ADDRESS_KEY", [MARK]],
  ["BUILD_TOKEN", [MARK]],
  ["SECRET_ID", [`a, ${MARK}`, `${MARK},`, `{${MARK}}`]],
  ["CREDIT_ENFORCEMENT_ENABLED", ["yes", "1", "TRUE", MARK]],
  ["LOW_BALANCE_THRESHOLD", ["-1", "5,0", "1e3", "NaN", "Infinity", "0x5", "0.123456789", MARK]],
  ["USD_PER_CREDIT", ["0", "-0.03", "0.000000001", "1e-2", "three", MARK]],
  ["TOP_UP_URL", [`javascript:${MARK}`, MARK, `http://${MARK}.example`]],
  ["CREDIT_OVERDRAFT", ["one", "None", MARK]],
  ["CREDIT_DEBT_LIMIT", ["-1", "much", "1e3", MARK]],
  ["PERSON_LIMITS", ["running", "running=-1", "running=1.5", "runs=1", "running=1,running=2", "running=1,x=2", ",", `running=${MARK}`]],
  ["OPENROUTER_BASE_URL", [MARK, `http://${MARK}.example`]],
  ["OPENAI_BASE_URL", [MARK, `http://${MARK}.example`]],
  ["ANTHROPIC_BASE_URL", [MARK, `http://${MARK}.example`]],
  ["GOOGLE_BASE_URL", [MARK, `http://${MARK}.example`]],
  ["DEEPSEEK_BASE_URL", [MARK, `http://${MARK}.example`]],
  ["ROUTING_ALIAS", ["Gpt", "two names", "a,b", `${MARK} x`]],
  ["CONTEXT_SUMMARY_ALIAS", ["Gpt", "-mini", "two names", "a".repeat(65), "a,b", `${MARK} x`]],
  ["CONTEXT_MAX_OUTPUT_TOKENS", ["0", "8193", "-1", "1.5", "1e3", "0x10", "2048abc", "99999999999999999999", MARK]],
  [
    "CORS_ALLOWED_ORIGINS",
    [
      "*",
      "https://*.example.com",
      `https://${MARK}.example/`,
      `https://${MARK}.example/path`,
      `${MARK}.example`,
      "null",
      "https://A.example",
      "https://ok.example, *",
    ],
  ],
  ["COMMIT_SHA", [`${MARK} `, `${MARK}\r\nX: y`, "x".repeat(65)]],
];

describe("a wrong value", () => {
  it.each(WRONG.flatMap(([name, values]) => values.map((value) => [name, value] as const)))(
    "of %s is refused by name, without its content: %j",
    (name, value) => {
      const fault = faultOf({ ...LEAST, COMMIT_SHA: "abc123", [name]: value });
      expect(fault.names).toEqual([name]);
      expect(fault.message).toMatch(new RegExp(`^${name} must be [^\\n]+$`));
      expect(`${fault.message}${fault.stack}`).not.toContain(MARK);
      expect(fault.commit).toBe(name === "COMMIT_SHA" ? "unknown" : "abc123");
    },
  );

  it("is told together with every other one, a line each", () => {
    const fault = faultOf({ USD_PER_CREDIT: "0", CREDIT_OVERDRAFT: "some" });
    expect(fault.names.toSorted()).toEqual(["AUTH_ISSUER", "CREDIT_OVERDRAFT", "DATABASE_POOL_URL", "USD_PER_CREDIT"]);
    expect(fault.message.split("\n")).toHaveLength(4);
    expect(fault.message).toContain("AUTH_ISSUER is required");
    expect(fault.message).toContain("DATABASE_POOL_URL is required, or DATABASE_URL");
  });
});

describe("a right value", () => {
  it("of every kind is taken", () => {
    const config = readConfig({
      STAGE: "staging-2",
      DATABASE_POOL_URL: "postgres://pool/x",
      AUTH_ISSUER: "http://127.0.0.1:8787/",
      AUTH_JWKS_URL: "https://keys.example/jwks",
      AUTH_JWT_SECRET: "0123456789abcdef0123456789abcdef",
      CREDIT_ENFORCEMENT_ENABLED: "true",
      LOW_BALANCE_THRESHOLD: "0",
      USD_PER_CREDIT: "0.00000001",
      CREDIT_OVERDRAFT: "none",
      CREDIT_DEBT_LIMIT: "2.50",
      PERSON_LIMITS: "calls_per_minute=10, credits_per_day=2.5,",
      ADMIN_GRANT_SUM_PER_DAY: "none",
      CONTEXT_MAX_OUTPUT_TOKENS: "8192",
      CORS_ALLOWED_ORIGINS: "https://app.example, http://localhost:3000,",
    });
    expect(config).toMatchObject({
      stage: "staging-2",
      auth: { issuer: "http://127.0.0.1:8787/", jwksUrl: "https://keys.example/jwks", jwtSecret: "0123456789abcdef0123456789abcdef" },
      enforcementDefault: true,
      overdraft: "none",
      debtLimit: "2.5",
      personLimits: '{"calls_per_minute":"10","credits_per_day":"2.5"}',
      grantSumPerDay: null,
      maxOutputTokens: 8192,
      corsAllowedOrigins: ["https://app.example", "http://localhost:3000"],
    });
    expect([format(config.lowBalanceThreshold), format(config.usdPerCredit)]).toEqual(["0", "0.00000001"]);
  });
});
