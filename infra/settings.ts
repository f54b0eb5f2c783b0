// What the functions of a stage read from their environment. The values come from where the deploy runs (`.env.<stage>` or CI), are held
// to the product's own rules before anything is made, and never include a secret: those stay in the stage's secret, put there by hand or by CI.

import { readConfig } from "@pantheon/core/config/config.ts";
import { readSiteSettings, siteConfig, signInOrigins } from "@pantheon/core/config/site.ts";
import { VARIABLES } from "@pantheon/core/config/variables.ts";
import type { StageOptions } from "./stages.ts";

export type DeploySettings = {
  /** The same for every function: a stage whose functions disagreed about a price would charge wrongly. */
  readonly environment: Readonly<Record<string, string>>;
  /** The commit that every bundle carries; null: a stage of one's own, built from whatever is there. */
  readonly commit: string | null;
  /** Browser origins that may call, and put files. */
  readonly origins: readonly string[];
  /** Who is told of alarms; null: whoever subscribes to the topic. */
  readonly alarmEmail: string | null;
  readonly site: SiteParts;
};

/** What the stage's web app is made of. */
type SiteParts = {
  /** The folder that its build lies in. */
  readonly folder: string;
  /** `/config.json`. */
  readonly config: object;
  /** Origins that its pages may ask beside their own. */
  readonly connect: readonly string[];
};

/** Where `npm run build:site` puts the web app. A deploy that is given another folder in SITE_BUILD takes that one. */
const SITE_BUILD = "packages/web/dist";

/** Throws, naming variables and rules but no values, when the stage may not be deployed with what is given. */
export function deploySettings(stage: string, options: StageOptions, given: Readonly<Record<string, string | undefined>>): DeploySettings {
  if (stage === "local") throw new Error("The stage `local` has relaxed rules and cannot be deployed.");
  const commit = given["COMMIT_SHA"]?.trim() ?? "";
  if (options.commitRequired && !GIT_SHA.test(commit)) {
    throw new Error(`The stage ${stage} is deployed only with COMMIT_SHA, the full sha of the deployed commit.`);
  }
  const passedOn = VARIABLES.filter(({ name, secret }) => !secret && !OWN.has(name)).map(({ name }) => [name, given[name] ?? ""] as const);
  const environment = {
    ...Object.fromEntries(passedOn.filter(([, value]) => value.trim() !== "")),
    STAGE: stage,
  };
  const config = readConfig({
    ...environment,
    COMMIT_SHA: commit,
    DATABASE_POOL_URL: "postgres://comes.from.the.secret.invalid/",
  });
  const site = readSiteSettings({ ...given, STAGE: stage });
  return {
    environment,
    commit: commit === "" ? null : commit,
    origins: config.corsAllowedOrigins,
    alarmEmail: given["ALARM_EMAIL"]?.trim() || null,
    site: {
      folder: given["SITE_BUILD"]?.trim() || SITE_BUILD,
      config: siteConfig(config, site, site.stripeKey === null ? null : "stripe"),
      connect: signInOrigins(config, site),
    },
  };
}

const GIT_SHA = /^[0-9a-f]{40}$/;

/** What this configuration sets itself, whatever the deploying environment says. */
const OWN = new Set(["STAGE", "COMMIT_SHA", "SECRET_ID", "FILE_BUCKET"]);
