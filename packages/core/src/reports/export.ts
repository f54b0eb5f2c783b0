// Every usage event as CSV, one page of rows in memory at a time. Owns the columns, the walk over the events and the neutralising of
// cells that a spreadsheet would take for formulas.

import { stringify } from "csv-stringify/sync";
import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { DomainError } from "@pantheon/contract/error.ts";
import type { Log } from "../log.ts";
import { rfc3339 } from "@pantheon/contract/time.ts";
import { createdWithin, type Days } from "../db/days.ts";
import type { UsageFilter } from "./summary.ts";

/**
 * The events that match, internal ones too, in the order of their ids, under one header row. Rejects when the first page cannot be
 * read; a failure after that errors the stream, so that what was sent is seen to be broken and is never a short file that looks whole.
 * What settles while the stream runs may be in it or not.
 */
export async function exportUsage(
  { db, log }: { db: Database; log: Log },
  filter: UsageFilter,
  requestId: string,
): Promise<ReadableStream<Uint8Array>> {
  const bounds = idBounds(filter.range);
  const first = await readPage(db, filter, bounds, bounds.after);
  return ReadableStream.from(chunks(first));

  async function* chunks({ rows, next }: EventPage): AsyncGenerator<Uint8Array> {
    yield csv([HEADER, ...rows]);
    try {
      for (let after = next; after !== null;) {
        const page = await readPage(db, filter, bounds, after);
        if (page.rows.length > 0) yield csv(page.rows);
        after = page.next;
      }
    } catch (error) {
      log.error("An export broke off.", { request_id: requestId, error: error instanceof Error ? error.name : typeof error });
      throw new DomainError("internal", "The export broke off."); // bare: whoever serves the stream may print it
    }
  }
}

const PAGE_ROWS = 1_000;
/** Rows that one statement looks at, at most, in search of a page: a rare user in a large table costs more statements, not a long one. */
const SCANNED_ROWS = 20_000;

const CALL = [
  "id",
  "created_at",
  "user_id",
  "session_id",
  "turn_id",
  "attempt",
  "call_index",
  "status",
  "request_id",
  "latency_ms",
  "api_key_id",
];
const MODEL = ["model_alias", "provider", "provider_model", "provider_request_id", "usage_source"];
const TOKENS = ["input_tokens_fresh", "input_tokens_cached", "output_tokens", "reasoning_tokens", "total_tokens"];
const PRICE = ["pricing_version", "pricing_revision"];
const WEIGHTS = ["weight_fresh", "weight_cached", "weight_output", "oe_per_credit", "multiplier", "usd_per_credit"];
const RESULT = ["oe_tokens_computed", "credits_burned", "credits_charged", "provider_cost_usd", "credits_absorbed", "stated_credits"];
const COLUMNS = [...CALL, ...MODEL, ...TOKENS, ...PRICE, ...WEIGHTS, ...RESULT];
const AMOUNTS = new Set([...WEIGHTS, ...RESULT]);

const HEADER: EventRow = Object.fromEntries(COLUMNS.map((name) => [name, name]));
const SELECTED = sql.join(
  COLUMNS.map((name) => (AMOUNTS.has(name) ? sql`trim_scale(${sql.ref(name)}) as ${sql.ref(name)}` : sql.ref(name))),
);

type EventRow = Readonly<Record<string, string | number | Date | null>>;
type EventPage = { readonly rows: EventRow[]; readonly next: string | null };
type IdBounds = { readonly after: string; readonly before: string | null };

/**
 * The next events that match behind an id, and the id behind which the page after them begins; null when there is none. Both in one
 * statement: where a page ends must be seen in the moment in which its rows were, or an event could be shown twice.
 */
async function readPage(db: Database, { user, alias, key, range }: UsageFilter, { before }: IdBounds, after: string): Promise<EventPage> {
  const behind = sql`from llm_call_events where id > ${after}::uuid and (${before}::uuid is null or id < ${before}) order by id`;
  const { rows } = await sql<EventRow & { next: string | null }>`
    with p as materialized (
      select ${SELECTED} from (select * ${behind} limit ${SCANNED_ROWS}::int) e
       where (${user}::text is null or user_id = ${user}) and (${alias}::text is null or model_alias = ${alias})
         and (${key}::text is null or api_key_id = ${key}) and ${createdWithin(range)}
       order by id limit ${PAGE_ROWS}::int)
    select n.next, p.*
      from (select case when (select count(*) from p) = ${PAGE_ROWS}::int then (select id from p order by id desc limit 1)
                        else (select id ${behind} offset ${SCANNED_ROWS - 1}::int limit 1) end as next) n
      left join p on true
     order by p.id`.execute(db.report);
  return { rows: rows.filter(({ id }) => id !== null), next: rows[0]?.next ?? null };
}

const DAY_MS = 86_400_000;

/**
 * The ids between which the range lies. An id carries the moment before settle at which it was minted, on another clock than
 * `created_at`; a day on either side is more than the two can differ, and `created_at` decides.
 */
function idBounds({ from, to }: Days): IdBounds {
  return {
    after: idAt(from === null ? 0 : Math.max(0, Date.parse(from) - DAY_MS)),
    before: to === null ? null : idAt(Math.max(0, Date.parse(to) + 2 * DAY_MS)),
  };
}

/** The least id of a millisecond (RFC 9562: the first 48 bits of a UUIDv7). */
function idAt(time: number): string {
  const hex = time.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const CSV = {
  columns: COLUMNS,
  cast: { date: rfc3339 },
  escape_formulas: true,
  record_delimiter: "windows",
  quote_record_delimiter: true, // with a delimiter of one's own, a lone line feed would otherwise stand unquoted
};

function csv(rows: readonly EventRow[]): Uint8Array {
  return new TextEncoder().encode(stringify([...rows], CSV));
}
