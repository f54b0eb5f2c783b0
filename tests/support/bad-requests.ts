// Requests that must be refused, as data: what is wrong, how it is sent, and which refusal it gets. `{session}` is an id of the caller.

const CANARY = "canary-value";
const POST_SESSION = "POST /api/v1/sessions";
const POST_TURN = "POST /api/v1/sessions/{session}/turns";
const POST_TOP_UP = "POST /api/v1/users/me/wallet/top-up";
const JSON_TYPE = { "Content-Type": "application/json" };

export type BadRequest = {
  readonly what: string;
  /** Method and path. */
  readonly target: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly status: number;
  /** The place of the only fault, of a 422. */
  readonly at?: string;
};

/** Every text that no field may hold, as it stands in JSON. */
const BAD_TEXTS = {
  NUL: String.raw`"a\u0000b"`,
  "a high surrogate alone": String.raw`"\ud800"`,
  "a low surrogate alone": String.raw`"x\udfffx"`,
  "a pair in the wrong order": String.raw`"\udc00\ud800"`,
  "blanks alone": String.raw`" \t\n\u00a0\u3000\ufeff"`,
  nothing: '""',
  "a number": "7",
  "a number beyond all numbers": "1e400",
  true: "true",
  "a list": `["${CANARY}"]`,
  "an object": `{"$gt":"${CANARY}"}`,
};

const BAD_NUMBERS = [
  "1e400",
  "-1e400",
  "0",
  "-0",
  "-1",
  "1.5",
  "8193",
  "1e21",
  "9007199254740993",
  '"5"',
  '""',
  "true",
  "null",
  "[]",
  "[1]",
  "{}",
];
const UNKNOWN_NAMES = [
  "balance",
  "user_id",
  "is_admin",
  "cost",
  "multiplier",
  "role",
  "id",
  "status",
  "__proto__",
  "constructor",
  "toString",
  "prototype",
  "",
];

const field = (target: string, name: string, what: string, json: string): BadRequest => {
  const rest = name !== "message" && target === POST_TURN ? '"message":"hi",' : "";
  return { what: `${name} is ${what}`, target, headers: JSON_TYPE, body: `{${rest}"${name}":${json}}`, status: 422, at: name };
};

const fields: BadRequest[] = [
  ...["title", "model_alias", "system_prompt"].flatMap((name) =>
    Object.entries(BAD_TEXTS).map(([what, json]) => field(POST_SESSION, name, what, json)),
  ),
  ...["message", "model_alias_override"].flatMap((name) =>
    Object.entries(BAD_TEXTS).map(([what, json]) => field(POST_TURN, name, what, json)),
  ),
  field(POST_TURN, "message", "null", "null"),
  ...BAD_NUMBERS.map((json) => field(POST_TURN, "max_output_tokens", json, json)),
  field(POST_TURN, "message", "32 001 characters", JSON.stringify("a".repeat(32_001))),
  field(POST_TURN, "message", "32 001 characters of four octets", JSON.stringify("😀".repeat(32_001))),
  field(POST_TURN, "message", "100 000 lists in each other", "[".repeat(100_000) + "]".repeat(100_000)),
  { what: "there is no message", target: POST_TURN, headers: JSON_TYPE, body: "{}", status: 422, at: "message" },
  {
    what: "the last of two messages is wrong",
    target: POST_TURN,
    headers: JSON_TYPE,
    body: '{"message":"hi","message":5}',
    status: 422,
    at: "message",
  },
];

/** What a good body of each begins with. */
const NEEDED: Readonly<Record<string, string>> = { [POST_TURN]: '"message":"hi",', [POST_TOP_UP]: '"amount_usd":10,' };

const unknown: BadRequest[] = [POST_SESSION, POST_TURN, POST_TOP_UP].flatMap((target) =>
  UNKNOWN_NAMES.map((name) => {
    const value = name === "__proto__" || name === "constructor" ? '{"isAdmin":true,"prototype":{"isAdmin":true}}' : "1000000";
    const body = `{${NEEDED[target] ?? ""}"${name}":${value}}`;
    return { what: `there is a property named "${name}"`, target, headers: JSON_TYPE, body, status: 422, at: name };
  }),
);

