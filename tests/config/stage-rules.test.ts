// A stage that others use refuses what works and is wrong: a payment address of elsewhere, test keys where money is real, plain http, weak
// secrets, and a default that nobody chose.

import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "@pantheon/core/config/config.ts";
import { isKept } from "@pantheon/core/config/stage-rules.ts";
import { stageOptions } from "../../infra/stages.ts";

const STRONG = "f3Qk9ZtP0xWm7vLs2Rb8Nc4Yd6Hj1Ge5";
const LIVE_KEY = "sk_live_51abcDEF";
const TEST_KEY = "sk_test_51abcDEF";
const GOOD = {
  STAGE: "production",
  DATABASE_POOL_URL: "postgres://app:x@db.example/pantheon",
  AUTH_ISSUER: "https://auth.example",
  CREDIT_ENFORCEMENT_ENABLED: "true",
  ADMIN_GRANT_SUM_PER_DAY: "1000",
  STRIPE_SECRET_KEY: LIVE_KEY,
  STRIPE_WEBHOOK_SECRET: `whsec_${STRONG}`,
};

function faults(environment: Record<string, string | undefined>): string[] {
  try {
    readConfig({ ...GOOD, ...environment });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
}

const ON_BOTH: readonly (readonly [name: string, value: string])[] = [
  ["STRIPE_API_URL", "https://stripe.evil.example"],
  ["STRIPE_API_URL", "https://api.stripe.com.evil.example"],
  ["STRIPE_API_URL", "https://api.stripe.com:8443"],
  ["STRIPE_API_URL", "http://127.0.0.1:12111"],
  ["FILE_STORAGE_URL", "https://files.evil.example"],
  ["AUTH_ISSUER", "http://localhost:9000/auth"],
  ["AUTH_JWKS_URL", "http://127.0.0.1/keys"],
  ["TOP_UP_URL", "http://localhost:3000/top-up"],
  ["OPENROUTER_BASE_URL", "http://127.0.0.1:1/v1"],
  ["OPENAI_BASE_URL", "http://127.0.0.1:1"],
  ["ANTHROPIC_BASE_URL", "http://127.0.0.1:1"],
  ["GOOGLE_BASE_URL", "http://127.0.0.1:1"],
  ["DEEPSEEK_BASE_URL", "http://127.0.0.1:1"],
  ["CORS_ALLOWED_ORIGINS", "http://app.example"],
  ["CORS_ALLOWED_ORIGINS", "https://app.example, http://localhost:3000"],
  ["STRIPE_WEBHOOK_SECRET", "whsec_short"],
  ["STRIPE_WEBHOOK_SECRET_PREVIOUS", `whsec_${"ab".repeat(20)}`],
  ["AUTH_JWT_SECRET", "a".repeat(64)],
  ["AUTH_JWT_SECRET", `${STRONG}-changeme`],
  ["BUILD_TOKEN", "0123".repeat(10)],
  ["LOG_ADDRESS_KEY", "1".repeat(40)],
];

describe("a stage that others use", () => {
  it("takes what is right", () => {
    expect(faults({})).toEqual([]);
    expect(faults({ STAGE: "staging", STRIPE_SECRET_KEY: TEST_KEY, CREDIT_ENFORCEMENT_ENABLED: undefined })).toEqual([]);
    expect(faults({ STRIPE_API_URL: "https://api.stripe.com/" })).toEqual([]);
    expect(faults({ AUTH_JWT_SECRET: STRONG, BUILD_TOKEN: STRONG, LOG_ADDRESS: "hash", LOG_ADDRESS_KEY: STRONG })).toEqual([]);
  });

  it.each(ON_BOTH)("refuses %s = %s, by name and never by value", (name, value) => {
    for (const STAGE of ["staging", "production"]) {
      const [fault = "", ...others] = faults({ STAGE, [name]: value });
      expect([others, fault.split(" ")[0]]).toEqual([[], name]);
      expect(fault).not.toContain(value);
    }
    for (const STAGE of ["local", "dev", "pr-12"]) {
      if (!value.startsWith("http://app")) expect(faults({ STAGE, [name]: value })).toEqual([]);
    }
  });

  it.each<[string, Record<string, string | undefined>]>([
    ["STRIPE_SECRET_KEY", { STRIPE_SECRET_KEY: TEST_KEY }],
    ["CREDIT_ENFORCEMENT_ENABLED", { CREDIT_ENFORCEMENT_ENABLED: undefined }],
    ["CREDIT_ENFORCEMENT_ENABLED", { CREDIT_ENFORCEMENT_ENABLED: " " }],
    ["ADMIN_GRANT_SUM_PER_DAY", { ADMIN_GRANT_SUM_PER_DAY: undefined }],
    ["ADMIN_ASSURANCE", { ADMIN_ASSURANCE: "none" }],
  ])("refuses %s as %j on production alone", (name, environment) => {
    expect(faults(environment).map((fault) => fault.split(" ")[0])).toEqual([name]);
    expect(faults({ ...environment, STAGE: "staging" })).toEqual([]);
  });

  it("may say that nobody is refused, once somebody says it", () => {
    expect(faults({ CREDIT_ENFORCEMENT_ENABLED: "false", ADMIN_GRANT_SUM_PER_DAY: "none" })).toEqual([]);
  });

  it("demands a second factor on production and a role on both, without being told to", () => {
    const of = (STAGE: string) => {
      const { adminAssurance, auth } = readConfig({ ...GOOD, STAGE });
      return [adminAssurance, auth.roleRequired];
    };
    expect(["production", "staging", "dev", "local"].map(of)).toEqual([
      ["aal2", true],
      ["none", true],
      ["none", false],
      ["none", false],
    ]);
    expect(readConfig({ ...GOOD, AUTH_ROLE_REQUIRED: "false" }).auth.roleRequired).toBe(false);
  });

  it("is kept where the infrastructure keeps it", () => {
    const stages = ["production", "staging", "dev", "pr-1", "local"];
    expect(stages.map(isKept)).toEqual(stages.map((stage) => stageOptions(stage).kept));
  });
});

it("a hash without its key is refused, since anybody could try all addresses", () => {
  expect(faults({ LOG_ADDRESS: "hash" })).toEqual(["LOG_ADDRESS_KEY is required with LOG_ADDRESS=hash"]);
});
