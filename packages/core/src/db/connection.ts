// A borrowed connection: how long a statement may take, what is done about a connection that died under it, and when a read is asked
// again. What became of a money statement whose connection died is not decided here: its caller reads the row.

import type { PostgresPoolClient } from "kysely";
import type { DriverClient } from "./driver.ts";
import { isConnectionLost, translateDatabaseError } from "./unavailable.ts";

/** A prepared statement as the driver takes it. */
export type NamedQuery = { name: string; text: string; values: unknown[] };

/** A connection as long as its borrower has it. */
export type Borrowed = PostgresPoolClient & { named<Row>(query: NamedQuery): Promise<Row[]> };

export type Lender = {
  borrow(): Promise<DriverClient>;
  /** Told after every statement whether the server was silent. */
  onAnswer(silent: boolean): void;
  /** Told before every statement that goes to the server. */
  onStatement?: (() => void) | undefined;
};

/** A money statement, and then the read that asks what became of it over a new connection, end within 8 s together; so does a read alone. */
const STATEMENT_TIMEOUT_MS = 5_000;
export const READ_TIMEOUT_MS = 7_000;

/**
 * A connection that died is not returned to the pool; and a read that found it dead, as the first statement of its borrower, is asked
 * again on a new one: it changes nothing, so asking twice is asking once. Errors come out translated (unavailable.ts).
 */
export async function borrow(lender: Lender, readTimeoutMs: number): Promise<Borrowed> {
  let client = await lender.borrow();
  let isBorrowed = true; // a connection that was given back must not be given back again
  let dead = false;
  let isFirst = true;

  const send = async (args: unknown[], timeoutMs: number): Promise<{ rows: unknown[] }> => {
    lender.onStatement?.();
    try {
      const answer = await within(timeoutMs, client.query(...args));
      lender.onAnswer(false);
      return answer;
    } catch (error) {
      dead ||= isConnectionLost(error);
      lender.onAnswer(error instanceof SilentServer);
      throw error;
    }
  };
  const read = async (...args: unknown[]) => {
    const mayRepeat = isFirst && isRead(args[0]);
    isFirst = false;
    try {
      return await send(args, readTimeoutMs);
    } catch (error) {
      if (!mayRepeat || !dead || error instanceof SilentServer) throw error;
      client.release(true);
      isBorrowed = false;
      client = await lender.borrow();
      [isBorrowed, dead] = [true, false];
      return await send(args, readTimeoutMs);
    }
  };
  return {
    query: ((...args) => translated(read(...args))) as PostgresPoolClient["query"],
    named: async <Row>(query: NamedQuery) => (await translated(send([query], STATEMENT_TIMEOUT_MS))).rows as Row[],
    release: () => void (isBorrowed && client.release(dead)),
  };
}

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

/** A statement that takes no lock and changes nothing. (A WITH may hold a change, so it does not count.) */
function isRead(text: unknown): boolean {
  return typeof text === "string" && /^\s*select\b/i.test(text) && !/\bfor\s+(?:no\s+key\s+)?(?:update|share)\b/i.test(text);
}

/** No word of the server within the time: whatever was sent may or may not have been carried out. */
class SilentServer extends Error {
  override readonly name = "SilentServer";
}

async function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new SilentServer("the server did not answer in time")), timeoutMs);
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
