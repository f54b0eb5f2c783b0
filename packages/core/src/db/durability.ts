// What the ledger relies on in its database: a commit that was answered is on disk, and statements see what is committed.

import { sql } from "kysely";
import type { Database } from "./database.ts";

export type DurabilitySetting = { readonly name: string; readonly value: string; readonly ok: boolean };

const WANTED = {
  fsync: ["on"],
  full_page_writes: ["on"],
  synchronous_commit: ["on", "remote_apply"],
  default_transaction_isolation: ["read committed"],
};

/** The settings that durability depends on, as this role has them (PostgreSQL documentation, section 19.5). */
export async function readDurability(db: Database): Promise<DurabilitySetting[]> {
  const { rows } = await sql<{ name: string; value: string }>`
    select name, setting as value from pg_settings where name = any(${Object.keys(WANTED)}::text[]) order by name`.execute(db.query);
  const wanted = new Map<string, readonly string[]>(Object.entries(WANTED));
  return rows.map(({ name, value }) => ({ name, value, ok: wanted.get(name)?.includes(value) ?? false }));
}
