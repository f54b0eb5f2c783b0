// Which failures mean that the database is away or overloaded, as opposed to a statement that it refused. Decides what a caller is
// told, and whether trying again can help; never what happened to a statement: for that the row is read.

import { DomainError } from "@pantheon/contract/error.ts";

const RETRY_AFTER_SECONDS = 2;

/** SQLSTATE classes and codes (PostgreSQL documentation, appendix A) that say nothing about the statement itself. */
const UNAVAILABLE_CLASSES = new Set(["08", "53", "57", "58"]);
const UNAVAILABLE_CODES = new Set(["25006", "40001", "40P01", "55P03"]);

/** A driver's error as the caller should see it: `database_unavailable`, or unchanged when the database refused the statement. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const code = sqlState(error);
  const away = code === null || UNAVAILABLE_CODES.has(code) || UNAVAILABLE_CLASSES.has(code.slice(0, 2));
  if (!away) return error;
  return new DomainError("database_unavailable", "The database is not available. Please try again.", {
    retryAfter: RETRY_AFTER_SECONDS,
    cause: error,
  });
}

/** True when the connection that gave this error is of no use any more: no word from the server, or its last one. */
export function isConnectionLost(error: unknown): boolean {
  const severity = error instanceof Error && "severity" in error ? error.severity : null;
  return sqlState(error) === null || severity === "FATAL" || severity === "PANIC";
}

/** True when a refused connection is likely to be taken shortly: nobody listens, the server is starting or stopping, or it is full. */
export function connectionMayComeBack(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return STARTING_OR_FULL.has(state);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return (
    code === "ECONNREFUSED" || code === "ECONNRESET" || (error instanceof Error && error.message === "Connection terminated unexpectedly")
  );
}

const STARTING_OR_FULL = new Set(["57P01", "57P02", "57P03", "53300"]);

/** The five characters of an SQLSTATE, or null when the error is not the server's (a socket, a timeout). */
export function sqlState(error: unknown): string | null {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const fromServer = error instanceof Error && "severity" in error;
  return fromServer && typeof code === "string" ? code : null;
}

/** The name of the constraint that refused a statement, or null when none did. */
export function constraintOf(error: unknown): string | null {
  const name = sqlState(error) !== null && error instanceof Error && "constraint" in error ? error.constraint : null;
  return typeof name === "string" ? name : null;
}
