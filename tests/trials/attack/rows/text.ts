// Rows 16 to 29: texts, ids and header values that a database, a log or a path could stumble over.

import { expect } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { BAD_BODIES, BAD_IDS } from "../../../support/bad-requests.ts";
import { ROOT_NAME, type Attack, type AttackRequest, type Row } from "../row.ts";
import { asks, POST_SESSION, POST_TOP_UP, POST_TURN, sends, shared } from "./requests.ts";

const isOf = (words: RegExp) => BAD_BODIES.filter(({ what, at }) => at !== undefined && words.test(what)).map(shared);
const GRANT = "POST /api/v1/admin/wallets/ada/grant";
const noted = (json: string): AttackRequest => sends(GRANT, `{"amount":1,"note":${json}}`, { status: 422, at: "note" }, { as: ROOT_NAME });
const labelled = (json: string): AttackRequest =>
  sends(
    "POST /api/v1/admin/pricing/versions",
    `{"version":"v","label":${json},"effective_date":"2027-01-01"}`,
    { status: 422, at: "label" },
    { as: ROOT_NAME },
  );
const latin1 = (text: string) => Buffer.from(text).toString("latin1");

/** Paths with an id in them; the ids of rows 18 to 21 go there. */
const ID_PATHS = [
  "GET sessions/{id}",
  "DELETE sessions/{id}",
  "GET sessions/{id}/turns",
  "POST sessions/{id}/turns",
  "GET users/me/transactions/{id}/receipt",
  "GET users/me/wallet/top-ups/{id}",
  "GET admin/wallets/{id}",
  "GET admin/users/{id}",
  "PATCH admin/pricing/{id}",
  "POST admin/users/{id}/suspend",
  "POST admin/pricing/versions/{id}/activate",
  "GET admin/pricing/versions/{id}",
];

/** What those of them that take a body are sent. */
const BODIES: Readonly<Record<string, string>> = {
  "POST sessions/{id}/turns": '{"message":"hi"}',
  "PATCH admin/pricing/{id}": '{"multiplier":1,"pricing_version":"2026-02-20"}',
};

/** Each of these ids at each path is answered to the letter like an id that never was. */
async function alike({ send, world }: Attack, ids: readonly string[]): Promise<void> {
  const { session } = world.things.ada;
  for (const route of ID_PATHS) {
    const [method = "", path = ""] = route.split(" ");
    const ask = (id: string) => {
      const body = BODIES[route];
      const target = `${method} /api/v1/${path.replace("{id}", () => id)}`;
      const more = { as: path.startsWith("admin") ? ROOT_NAME : "ada", headers: { "X-Request-Id": "same" } };
      const expected = { status: 404, code: "not_found" };
      return body === undefined ? send(asks(target, expected, more)) : send(sends(target, body, expected, more));
    };
    const unknown = await ask(newId());
    for (const id of ids) {
      const odd = await ask(id.replace("{id}", () => session).replace("{ID}", () => session.toUpperCase()));
      if (odd.text !== unknown.text) throw new Error(`${route} with ${id}: ${odd.text} is not ${unknown.text}`);
    }
  }
}

const sorted = (words: RegExp) => BAD_IDS.filter((id) => words.test(id));
const requestIds = [
  "a%0d%0aSet-Cookie:x=1",
  "a b",
  "x".repeat(65),
  "x".repeat(10_000),
  "<script>alert(1)</script>",
  '{"level":"info"}',
  latin1("é"),
];

