// What a command says when it cannot go on: one line that names what to look at and what to do, and never what a setting holds.

import { ConfigError } from "@pantheon/core/config/config.ts";
import { LocalConfigError } from "./place.ts";

export type Place = {
  /** What the database is called in a sentence: "the database of DATABASE_URL", "the local world's database". */
  readonly database: string;
  /** What helps when it does not answer. */
  readonly remedy: string;
};

export const OWN_DATABASE: Place = { database: "the database of DATABASE_URL", remedy: "start it, or check DATABASE_URL" };
export const OWNERS_DATABASE: Place = {
  database: "the database of MIGRATION_DATABASE_URL",
  remedy: "start it, or check MIGRATION_DATABASE_URL",
};
export const LOCAL_DATABASE: Place = { database: "the local world's database", remedy: "run npm start" };

/** One line about a failure of a command that uses this database. */
export function explain(error: unknown, place: Place = OWN_DATABASE): string {
  if (error instanceof ConfigError || error instanceof LocalConfigError) return error.message;
  if (place === LOCAL_DATABASE && isNoStripe(error)) return "the local world does not answer: run npm start";
  for (const one of causesOf(error)) {
    const { code, message } = one;
    const said = (code !== undefined && BY_CODE[code]?.(place, one)) || (/No space left on device/.test(message) && FULL_DISK);
    if (said) return said;
  }
  const message = causesOf(error).find((one) => one.message !== "")?.message ?? "failed";
  return message.replaceAll("\n", "; ");
}

/** What the SDK throws when nobody listens, as the stand-in of a world that was killed does not. */
function isNoStripe(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, "type") === "StripeConnectionError";
}

type Cause = { readonly code: string | undefined; readonly message: string; readonly path: string | undefined };

const FULL_DISK = "the disk is full: make room, then start again; what was answered before is kept";
const noAnswer = ({ database, remedy }: Place, { code }: Cause) => `${database} does not answer (${code}): ${remedy}`;

const BY_CODE: Readonly<Record<string, (place: Place, cause: Cause) => string>> = {
  ECONNREFUSED: noAnswer,
  ECONNRESET: noAnswer,
  ETIMEDOUT: noAnswer,
  ENOTFOUND: noAnswer,
  "57P01": noAnswer, // PostgreSQL is being stopped
  "57P03": noAnswer, // it starts or stops
  "28P01": ({ database }) => `${database} refuses the user or the password`,
  "28000": ({ database }) => `${database} refuses the user`,
  "3D000": ({ database }) => `${database} does not exist on its server: create it`,
  "53100": () => FULL_DISK,
  ENOSPC: () => FULL_DISK,
  EDQUOT: () => FULL_DISK,
  EROFS: (_place, { path }) => `${path ?? "the home"} is on a disk that cannot be written: set another PANTHEON_HOME`,
  EACCES: (_place, { path }) => `${path ?? "a file of the home"} may not be written or read by this user: see who owns it`,
};

/** The error, what it bundles (a name with two addresses fails twice, without a message of its own), and what caused it. */
function causesOf(error: unknown): Cause[] {
  if (!(error instanceof Error)) return [];
  const code: unknown = Reflect.get(error, "code");
  const path: unknown = Reflect.get(error, "path");
  const own: Cause = {
    code: typeof code === "string" ? code : undefined,
    message: error.message,
    path: typeof path === "string" ? path : undefined,
  };
  const bundled: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [own, ...bundled.flatMap(causesOf), ...causesOf(error.cause)];
}
