// The database as the core sees it: typed queries through Kysely, and prepared statements, over one pool. Whatever says that the database
// is away comes out as the refusal `database_unavailable`. Knows no table.

import { Kysely, PostgresDialect } from "kysely";
import { rotatingPool, type PoolOptions } from "./pool.ts";
import type { Prepared } from "./prepared.ts";
import type { Schema } from "./schema.ts";

export type Database = {
  /** Typed queries. No change of money goes through here: those stand in `statements/`. */
  readonly query: Kysely<Schema>;
  /** Runs one prepared statement, autocommitted. Throws `database_unavailable`, or the driver's error with its SQLSTATE. */
  run<Input extends object, Row>(statement: Prepared<Input, Row>, input: Input): Promise<Row[]>;
  close(): Promise<void>;
};

export type DatabaseOptions = PoolOptions;

/** Connects nothing yet: the first statement does. */
export function createDatabase(options: DatabaseOptions): Database {
  const pool = rotatingPool(options);
  const query = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return {
    query,
    async run<Input extends object, Row>(statement: Prepared<Input, Row>, input: Input): Promise<Row[]> {
      const client = await pool.connect();
      try {
        return await client.named<Row>({ name: statement.name, text: statement.text, values: statement.values(input) });
      } finally {
        client.release();
      }
    },
    close: () => query.destroy().then(() => pool.end()),
  };
}
