// Rows 45 to 56: pages, cursors, days and parameters that do not exist.

import { sql } from "kysely";
import { expect } from "vitest";
import type { Operation } from "../../../support/openapi-document.ts";
import { ROOT_NAME, type Attack, type AttackRequest, type Row } from "../row.ts";
import { asks, callerOf, having, pathOf } from "./requests.ts";

const LIMITS = ["-1", "0", "1e9", "abc", "10abc", "0x1F", "1.5", "", "%20", "9999", "%00", "１", "+5", "1%0a"];
const OFFSETS = ["9223372036854775808", "-1", "10001", "1e3", "", "00", "NaN"];
const BAD_DAYS = [
  "2023-02-30",
  "2023-13-01",
  "infinity",
  "-infinity",
  "now",
  "tomorrow",
  "epoch",
  "0000-01-01",
  "%2B275760-09-13",
  "20230101",
  "2023-2-3",
  "",
  "2023-02-29",
  "'2023-01-01'",
];
const TIMES = [
  "2026-03-29T02:30:00%2B01:00",
  "2026-03-29T02:30:00%2B05:45",
  "2026-03-29T00:00:00-12:00",
  "2026-03-29T00:00:00",
  "2026-03-29Z%20",
  "2026-03-29T00:00:00Z",
];
const ZONES = (
  "UTC Europe/Berlin Europe/London America/New_York America/St_Johns America/Sao_Paulo Asia/Kolkata Asia/Kathmandu Asia/Tokyo " +
  "Australia/Lord_Howe Australia/Adelaide Pacific/Chatham Pacific/Kiritimati Pacific/Apia Africa/Casablanca Asia/Tehran Asia/Gaza " +
  "America/Havana Antarctica/Troll Etc/GMT+12"
).split(" ");

/** The path of an operation with this query, as somebody who may call it. */
function queried(operation: Operation, query: string, expected: AttackRequest["expect"], who = callerOf(operation)): AttackRequest {
  return asks(`GET ${pathOf(operation)}?${query}`, expected, { as: who });
}

const daysOf = ({ parameters }: Operation) =>
  parameters.filter(({ in: where, name }) => where === "query" && /date|as_of/.test(name)).map(({ name }) => name);
const at = (place: string) => ({ status: 422, at: place });

