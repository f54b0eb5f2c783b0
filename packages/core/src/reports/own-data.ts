// All that is kept of one person, as they may have it: a list for each type of record. What they wrote is whole; what an answer cost the
// house is not theirs, and the digests of keys and requests say nothing to anybody.

import type { List } from "@pantheon/contract/page.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import type { DataType } from "@pantheon/contract/vocabulary.ts";
import type { Database } from "../db/database.ts";
import { listOf, NEWEST_FIRST } from "../db/list.ts";
import {
  CALLS,
  DAYS,
  FILE_PAGES,
  FILES,
  KEYS,
  PERSON,
  READS,
  RESPONSES,
  SESSIONS,
  TOP_UPS,
  TRANSACTIONS,
  TURNS,
  WALLET,
  type OwnRow,
  type OwnRows,
} from "./own-rows.ts";

export type OwnData = Readonly<Record<string, unknown>>;

const TYPES: Record<DataType, OwnRows> = {
  person: PERSON,
  wallet: WALLET,
  key: KEYS,
  top_up: TOP_UPS,
  transaction: TRANSACTIONS,
  day: DAYS,
  call: CALLS,
  session: SESSIONS,
  turn: TURNS,
  file: FILES,
  file_page: FILE_PAGES,
  stored_response: RESPONSES,
  read_by_admin: READS,
};

/** Everything that is kept of this person, type by type, in the order of DATA_TYPES. Amounts are exact decimals, times RFC 3339. */
export function listOwnData(db: Database, person: string): { readonly type: DataType; readonly list: List<OwnData> }[] {
  return (Object.entries(TYPES) as [DataType, OwnRows][]).map(([type, own]) => ({ type, list: listed(db, person, own) }));
}

/** Nobody is told a total. */
const uncounted = () => Promise.resolve(0);

function listed(db: Database, person: string, { rows, order = NEWEST_FIRST, large }: OwnRows): List<OwnData> {
  const list = listOf<OwnRow>({ on: db.query, rows: rows(person), order, large: large ?? false, total: uncounted });
  return {
    positions: list.positions,
    async read(page) {
      const read = await list.read(page);
      return { ...read, rows: read.rows.map((row) => shown(row)) };
    },
  };
}

/** What only the page needs is left out, and times leave as everywhere. */
function shown({ octets: _octets, octets_before: _before, key_digest: _digest, ...row }: OwnRow): OwnData {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value instanceof Date ? rfc3339(value) : value]));
}
