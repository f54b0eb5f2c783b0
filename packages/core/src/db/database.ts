// The database as the core sees it: typed queries through Kysely, and prepared statements, over one pool. Whatever says that the database
// is away comes out as the refusal `database_unavailable`. Knows no table.

import { Kysely, PostgresDialect } from "kysely";
import { rotatingPool, type PoolOptions } from "./pool.ts";
import type { Prepared } from "./prepared.ts";
import type { Schema } from "./schema/schema.ts";

export type Database = {
  /** Typed queries. No change of money goes through here: those stand in `statements/`. */
  readonly query: Kysely<Schema>;
  /** The same, for questions that look at everything and may take as long as a request does. */
  readonly report: Kysely<Schema>;
  /** Runs one prepared statement, autocommitted. Throws `database_unavailable`, or the driver's error with its SQLSTATE. */
  run<Input extends object, Row>(statement: Prepared<Input, Row>, input: Input): Promise<Row[]>;
  close(): Promise<void>;
};

export type DatabaseOptions = PoolOptions & {
  /** How long such a question may take: 25 s unless given. Whoever is no request may wait longer. */
  reportTimeoutMs?: number;
};

const REPORT_TIMEOUT_MS = 25_000;

/** Connects nothing yet: the first statement does. */
export function createDatabase({ reportTimeoutMs = REPORT_TIMEOUT_MS, ...options }: DatabaseOptions): Database {
  const pool = rotatingPool(options);
  const query = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const report = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: pool.patient(reportTimeoutMs) }) });
  return {
    query,
    report,
    async run<Input extends object, Row>(statement: Prepared<Input, Row>, input: Input): Promise<Row[]> {
      const client = await pool.connect();
      try {
        return await client.named<Row>({ name: statement.name, text: statement.text, values: statement.values(input) });
      } finally {
        client.release();
      }
    },
    close: async () => {
      await Promise.all([query.destroy(), report.destroy()]);
      await pool.end();
    },
  };
}
