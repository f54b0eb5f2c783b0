// Where a variable comes from: the environment first, the stage's secret for what is secret, and nothing else from there.

import { describe, expect, it } from "vitest";
import { readConfig } from "@pantheon/core/config/config.ts";

const ISSUER = { AUTH_ISSUER: "https://auth.example" };
const SECRETS = { DATABASE_URL: "postgres://secret/db", STRIPE_SECRET_KEY: "sk_test_secret" };

const readWrong = () => readConfig(ISSUER, { ...SECRETS, STRIPE_SECRET_KEY: "canary" });

describe("a secret variable", () => {
  it("is taken from the secrets when the environment has none, or a blank one", () => {
    const config = readConfig({ ...ISSUER, STRIPE_SECRET_KEY: " " }, SECRETS);
    expect([config.databaseUrl, config.stripe.secretKey]).toEqual([SECRETS.DATABASE_URL, SECRETS.STRIPE_SECRET_KEY]);
  });

  it("that is set plainly wins", () => {
    expect(readConfig({ ...ISSUER, DATABASE_URL: "postgres://plain/db" }, SECRETS).databaseUrl).toBe("postgres://plain/db");
  });

  it("that is blank in the secrets is unset", () => {
    expect(readConfig(ISSUER, { ...SECRETS, STRIPE_SECRET_KEY: "" }).stripe.secretKey).toBeNull();
  });

  it("that is wrong in the secrets is told by name, without its content", () => {
    expect(readWrong).toThrow(/^STRIPE_SECRET_KEY must be [^\n]*$/);
    expect(readWrong).not.toThrow(/canary/);
  });
});

it("what is not secret never comes from the secrets: nobody becomes an admin, and no stage changes its name, by them", () => {
  const config = readConfig(ISSUER, { ...SECRETS, ADMIN_USER_IDS: "eve", STAGE: "local2", CREDIT_ENFORCEMENT_ENABLED: "true" });
  expect([config.adminUserIds.has("eve"), config.stage, config.enforcementDefault]).toEqual([false, "local", false]);
});

it.each(["pantheon/prod", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:pantheon/prod-AbCdEf"])("%s names a secret", (id) => {
  expect(readConfig({ ...ISSUER, ...SECRETS, SECRET_ID: id }).databaseUrl).toBe(SECRETS.DATABASE_URL);
});

it("what cannot be a secret's name is refused", () => {
  expect(() => readConfig({ ...ISSUER, ...SECRETS, SECRET_ID: "a b" })).toThrow(
    /^SECRET_ID must be names or ARNs of secrets, without blanks between them$/,
  );
});
