// What a deploy may and may not pass on to the functions. Needs no platform.

import { describe, expect, it } from "vitest";
import { readConfig } from "@pantheon/core/config/config.ts";
import { VARIABLES } from "@pantheon/core/config/variables.ts";
import { deploySettings } from "../../infra/settings.ts";
import { SECRET_PARTS } from "../../infra/secret-parts.ts";
import { stageOptions } from "../../infra/stages.ts";
import { CANARY, COMMIT, EVERYTHING, LEAST, SETTINGS } from "./support/deploy-environment.ts";

const settingsOf = (stage: string, given: Readonly<Record<string, string | undefined>>) =>
  deploySettings(stage, stageOptions(stage), given);

describe("the parts of a stage's secrets", () => {
  it("hold every secret variable once, but for the direct database address, which no function may have", () => {
    const held: string[] = Object.values(SECRET_PARTS).flat();
    const secret = VARIABLES.filter(({ secret: isSecret, name }) => isSecret && name !== "DATABASE_URL").map(({ name }) => name);
    expect(held.toSorted()).toEqual(secret.toSorted());
  });
});

describe("the settings of a deploy", () => {
  it("are every variable that is no secret, and no secret", () => {
    const { environment } = settingsOf("production", EVERYTHING);
    expect(environment).toEqual({ ...SETTINGS, STAGE: "production" });
    expect(VARIABLES.filter(({ secret, name }) => secret && name in environment)).toEqual([]);
    expect(JSON.stringify(environment)).not.toContain(CANARY);
  });

  it("are what the functions take, together with the secret", () => {
    const { environment, commit } = settingsOf("production", EVERYTHING);
    const config = readConfig({ ...environment, COMMIT_SHA: commit ?? "", DATABASE_POOL_URL: "postgres://pooler.test/pantheon" });
    expect(config).toMatchObject({ stage: "production", commit: COMMIT, corsAllowedOrigins: ["https://app.test", "https://console.test"] });
  });

  it("leave out what is unset or blank, so that its default holds", () => {
    const given = { ...LEAST, USD_PER_CREDIT: " ", ADMIN_USER_IDS: "" };
    const { site, ...settings } = settingsOf("dev", given);
    expect(settings).toEqual({ environment: { ...LEAST, STAGE: "dev" }, commit: null, origins: [], alarmEmail: null });
    expect(site).toMatchObject({
      folder: "packages/web/dist",
      config: { client_id: null, payment: null },
      connect: ["https://issuer.test"],
    });
  });

  it("are refused by the product's own rules before anything is made, by name and never by value", () => {
    expect(() => settingsOf("dev", {})).toThrow("AUTH_ISSUER is required");
    const wrong = { ...LEAST, USD_PER_CREDIT: CANARY, CORS_ALLOWED_ORIGINS: "*" };
    expect(() => settingsOf("dev", wrong)).toThrow(/USD_PER_CREDIT[^]*CORS_ALLOWED_ORIGINS/);
    expect(() => settingsOf("dev", wrong)).not.toThrow(CANARY);
    expect(() => settingsOf("PR 12", LEAST)).toThrow(/STAGE must be/);
  });

  it("tell the web app what every visitor may know, and no secret", () => {
    const { config, connect } = settingsOf("production", EVERYTHING).site;
    expect(config).toMatchObject({
      client_id: "the-pages",
      token: "access",
      payment: "stripe",
      stripe_key: "pk_live_pages",
      commit: COMMIT,
    });
    expect(connect).toEqual(["https://issuer.test", "https://tokens.test"]);
    expect(JSON.stringify(config)).not.toContain(CANARY);
  });

  it.each([
    ["a test form where the money is real", "production", { STRIPE_PUBLISHABLE_KEY: "pk_test_pages" }, "STRIPE_PUBLISHABLE_KEY"],
    ["a form of another mode than the key", "staging", { STRIPE_SECRET_KEY: "sk_test_key" }, "STRIPE_PUBLISHABLE_KEY"],
    ["a secret key for the form", "dev", { STRIPE_PUBLISHABLE_KEY: "sk_live_key" }, "STRIPE_PUBLISHABLE_KEY"],
    ["tokens over plain HTTP", "staging", { AUTH_ORIGINS: "http://tokens.test" }, "AUTH_ORIGINS"],
    ["any origin", "dev", { AUTH_ORIGINS: "*" }, "AUTH_ORIGINS"],
    ["another parameter", "dev", { AUTH_AUDIENCE_PARAMETER: "aud" }, "AUTH_AUDIENCE_PARAMETER"],
    ["another token", "dev", { AUTH_TOKEN: "refresh" }, "AUTH_TOKEN"],
    ["a scope in two lines", "dev", { AUTH_SCOPE: "openid\nemail" }, "AUTH_SCOPE"],
    ["a name with a blank", "dev", { AUTH_CLIENT_ID: "the pages" }, "AUTH_CLIENT_ID"],
  ])("refuse the web app %s", (_what, stage, wrong, name) => {
    const given: Record<string, string> = { ...EVERYTHING, ...wrong };
    expect(() => settingsOf(stage, given)).toThrow(new RegExp(`^${name} `));
  });

  it("do not exist for the stage `local`, whose rules are relaxed", () => {
    expect(() => settingsOf("local", LEAST)).toThrow(/cannot be deployed/);
  });

  it("need the whole sha of the commit on a stage that others use", () => {
    for (const stage of ["staging", "production"]) {
      for (const COMMIT_SHA of [undefined, "", "unknown", "abc1234", `${COMMIT}-dirty`]) {
        expect(() => settingsOf(stage, { ...LEAST, COMMIT_SHA })).toThrow(`The stage ${stage} is deployed only with COMMIT_SHA`);
      }
      expect(
        settingsOf(stage, { ...LEAST, CREDIT_ENFORCEMENT_ENABLED: "true", ADMIN_GRANT_SUM_PER_DAY: "1000", COMMIT_SHA: COMMIT }).commit,
      ).toBe(COMMIT);
    }
  });

  it("give a preview, or a stage of one's own, the options of dev, and keep only production", () => {
    for (const stage of ["pr-12", "ada", "constructor"]) expect(stageOptions(stage)).toEqual(stageOptions("dev"));
    expect(["dev", "staging", "production", "pr-12"].filter((stage) => stageOptions(stage).kept)).toEqual(["production"]);
  });
});
