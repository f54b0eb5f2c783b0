// What the ledger relies on in its database: a commit that was answered is on disk, and statements see what is committed.

import { sql } from "kysely";
import type { Database } from "../db/database.ts";

export type DurabilitySetting = { readonly name: string; readonly value: string; readonly ok: boolean };

const WANTED = {
  synchronous_commit: ["on", "remote_apply"],
  default_transaction_isolation: ["read committed"],
};
/** Where the server's own disk keeps the log. Neon's is kept by its safekeepers, and its computes run without these. */
const WANTED_OF_DISKS = { fsync: ["on"], full_page_writes: ["on"] };

/** The settings that durability depends on, as this role has them (PostgreSQL documentation, section 19.5). */
export async function readDurability(db: Database): Promise<DurabilitySetting[]> {
  const { rows: place } = await sql<{
    neon: boolean;
  }>`select coalesce(current_setting('neon.timeline_id', true), '') <> '' as neon`.execute(db.query);
  const wanted = new Map<string, readonly string[]>(Object.entries(place[0]?.neon ? WANTED : { ...WANTED, ...WANTED_OF_DISKS }));
  const { rows } = await sql<{ name: string; value: string }>`
    select name, setting as value from pg_settings where name = any(${[...wanted.keys()]}::text[]) order by name`.execute(db.query);
  return rows.map(({ name, value }) => ({ name, value, ok: wanted.get(name)?.includes(value) ?? false }));
}
