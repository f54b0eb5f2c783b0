// The product's configuration in the local world: what a person gave, and for the rest the world's own addresses and keys.

import { randomBytes } from "node:crypto";
import { readConfig, type Config } from "@pantheon/core/config/config.ts";
import { readSiteSettings } from "@pantheon/core/config/site.ts";
import { STAND_IN_BUCKET } from "@pantheon/stand-ins/storage/storage.ts";
import { LOCAL_STRIPE_KEY } from "@pantheon/ops/place.ts";

type Values = Readonly<Record<string, string | undefined>>;

export type WorldAddresses = Readonly<Record<"provider" | "search" | "stripe" | "storage" | "issuer" | "pay", string>>;

/** Where no database exists yet, the rest of the configuration is read all the same: what is wrong is told before one is made. */
const NO_DATABASE_YET = "postgres://127.0.0.1/not-yet";

type WorldConfig = {
  readonly config: Config;
  /** Whether events may be posted by hand: on the stage `local`, where no webhook secret was given. Then the stand-in signs with a secret of this run. */
  readonly byHand: boolean;
  /** By which the pages take cards with Stripe's own form: where payments go to the real Stripe; null: by the stand-in's form. */
  readonly stripeKey: string | null;
};

/** The configuration. Throws ConfigError. */
export function worldConfig(environment: Values, at: WorldAddresses, databaseUrl: string | null): WorldConfig {
  const own = given(environment);
  const { stripeKey } = readSiteSettings(own);
  const isSecretGiven = own["STRIPE_WEBHOOK_SECRET"] !== undefined || own["STRIPE_WEBHOOK_SECRET_PREVIOUS"] !== undefined;
  const config = readConfig({
    OPENROUTER_API_KEY: "stand-in",
    // A key of one's own means the real service, at its real address unless another is given.
    ...(own["OPENROUTER_API_KEY"] === undefined && { OPENROUTER_BASE_URL: at.provider }),
    TAVILY_API_KEY: "stand-in",
    ...(own["TAVILY_API_KEY"] === undefined && { TAVILY_BASE_URL: at.search }),
    STRIPE_SECRET_KEY: LOCAL_STRIPE_KEY,
    ...(own["STRIPE_SECRET_KEY"] === undefined && { STRIPE_API_URL: at.stripe }),
    ...(!isSecretGiven && { STRIPE_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString("hex")}` }),
    // A bucket of one's own means S3, with the keys of this process.
    ...(own["FILE_BUCKET"] === undefined && { FILE_BUCKET: STAND_IN_BUCKET, FILE_STORAGE_URL: at.storage }),
    TOP_UP_URL: at.pay,
    ...own,
    DATABASE_URL: databaseUrl ?? NO_DATABASE_YET,
    DATABASE_POOL_URL: undefined,
    AUTH_ISSUER: at.issuer,
    AUTH_JWKS_URL: undefined,
  });
  const byHand = config.stage === "local" && !isSecretGiven;
  return { config, byHand, stripeKey: own["STRIPE_SECRET_KEY"] === undefined ? null : stripeKey };
}

/** What is set: a blank variable counts as unset, as it does for the product. */
function given(environment: Values): Values {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ""));
}
