// The settings of the local world, read from the environment. The product's own settings stand in core's config.ts.

import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

export type LocalConfig = {
  /** Where the local server listens; 0 picks a free port. */
  port: number;
  /** The address it listens on: this machine's own, unless a person opens it. */
  host: string;
  /** The folder that keeps the local world between runs, absolute. */
  home: string;
  /** A database of one's own instead of the local world's. */
  databaseUrl: string | null;
};

type Environment = Readonly<Record<string, string | undefined>>;

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

const Settings = v.object({
  PORT: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[0-9]{1,5}$/),
      v.transform((digits) => Number.parseInt(digits, 10)),
      v.maxValue(65_535),
    ),
    "8787",
  ),
  HOST: v.optional(
    v.pipe(
      v.string(),
      v.check((host) => host === "localhost" || isIP(host) !== 0),
    ),
    "127.0.0.1",
  ),
  PANTHEON_OPEN: v.optional(v.literal("1")),
  PANTHEON_HOME: v.optional(
    v.pipe(
      v.string(),
      v.check((path) => !path.includes("\0")),
    ),
  ),
  DATABASE_URL: v.optional(v.pipe(v.string(), v.url(), v.regex(/^postgres(?:ql)?:\/\//))),
});

const RULES = {
  PORT: "must be a number from 0 to 65535",
  HOST: "must be an IP address, or localhost",
  PANTHEON_OPEN: "must be 1 or unset",
  PANTHEON_HOME: "must be a path",
  DATABASE_URL: "must be an address that begins with postgres:// or postgresql://",
} as const satisfies Record<keyof v.InferInput<typeof Settings>, string>;

/** A setting that cannot be used. The message is one line a variable and never contains a value. */
export class LocalConfigError extends Error {
  override readonly name = "LocalConfigError";
}

/** Reads the settings; an empty variable counts as unset. Throws LocalConfigError. */
export function readLocalConfig(env: Environment = process.env): LocalConfig {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const result = v.safeParse(Settings, set);
  if (!result.success) {
    const wrong = new Set(result.issues.map((issue) => v.getDotPath(issue)));
    const lines = Object.entries(RULES).filter(([name]) => wrong.has(name));
    throw new LocalConfigError(lines.map(([name, rule]) => `${name} ${rule}`).join("\n"));
  }
  const { PORT, HOST, PANTHEON_OPEN, PANTHEON_HOME, DATABASE_URL } = result.output;
  if (!isLoopback(HOST) && PANTHEON_OPEN !== "1") {
    throw new LocalConfigError(
      "HOST opens the local world, which is made for one person, to the network: set PANTHEON_OPEN=1 too if you mean it",
    );
  }
  return {
    port: PORT,
    host: HOST,
    home: PANTHEON_HOME === undefined ? resolve(PROJECT, ".pantheon") : resolve(PANTHEON_HOME),
    databaseUrl: DATABASE_URL ?? null,
  };
}

/** The address of the database that this variable names; it is set. Throws LocalConfigError for what is no such address. */
export function databaseUrlOf(env: Environment, name = "DATABASE_URL"): string {
  const given = env[name]?.trim() ?? "";
  if (given === "" || !v.is(Settings.entries.DATABASE_URL, given)) throw new LocalConfigError(`${name} ${RULES.DATABASE_URL}`);
  return given;
}

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

const NARROW = 80;
const WIDE = 100;

/** How wide a table may be, in columns: what the terminal or COLUMNS says, from 80 to 100; 100 where nobody says. */
export function tableWidth(terminal = process.stdout.columns as number | undefined, { COLUMNS }: Environment = process.env): number {
  const said = terminal ?? Number.parseInt(COLUMNS ?? "", 10);
  return Number.isFinite(said) ? Math.min(Math.max(said, NARROW), WIDE) : WIDE;
}

/** The environment of this process, for what passes it on to the product's own configuration. */
export function localEnvironment(): Environment {
  return process.env;
}

/** The folder of the local world alone, for what needs nothing else of it. Throws LocalConfigError. */
export function readLocalHome({ PANTHEON_HOME }: Environment = process.env): string {
  return readLocalConfig({ PANTHEON_HOME }).home;
}

/** Tokens that stage:verify is given by its environment, as CI does, so that they stand in no list of processes. */
export type VerifyTokens = Readonly<Record<"user" | "admin" | "empty" | "build", string | null>>;

export function readVerifyTokens(env: Environment = process.env): VerifyTokens {
  const set = (name: string) => env[name]?.trim() || null;
  return {
    user: set("STAGE_VERIFY_TOKEN"),
    admin: set("STAGE_VERIFY_ADMIN_TOKEN"),
    empty: set("STAGE_VERIFY_EMPTY_TOKEN"),
    build: set("STAGE_VERIFY_BUILD_TOKEN"),
  };
}

const Place = v.object({
  apiUrl: v.string(),
  databaseUrl: v.string(),
  ownerUrl: v.string(),
  issuer: v.string(),
  stripeUrl: v.nullable(v.string()),
  llmUrl: v.string(),
});

/** The running local world as variables of the product; nothing when none runs. */
export function readLocalPlace(home: string): Readonly<Record<string, string>> {
  const world = readLocalWorld(home);
  if (world === null) return {};
  const { databaseUrl, ownerUrl, issuer, stripeUrl } = world;
  return {
    DATABASE_URL: databaseUrl,
    MIGRATION_DATABASE_URL: ownerUrl,
    AUTH_ISSUER: issuer,
    ...(stripeUrl !== null && { STRIPE_API_URL: stripeUrl, STRIPE_SECRET_KEY: LOCAL_STRIPE_KEY }),
  };
}

/** Where the running local world is; null when none runs. */
export function readLocalWorld(home: string): v.InferOutput<typeof Place> | null {
  const file = join(home, "local.json");
  if (!existsSync(file)) return null;
  try {
    return v.parse(Place, JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new Error(`${file} cannot be read as what npm start writes: stop npm start, delete the file, and start again`, { cause });
  }
}

/** The key of the stand-in Stripe: it is no secret. */
export const LOCAL_STRIPE_KEY = "sk_test_standin";
