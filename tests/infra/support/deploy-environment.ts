// What a deploy finds in its environment, and what of it the functions must be given: by the product's own table of variables.

import { VARIABLES } from "@pantheon/core/config/variables.ts";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** In a secret's place: a value that must turn up nowhere. */
export const CANARY = "canary-that-must-not-sing";

/** The least that a stage of one's own is deployed with. */
export const LEAST = { AUTH_ISSUER: "https://issuer.test" };

const SAMPLES: Readonly<Record<string, string>> = {
  ...LEAST,
  AUTH_JWKS_URL: "https://issuer.test/keys.json",
  ADMIN_USER_IDS: "ada,grace",
  ADMIN_READ_IDS: "auditor",
  ADMIN_VERIFY_IDS: "checker",
  AUTH_ROLE_REQUIRED: "true",
  AUTH_TOKEN_MAX_MINUTES: "60",
  ADMIN_ASSURANCE: "aal2",
  ADMIN_GRANT_SUM_PER_DAY: "1000",
  TOP_UP_URL: "https://shop.test/credits",
  CORS_ALLOWED_ORIGINS: "https://app.test,https://console.test",
};

const OWN = new Set(["STAGE", "COMMIT_SHA", "SECRET_ID", "FILE_BUCKET"]);

/** Every variable that is no secret, with its default where it has one. */
export const SETTINGS: Readonly<Record<string, string>> = Object.fromEntries(
  VARIABLES.filter(({ name, secret }) => !secret && !OWN.has(name)).flatMap(({ name, default: fallback }) => {
    const value = SAMPLES[name] ?? fallback;
    return value === null ? [] : [[name, value]];
  }),
);

/** What the web app is told, on a stage that has it all. */
export const SITE = {
  AUTH_CLIENT_ID: "the-pages",
  AUTH_SCOPE: "openid email offline_access",
  AUTH_AUDIENCE_PARAMETER: "audience",
  AUTH_ORIGINS: "https://tokens.test",
  STRIPE_PUBLISHABLE_KEY: "pk_live_pages",
};

/** A machine that deploys knows more than it may pass on: every secret, its own credentials, a wrong stage. */
export const EVERYTHING: Readonly<Record<string, string>> = {
  ...Object.fromEntries(VARIABLES.filter(({ secret }) => secret).map(({ name }) => [name, `postgres://${CANARY}-${name}`])),
  ...SETTINGS,
  ...SITE,
  STAGE: "local",
  SECRET_ID: CANARY,
  COMMIT_SHA: COMMIT,
  ALARM_EMAIL: "operators@pantheon.test",
  AWS_SECRET_ACCESS_KEY: CANARY,
};
