// What a stage tells its web app, and by what policy browsers show its pages: `/config.json` and the headers of every page. The same for a
// deploy and for the local world. Nothing of it is secret, since every visitor reads it.

import * as v from "valibot";
import { format } from "@pantheon/contract/money.ts";
import { ConfigError, type Config } from "./config.ts";
import { SITE_TABLE, SITE_VARIABLES } from "./site-variables.ts";
import { isKept, isShared } from "./stage-rules.ts";

type Values = Readonly<Record<string, string | undefined>>;

export type SiteSettings = {
  /** Null: nobody signs in. */
  readonly clientId: string | null;
  readonly scope: string | null;
  readonly audienceParameter: "audience" | "resource" | null;
  readonly token: "access" | "id";
  /** Where else than at the issuer's own origin a browser asks for tokens. */
  readonly origins: readonly string[];
  /** Stripe's publishable key; null: no cards are taken by Stripe's form. */
  readonly stripeKey: string | null;
};

/** The web app's part of an environment; a blank variable counts as unset. Throws one ConfigError that tells of every fault, by name. */
export function readSiteSettings(env: Values): SiteSettings {
  const given = Object.fromEntries(SITE_VARIABLES.flatMap(({ name }) => (env[name]?.trim() ? [[name, env[name]]] : [])));
  const result = v.safeParse(SITE_TABLE, given, { abortPipeEarly: true });
  const faults = (result.issues ?? []).map((issue) => ({ name: v.getDotPath(issue) ?? "", rule: issue.message }));
  faults.push(...stageFaults(env, given));
  if (!result.success || faults.length > 0) throw new ConfigError(faults, env["COMMIT_SHA"]);
  const read = result.output;
  return {
    clientId: read.AUTH_CLIENT_ID ?? null,
    scope: read.AUTH_SCOPE ?? null,
    audienceParameter: read.AUTH_AUDIENCE_PARAMETER ?? null,
    token: read.AUTH_TOKEN,
    origins: read.AUTH_ORIGINS ?? [],
    stripeKey: read.STRIPE_PUBLISHABLE_KEY ?? null,
  };
}

/** On a stage that others use. A form of one mode takes no payment of the other, so the kept stage, whose key is a live one, wants a live form. */
function stageFaults(env: Values, given: Values): { name: string; rule: string }[] {
  const [stage, key = "", secret = ""] = [env["STAGE"] ?? "local", given["STRIPE_PUBLISHABLE_KEY"], env["STRIPE_SECRET_KEY"]];
  const faults: { name: string; rule: string }[] = [];
  if (isKept(stage) && key.startsWith("pk_test_"))
    faults.push({ name: "STRIPE_PUBLISHABLE_KEY", rule: "must be a live key on this stage" });
  if (key !== "" && /^[rs]k_/.test(secret) && modeOf(key) !== modeOf(secret)) {
    faults.push({ name: "STRIPE_PUBLISHABLE_KEY", rule: "must be of the mode of STRIPE_SECRET_KEY, test or live" });
  }
  if (isShared(stage) && /\bhttp:/i.test(given["AUTH_ORIGINS"] ?? "")) {
    faults.push({ name: "AUTH_ORIGINS", rule: "must be https:// origins on this stage" });
  }
  return faults;
}

/** `test` or `live`. */
function modeOf(key: string): string {
  return key.split("_")[1] ?? "";
}

type Said = Pick<Config, "auth" | "stage" | "commit" | "usdPerCredit" | "topUp">;
type Payment = "stripe" | "stand-in" | null;

/** `/config.json`: what the built pages do not know of their stage, which packages/web/src/session/site.ts reads. */
export function siteConfig({ auth, stage, commit, usdPerCredit, topUp }: Said, settings: SiteSettings, payment: Payment) {
  const { clientId, scope, audienceParameter: parameter, token, stripeKey } = settings;
  return {
    stage,
    commit,
    issuer: auth.issuer,
    client_id: clientId,
    scope,
    audience: parameter === null ? null : { parameter, value: auth.audience },
    token,
    usd_per_credit: format(usdPerCredit),
    top_up: { min_usd: topUp.minUsd.toFixed(2), max_usd: topUp.maxUsd.toFixed(2) },
    payment,
    stripe_key: payment === "stripe" ? stripeKey : null,
  };
}

/** Where Stripe's script and frames come from, by its own guide for such policies. */
const STRIPE = "https://js.stripe.com https://*.js.stripe.com";

/**
 * The policy of every page: what runs and is shown comes from its own origin, but for Stripe's script and frames. `connect` are origins that
 * the pages may ask beside their own.
 */
export function pagePolicy(connect: readonly string[]): string {
  const asked = [...new Set(["'self'", ...connect, "https://api.stripe.com"])];
  return [
    "default-src 'none'",
    `script-src 'self' ${STRIPE}`,
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data:",
    `connect-src ${asked.join(" ")}`,
    `frame-src ${STRIPE} https://hooks.stripe.com`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Where the pages ask for tokens. */
export function signInOrigins({ auth }: Pick<Config, "auth">, { origins }: Pick<SiteSettings, "origins">): string[] {
  return [new URL(auth.issuer).origin, ...origins];
}

/** What else browsers are told of every page. */
export const PAGE_HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": 'camera=(), geolocation=(), microphone=(), usb=(), payment=(self "https://js.stripe.com")',
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
} as const;
