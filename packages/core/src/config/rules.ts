// What a variable's value must be like, one rule a kind. A message names the rule and never the value.

import * as v from "valibot";
import { isSafeDatabaseUrl } from "./database-url.ts";
import { LIMIT_NAMES } from "@pantheon/contract/vocabulary.ts";
import { parseDecimal, ZERO, type Amount } from "@pantheon/contract/money.ts";

export const COMMIT = /^[A-Za-z0-9._-]{1,64}$/;
const MAX_OUTPUT_TOKENS = "must be a whole number from 1 to 8192";

/** Any text. */
export const text = v.string();
export const secretNames = v.pipe(
  text,
  v.regex(/^[\w/+=.@:-]{1,512}(?:,[\w/+=.@:-]{1,512}){0,9}$/, "must be names or ARNs of secrets, without blanks between them"),
);
export const commitSha = v.pipe(text, v.regex(COMMIT, "must be 1–64 letters, digits, dots, underscores or hyphens"));
export const stageName = v.pipe(text, v.regex(/^[a-z][a-z0-9-]{0,31}$/, "must be 1–32 of a–z, 0–9 and hyphen, a letter first"));
export const postgresUrl = v.pipe(
  text,
  v.check(isPostgresUrl, "must be a postgres:// address"),
  v.check(isSafeDatabaseUrl, "must not weaken TLS: sslmode is verify-full, require or left out"),
);
export const aliasName = v.pipe(text, v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "must be the name of an alias, or none"));
export const webUrl = v.pipe(text, v.check(isWebUrl, "must be an https:// address (http:// only on this machine)"));
export const jwtSecret = v.pipe(text, v.minLength(32, "must be at least 32 characters"));
export const commaList = v.pipe(text, v.transform(items));
export const originList = v.pipe(
  commaList,
  v.check((origins) => origins.every(isOrigin), "must be exact origins, scheme://host[:port], and never *"),
);
export const switchText = v.picklist(["true", "false"], "must be true or false");
export const assurance = v.picklist(["none", "aal2"], "must be none or aal2");
export const logAddress = v.picklist(["none", "short", "hash"], "must be none, short or hash");
export const overdraft = v.picklist(["one_turn", "none"], "must be one_turn or none");
export const positiveAmount = decimal("must be a plain decimal above 0 with at most 8 decimals", (value) => value.gt(ZERO));
export const cents = decimal("must be a plain decimal above 0 with at most 2 decimals", (value) => value.gt(ZERO), 2);
export const stripeKey = v.pipe(text, v.regex(/^[rs]k_(test|live)_\w+$/, "must be a Stripe key, sk_test_… or sk_live_…"));
export const webhookSecret = v.pipe(text, v.regex(/^whsec_\S+$/, "must be a signing secret, whsec_…"));
export const amountFromZero = decimal("must be a plain decimal of at least 0 with at most 8 decimals", (value) => value.gte(ZERO));
export const amountOrNone = v.union(
  [
    v.pipe(
      v.literal("none"),
      v.transform(() => null),
    ),
    amountFromZero,
  ],
  "must be a plain decimal of at least 0 with at most 8 decimals, or none",
);
export const minutes = v.pipe(text, v.regex(/^[1-9][0-9]{0,5}$/, "must be a whole number of minutes"), v.transform(Number));
export const days = wholeDays(1);
export const daysFromZero = wholeDays(0);
export const count = v.pipe(text, v.regex(/^[1-9][0-9]{0,8}$/, "must be a whole number from 1 on"), v.transform(Number));
export const bytes = v.pipe(text, v.regex(/^[1-9][0-9]{0,11}$/, "must be a whole number of bytes"), v.transform(Number));
export const bucketName = v.pipe(text, v.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of a bucket"));
export const outputTokens = v.pipe(
  text,
  v.regex(/^[1-9][0-9]{0,3}$/, MAX_OUTPUT_TOKENS),
  v.transform(Number),
  v.maxValue(8192, MAX_OUTPUT_TOKENS),
);

/** Limits by their names, each once, as the JSON that statements read. */
export const personLimits = v.pipe(
  commaList,
  v.rawTransform<string[], string>(({ dataset, addIssue, NEVER }) => {
    const pairs = dataset.value.map((item) => /^([a-z_]+)=(\S+)$/.exec(item) ?? []);
    const known = pairs.filter(([, name, most]) => isLimit(name, most ?? ""));
    if (known.length === 0 || new Set(pairs.map(([, name]) => name)).size < dataset.value.length || known.length < pairs.length) {
      addIssue({ message: "must be a comma list of limits, name=number, each once" });
      return NEVER;
    }
    return JSON.stringify(Object.fromEntries(pairs.map(([, name, most]) => [name, most])));
  }),
);

/** Credits are decimals, calls whole numbers; none may be so. */
function isLimit(name: string | undefined, most: string): boolean {
  if (!LIMIT_NAMES.some((known) => known === name)) return false;
  if (name?.startsWith("credits_")) return (parseDecimal(most, 8) ?? ZERO.minus(1)).gte(ZERO);
  return /^(?:0|[1-9]\d{0,5})$/.test(most);
}

function wholeDays(least: number) {
  const rule = `must be a whole number of days from ${least} to 3650`;
  return v.pipe(text, v.regex(/^(?:0|[1-9][0-9]{0,3})$/, rule), v.transform(Number), v.minValue(least, rule), v.maxValue(3_650, rule));
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