export const TEXT: readonly Row[] = [
  { id: 16, what: "NUL in a text", requests: () => [...isOf(/is NUL/), noted(String.raw`"a\u0000"`), labelled(String.raw`"\u0000"`)] },
  {
    id: 17,
    what: "half a surrogate pair",
    requests: () => [...isOf(/surrogate|wrong order/), noted(String.raw`"\ud800"`), labelled(String.raw`"\udc00x"`)],
  },
  {
    id: 18,
    what: "ids that decode to nothing good, or are 10 KB long",
    requests: () =>
      ["GET /api/v1/sessions/", "GET /api/v1/users/me/wallet/top-ups/", "DELETE /api/v1/sessions/"].map((path) =>
        asks(`${path}${"a".repeat(10_240)}`, { status: 414, code: "uri_too_long" }),
      ),
    story: (attack) => alike(attack, ["%00", "%E0%A4%A", "%", "%FF", ...sorted(/%/)]),
  },
  {
    id: 19,
    what: "ids that climb out of a folder",
    story: (attack) => alike(attack, ["..%2f..%2fetc%2fpasswd", "..%2f", "%252e", "%252e%252e", "..%5c"]),
  },
  {
    id: 20,
    what: "ids that are SQL",
    story: async (attack) => {
      await alike(attack, ["'%20OR%201=1--", "1;DROP%20TABLE%20credit_wallets", "$1", "%5C", "%22", "1)%20OR%20(1=1"]);
      const { json } = await attack.world.call("GET", "/api/v1/users/me/wallet");
      expect(json.user_id).toBe("ada");
    },
  },
  {
    id: 21,
    what: "other spellings of an id that exists",
    story: (attack) => alike(attack, [...sorted(/\{id\}|\{ID\}/), "{id}-", "%7B{ID}%7D"]),
  },
  {
    id: 22,
    what: "keys that look alike but are other bytes",
    requests: () =>
      ["kéy", "ke\u0301y", "кеу", "k\u200bey", "ｋｅｙ"].flatMap((key) =>
        [POST_SESSION, POST_TOP_UP].map((target) =>
          sends(
            target,
            target === POST_SESSION ? "{}" : '{"amount_usd":10}',
            { status: 422, at: "Idempotency-Key" },
            { headers: { "Idempotency-Key": latin1(key) } },
          ),
        ),
      ),
  },
  {
    id: 23,
    what: "an idempotency key that is empty, too long, not visible ASCII, or given twice",
    requests: () => [
      ...BAD_BODIES.filter(({ at }) => at === "Idempotency-Key").map(shared),
      sends(POST_SESSION, "{}", { status: 422, at: "Idempotency-Key" }, { headers: { "Idempotency-Key": ["one", "two"] } }),
      sends(POST_SESSION, "{}", { status: 201 }, { what: "a comma is visible ASCII", headers: { "Idempotency-Key": "a,b" } }),
    ],
  },
  {
    id: 24,
    what: "100 kB of emoji, joiners and mixed directions",
    requests: () => [
      sends(POST_TURN, JSON.stringify({ message: "😀".repeat(25_000) }), { status: 201 }),
      sends(POST_TURN, JSON.stringify({ message: "\u202eשלום\u200d👩‍👩‍👧‍👦e\u0301 ".repeat(1_400) }), { status: 201 }),
      sends(POST_TURN, JSON.stringify({ message: "👩‍👩‍👧".repeat(10_000) }), { status: 422, at: "message" }),
    ],
  },
  {
    id: 25,
    what: "a million tokens in one message",
    requests: () => [sends(POST_TURN, JSON.stringify({ message: "a ".repeat(500_000) }), { status: 413, code: "payload_too_large" })],
  },
  { id: 26, what: "a message of nothing, or of blanks", requests: () => [...isOf(/blanks alone|is nothing|is null|there is no message/)] },
  {
    id: 27,
    what: "line ends in what becomes a header",
    requests: () =>
      ["a%0d%0aSet-Cookie:%20x=1", "a%0aX-Evil: 1", latin1("a\u0085b")].flatMap((id) => [
        asks("GET /api/v1/auth/me", { status: 200, also: replaced(id) }, { headers: { "X-Request-Id": id } }),
        asks("GET /api/v1/nothing%0d%0aSet-Cookie:x=1", { status: 404, also: replaced(id) }, { headers: { "X-Request-Id": id } }),
      ]),
  },
  {
    id: 28,
    what: "request ids that are long, or script",
    requests: () =>
      requestIds.map((id) => asks("GET /api/v1/auth/me", { status: 200, also: replaced(id) }, { headers: { "X-Request-Id": id } })),
  },
  {
    id: 29,
    what: "log lines in messages and headers",
    story: async ({ send, world }) => {
      const line = '\n{"level":"INFO","service":"pantheon","message":"forged-by-ada"}';
      const lines = await world.captured.during(async () => {
        await send(sends(POST_TURN, JSON.stringify({ message: `hello${line}` }), { status: 201 }));
        const headers = { "User-Agent": "forged-by-ada", "X-Request-Id": "forged-by-ada{", "X-Forwarded-For": "forged-by-ada" };
        await send(asks("GET /api/v1/forged-by-ada", { status: 404 }, { headers }));
        await send(sends(POST_SESSION, `{"forged-by-ada":1}`, { status: 422, at: "forged-by-ada" }));
      });
      expect(lines.filter((said) => said.includes('"message":"request"'))).toHaveLength(3);
      expect(lines.filter((said) => said.includes("forged-by-ada"))).toEqual([]);
    },
  },
];

function replaced(id: string): (answer: { headers: Headers }) => string | null {
  return ({ headers }) => (headers.get("x-request-id") === id ? "the caller's request id was kept" : null);
}