const MALFORMED: Readonly<Record<string, string | Uint8Array>> = {
  "nothing at all": "",
  blanks: "  \n",
  "a truncated object": `{"message":"${CANARY}`,
  "a trailing comma": '{"message":"hi",}',
  "two objects": '{"message":"hi"}{}',
  "a bare NaN": '{"message":"hi","max_output_tokens":NaN}',
  "a bare Infinity": '{"message":"hi","max_output_tokens":Infinity}',
  "a bare -Infinity": '{"message":"hi","max_output_tokens":-Infinity}',
  "a number in hex": '{"message":"hi","max_output_tokens":0x10}',
  "a number with a plus": '{"message":"hi","max_output_tokens":+1}',
  "single quotes": "{'message':'hi'}",
  "a raw line break in a text": '{"message":"a\nb"}',
  "a surrogate in UTF-8": Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  "half a character": Buffer.from([0x22, 0xf0, 0x9f, 0x98, 0x22]),
  "UTF-16": Buffer.from('\ufeff{"message":"hi"}', "utf16le"),
  "250 000 lists that never end": "[".repeat(250_000),
  "250 000 objects that never end": '{"a":'.repeat(50_000),
};

const bad = (what: string, target: string, status: number, body: BadRequest["body"], headers: BadRequest["headers"] = JSON_TYPE) => {
  const sent = { what, target, headers, body: body ?? "", status };
  return status === 422 ? { ...sent, at: "" } : sent;
};
const CREATING = [POST_SESSION, POST_TURN, POST_TOP_UP];

const bodies: BadRequest[] = CREATING.flatMap((target) =>
  Object.entries(MALFORMED).map(([what, body]) => bad(`the body is ${what}`, target, 400, body)),
);
const wholes: BadRequest[] = CREATING.flatMap((target) =>
  ["[]", '"text"', "7", "null", "true", '[{"message":"hi"}]'].map((body) => bad(`the body is ${body}`, target, 422, body)),
);
const sizes: BadRequest[] = CREATING.flatMap((target) => [
  bad("the body is one octet too large", target, 413, " ".repeat(256 * 1024 + 1)),
  bad("the body says that it is too large", target, 413, "{}", { ...JSON_TYPE, "Content-Length": "300000" }),
  bad("the body is too large in chunks", target, 413, " ".repeat(400_000), { ...JSON_TYPE, "Transfer-Encoding": "chunked" }),
]);

const GOOD_BODY = '{"message":"hi"}';
const WRONG_TYPES = [
  "text/plain",
  "text/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  "application/jsonp",
  "application/problem+json",
  "application/json, text/plain",
  "",
];
const types: BadRequest[] = [
  bad("there is no content type", POST_TURN, 415, GOOD_BODY, {}),
  ...WRONG_TYPES.map((type) => bad(`the content type is "${type}"`, POST_TURN, 415, GOOD_BODY, { "Content-Type": type })),
];

const encodings: BadRequest[] = ["gzip", "zstd", "br", "identity, gzip"].map((encoding) =>
  bad(`the body is encoded as ${encoding}`, POST_TURN, 415, GOOD_BODY, { ...JSON_TYPE, "Content-Encoding": encoding }),
);

const KEYS = ["", " ", "a b", "a\tb", "käse", "x".repeat(256)];
const keys: BadRequest[] = [POST_SESSION, POST_TURN, POST_TOP_UP, "DELETE /api/v1/sessions/{session}"].flatMap((target) =>
  KEYS.map((key) => {
    const headers = { ...JSON_TYPE, "Idempotency-Key": key };
    const body = target === POST_SESSION ? "{}" : target === POST_TOP_UP ? '{"amount_usd":10}' : GOOD_BODY;
    return { what: `the key is ${key === "" ? "empty" : key.slice(0, 8)}`, target, headers, body, status: 422, at: "Idempotency-Key" };
  }),
);

/** What is wrong with the body or its headers. Nothing of it may be repeated in an answer: the values carry a canary. */
export const BAD_BODIES: readonly BadRequest[] = [...fields, ...unknown, ...bodies, ...wholes, ...sizes, ...types, ...encodings, ...keys];

/** Ids that are not ours in any spelling, as they stand in a path. */
export const BAD_IDS: readonly string[] = [
  "{ID}",
  "%7B{id}%7D",
  "urn:uuid:{id}",
  "{id}%20",
  "%20{id}",
  "{id}%00",
  "%00",
  "{id}.json",
  "{id};v=1",
  "0",
  "-1",
  "null",
  "undefined",
  "me",
  "..%2f..%2fetc%2fpasswd",
  "%252e%252e",
  "'%20OR%201=1--",
  "1;DROP%20TABLE%20credit_wallets",
  "$1",
  "%5C",
  "%E0%A4%A",
  "%",
  "%F0%9F%98%80",
  "a".repeat(4_000),
];