export const QUERY: readonly Row[] = [
  {
    id: 45,
    what: "limits that are none",
    requests: ({ operations }) =>
      having(operations, "limit").flatMap((operation) =>
        LIMITS.map((value) => queried(operation, `limit=${encoded(value)}`, at("limit"))).concat(
          queried(operation, "limit=1&limit=1000", at("limit")),
          queried(operation, "limit[]=1", at("limit[]")),
          queried(operation, "LIMIT=1", at("LIMIT")),
        ),
      ),
  },
  {
    id: 46,
    what: "offsets beyond everything",
    requests: ({ operations }) =>
      having(operations, "offset").flatMap((operation) => OFFSETS.map((value) => queried(operation, `offset=${value}`, at("offset")))),
  },
  {
    id: 47,
    what: "cursors that were made up, changed, or of somebody or something else",
    requests: ({ operations, world }) => {
      const { cursor } = world.things.ada;
      const flipped = `${cursor.slice(0, -2)}${cursor.at(-2) === "A" ? "B" : "A"}${cursor.slice(-1)}`;
      const old = Buffer.from(JSON.stringify(["1"])).toString("base64url");
      return having(operations, "cursor").flatMap((operation) => {
        const own = operation.path === "/api/v1/users/me/transactions";
        const bad = [
          "abc",
          flipped,
          old,
          world.things.bob.cursor,
          `${cursor}%3D`,
          `${cursor}.`,
          "a".repeat(1_025),
          "%00",
          ...(own ? [] : [cursor]),
        ];
        return bad
          .map((value) => queried(operation, `cursor=${value}`, at("cursor")))
          .concat(
            queried(operation, "cursor=", at("cursor")),
            // Where both are known they exclude each other; where one is not, that is what is told.
            queried(operation, `offset=0&cursor=${cursor}`, at(having([operation], "offset").length > 0 ? "cursor" : "offset")),
          );
      });
    },
  },
  {
    id: 48,
    what: "a thousand rows of one moment are each met once",
    story: async (attack) => {
      const { query } = attack.world.deps.db;
      await attack.world.call("POST", "/api/v1/sessions", { user: "mona", body: {} });
      await sql`insert into sessions (user_id, created_at) select 'mona', timestamptz '2026-05-05 05:05:05.123456Z' from generate_series(1, 999)`.execute(
        query,
      );
      const met = await walk(attack, "mona", 100);
      expect([met.length, new Set(met).size]).toEqual([1_000, 1_000]);
    },
  },
  {
    id: 49,
    what: "a walk while rows are written: none twice, none of the old ones missing",
    story: async (attack) => {
      const open = () => attack.world.call("POST", "/api/v1/sessions", { user: "walt", body: {} });
      const old: string[] = [];
      for (let index = 0; index < 40; index += 1) old.push((await open()).json.id);
      const met = await walk(attack, "walt", 7, open);
      expect(new Set(met).size).toBe(met.length);
      expect(old.filter((id) => !met.includes(id))).toEqual([]);
    },
  },
  {
    id: 50,
    what: "days that do not exist, and words that a database takes for days",
    requests: ({ operations }) =>
      operations.flatMap((operation) =>
        daysOf(operation).flatMap((name) => BAD_DAYS.map((day) => queried(operation, `${name}=${day}`, at(name)))),
      ),
  },
  {
    id: 51,
    what: "an end before its beginning; both on one day",
    requests: ({ operations }) =>
      operations
        .filter((operation) => daysOf(operation).length === 2)
        .flatMap((operation) => {
          const [from = "", to = ""] = daysOf(operation);
          return [
            queried(operation, `${from}=2026-02-02&${to}=2026-02-01`, at(to)),
            queried(operation, `${from}=2026-02-01&${to}=2026-02-01`, { status: 200 }),
          ];
        }),
  },
  {
    id: 52,
    what: "a hundred years, and all the years there are: read from daily sums, so they cost no more",
    requests: ({ operations }) =>
      operations
        .filter((operation) => daysOf(operation).length === 2)
        .flatMap((operation) => {
          const [from = "", to = ""] = daysOf(operation);
          return ["0001-01-01 9999-12-31", "1926-01-01 2026-12-31"].map((range) => {
            const [first = "", last = ""] = range.split(" ");
            return queried(operation, `${from}=${first}&${to}=${last}`, { status: 200 });
          });
        }),
  },
  {
    id: 53,
    what: "moments where a day is asked for",
    requests: ({ operations }) =>
      operations.flatMap((operation) =>
        daysOf(operation).flatMap((name) => TIMES.map((time) => queried(operation, `${name}=${time}`, at(name)))),
      ),
  },
  {
    id: 54,
    what: "zones: days are UTC, and no parameter changes that",
    requests: ({ operations }) =>
      operations
        .filter((operation) => daysOf(operation).length > 0)
        .flatMap((operation) =>
          ["Europe/Berlin", "'; select", "../x", "", "%00"].map((zone) => queried(operation, `tz=${encoded(zone)}`, at("tz"))),
        ),
  },
  {
    id: 55,
    what: "the sum of all days is the whole range, and a zone cannot be asked for",
    requests: ({ operations }) =>
      operations
        .filter(({ path }) => path.endsWith("/summary"))
        .flatMap((operation) => {
          const days = operation.parameters.some(({ name }) => name === "bucket") ? "bucket=day&" : "";
          return ZONES.map((zone) => queried(operation, `${days}timezone=${encodeURIComponent(zone)}`, at("timezone")));
        }),
    story: async ({ world }) => {
      const { query } = world.deps.db;
      const ask = async (search: string) => (await world.call("GET", `/api/v1/admin/usage/summary?${search}`, { user: ROOT_NAME })).json;
      const whole = await ask("bucket=day");
      const { rows } = await sql<{ calls: number; burned: string }>`
        select count(*)::int as calls, trim_scale(sum(credits_burned))::text as burned from llm_call_events where status <> 'internal'`.execute(
        query,
      );
      const calls = whole.daily.reduce((sum: number, day: { call_count: number }) => sum + day.call_count, 0);
      expect([calls, whole.total_llm_calls, whole.total_credits_burned]).toEqual([rows[0]?.calls, rows[0]?.calls, rows[0]?.burned]);
    },
  },
  {
    id: 56,
    what: "orders, fields and filters that do not exist",
    requests: ({ operations }) =>
      operations
        .filter(({ method, path }) => method === "GET" && !path.startsWith("/api/v1/health"))
        .flatMap((operation) =>
          ["sort=balance;drop", "fields=*", "order=desc%20nulls", "filter[user]=bob", "include=user", "__proto__=1"].map((query) =>
            queried(operation, query, at(decodeURIComponent(query.split("=")[0] ?? ""))),
          ),
        ),
  },
];

function encoded(value: string): string {
  return value.includes("%") ? value : encodeURIComponent(value);
}

/** The ids of a user's sessions, page by page; `between` happens after each page. */
async function walk({ world }: Attack, user: string, limit: number, between?: () => Promise<unknown>): Promise<string[]> {
  const met: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const { json } = await world.call("GET", `/api/v1/sessions?limit=${limit}${cursor === "" ? "" : `&cursor=${cursor}`}`, { user });
    met.push(...json.sessions.map(({ id }: { id: string }) => id));
    cursor = json.next_cursor;
    await between?.();
  }
  return met;
}
