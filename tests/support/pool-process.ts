// The script of lost-connections.test.ts: a process with a pool of its own, which runs the SQL that it is sent and tells how it went.

import { sql } from "kysely";
import { createDatabase, type Database } from "@pantheon/core/db/database.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import { quietLog } from "./quiet-log.ts";

export type PoolOrder = { readonly url: string } | { readonly sql: string } | { readonly lost: true };

const log = quietLog();
let db: Database | null = null;

process.on("message", (order: PoolOrder) => void obey(order).then((answer) => process.send?.(answer)));
process.on("disconnect", () => process.exit(0));

/** "done", or the code of the refusal; to the question after lost connections, how many it has heard of. */
async function obey(order: PoolOrder): Promise<string> {
  if ("url" in order) {
    db = createDatabase({ url: order.url, log, clock: Date.now, maxConnections: 2 });
    return "done";
  }
  if ("lost" in order) return String(log.lines.filter(({ message }) => message === "database connection lost").length);
  if (db === null) throw new Error("a statement before the address");
  try {
    await sql.raw(order.sql).execute(db.query);
    return "done";
  } catch (error) {
    return error instanceof DomainError ? error.code : String(error);
  }
}
