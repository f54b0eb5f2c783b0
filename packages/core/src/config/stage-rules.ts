// What a stage that others use may not be configured with, beyond what a variable's own rule says. Such a mistake works, and costs
// money or secrecy later, so it is refused before anything runs.

type Given = Readonly<Record<string, string | undefined>>;
type Fault = { name: string; rule: string };

/** A stage that more than its maker uses. */
export function isShared(stage: string): boolean {
  return stage === "staging" || isKept(stage);
}

/** The stage whose data is kept for good; infra/stages.ts says so too, and a test compares both. */
export function isKept(stage: string): boolean {
  return stage === "production";
}

/** One fault a rule that is broken, by name and never by value. None on a stage that is not shared. */
export function stageFaults(given: Given): Fault[] {
  const stage = given["STAGE"] ?? "local";
  if (!isShared(stage)) return [];
  return [...sharedFaults(given), ...(isKept(stage) ? keptFaults(given) : [])];
}

const STRIPE = "https://api.stripe.com";
const WEB_ADDRESSES = [
  "AUTH_ISSUER",
  "AUTH_JWKS_URL",
  "TOP_UP_URL",
  "OPENROUTER_BASE_URL",
  "OPENAI_BASE_URL",
  "ANTHROPIC_BASE_URL",
  "GOOGLE_BASE_URL",
  "DEEPSEEK_BASE_URL",
];
const SECRETS = ["AUTH_JWT_SECRET", "STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_PREVIOUS", "LOG_ADDRESS_KEY", "BUILD_TOKEN"];

function sharedFaults(given: Given): Fault[] {
  const faults: Fault[] = [];
  const stripe = given["STRIPE_API_URL"];
  if (stripe !== undefined && stripe.replace(/\/$/, "") !== STRIPE)
    faults.push({ name: "STRIPE_API_URL", rule: "must be Stripe's own address" });
  if (given["FILE_STORAGE_URL"] !== undefined) faults.push({ name: "FILE_STORAGE_URL", rule: "must be unset: files lie in S3 itself" });
  for (const name of WEB_ADDRESSES) {
    if (isPlainHttp(given[name] ?? "")) faults.push({ name, rule: "must be an https:// address on this stage" });
  }
  if ((given["CORS_ALLOWED_ORIGINS"] ?? "").split(",").some((origin) => isPlainHttp(origin.trim()))) {
    faults.push({ name: "CORS_ALLOWED_ORIGINS", rule: "must be https:// origins on this stage" });
  }
  for (const name of SECRETS) {
    if (isWeak(given[name])) faults.push({ name, rule: "is too weak: take 32 random bytes" });
  }
  return faults;
}

function keptFaults(given: Given): Fault[] {
  const faults: Fault[] = [];
  if (/^[rs]k_test_/.test(given["STRIPE_SECRET_KEY"] ?? ""))
    faults.push({ name: "STRIPE_SECRET_KEY", rule: "must be a live key on this stage" });
  if (given["CREDIT_ENFORCEMENT_ENABLED"] === undefined) {
    faults.push({ name: "CREDIT_ENFORCEMENT_ENABLED", rule: "must be said on this stage: unenforced is no default" });
  }
  if (given["ADMIN_GRANT_SUM_PER_DAY"] === undefined) {
    faults.push({ name: "ADMIN_GRANT_SUM_PER_DAY", rule: "must be said on this stage: credits, or none" });
  }
  if (given["ADMIN_ASSURANCE"] === "none") faults.push({ name: "ADMIN_ASSURANCE", rule: "must be aal2 on this stage" });
  return faults;
}

function isPlainHttp(address: string): boolean {
  return /^http:/i.test(address);
}

const LEAST_LENGTH = 24;
const LEAST_VARIETY = 10;

/** Too short to be random, or a few characters over and over. What stands before the value itself, `whsec_`, counts for nothing. */
function isWeak(secret: string | undefined): boolean {
  if (secret === undefined) return false;
  const value = secret.replace(/^whsec_/, "");
  return value.length < LEAST_LENGTH || new Set(value).size < LEAST_VARIETY || /(?:changeme|password|secret|example)/i.test(value);
}
