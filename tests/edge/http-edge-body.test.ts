// A body that cannot be read, or breaks a rule, is refused by the status that says which, with the place and never the value.

import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { requestHash } from "@pantheon/edge/input/idempotency-key.ts";
import { problemOf, refused, startEdge, THING } from "../support/edge.ts";

const { send, post } = startEdge();

describe("text", () => {
  it.each([
    ["NUL", String.raw`{"message":"a\u0000b"}`],
    ["a lone high surrogate", String.raw`{"message":"a\ud800"}`],
    ["a lone low surrogate", String.raw`{"message":"\udc00a"}`],
    ["nothing", '{"message":""}'],
    ["only blanks", '{"message":" \\n\\t\u3000\ufeff "}'],
    ["one character too many", JSON.stringify({ message: "a".repeat(32_001) })],
    ["one emoji too many", JSON.stringify({ message: "😀".repeat(32_001) })],
  ])("that is or holds %s is refused as a rule, with the place", async (_name, raw) => {
    expect(await refused(post(raw))).toBe("422 invalid_request at message");
  });

  it("is counted in characters and not in bytes, after trimming", async () => {
    const answer = await post({ message: `  ${"😀".repeat(32_000)}\n` });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([201, expect.objectContaining({ characters: 32_000 })]);
  });

  it("of mixed direction, joiners and combining marks passes as it is", async () => {
    const answer = await post({ message: "\u202eשלום\u200d👩‍👩‍👧‍👦e\u0301" });
    expect(answer.status).toBe(201);
  });

  it("of a fault never repeats the value", async () => {
    const answer = await post({ message: "x", tags: ["canary-value"], size: "canary-value" });
    expect(problemOf(answer).errors?.map((fault) => fault.path)).toEqual(["tags.0", "size"]);
    expect(answer.text).not.toContain("canary-value");
  });
});

describe("a body", () => {
  it.each([
    ["nothing", ""],
    ["a truncated object", '{"message":"x'],
    ["a trailing comma", '{"message":"x",}'],
    ["NaN", '{"message":"x","size":NaN}'],
    ["Infinity", '{"message":"x","size":-Infinity}'],
    ["a comment", '{"message":"x"/**/}'],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    ["an overlong slash", Buffer.concat([Buffer.from('{"message":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])],
    ["UTF-16", Buffer.from('{"message":"x"}', "utf16le")],
    ["200 000 open brackets", "[".repeat(200_000)],
  ])("of %s is malformed", async (_name, raw) => {
    expect(await refused(post(raw))).toBe("400 malformed_request");
  });

  it("may begin with a byte order mark", async () => {
    expect((await post('\ufeff{"message":"x"}')).status).toBe(201);
  });

  it.each([
    ["null", "null"],
    ["true", "true"],
    ["a number", "1"],
    ["a text", '"x"'],
    ["an empty list", "[]"],
    ["a list", '[{"message":"x"}]'],
    ["100 000 nested lists", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
  ])("that is %s instead of an object breaks the schema", async (_name, raw) => {
    expect(await refused(post(raw))).toBe("422 invalid_request");
  });

  it.each<[string, string, string]>([
    ["no message", "{}", "message"],
    ["a message that is a number", '{"message":1}', "message"],
    ["a message that is null", '{"message":null}', "message"],
    ["a message that is a list", '{"message":["x"]}', "message"],
    ["a message that is an admin", '{"message":{"$gt":""}}', "message"],
    ["deep nesting inside", `{"message":"x","tags":${"[".repeat(50_000)}${"]".repeat(50_000)}}`, "tags.0"],
    ["40 000 elements of no kind", JSON.stringify({ message: "x", tags: Array.from({ length: 40_000 }, () => "") }), "tags.0"],
    ["20 000 unknown properties", `{"message":"x",${Array.from({ length: 20_000 }, (_, index) => `"p${index}":1`).join(",")}}`, "p0"],
    ...["balance", "user_id", "role", "cost", "price", "multiplier", "is_admin", "_method", "constructor", "toString", "__proto__"].map(
      (name): [string, string, string] => [`the property ${name}`, `{"message":"x","${name}":{"isAdmin":true}}`, name],
    ),
  ])("with %s breaks the schema, with the place", async (_name, raw, path) => {
    const answer = await post(raw);
    expect(await refused(answer)).toBe(`422 invalid_request at ${path}`);
    expect(problemOf(answer).errors?.length).toBeLessThanOrEqual(20);
    expect(Object.hasOwn(Object.prototype, "isAdmin")).toBe(false);
  });

  it("with an unknown property of a long name breaks the schema, and the name is not repeated", async () => {
    const answer = await post({ message: "x", ["n".repeat(9_000)]: 1 });
    expect(await refused(answer)).toBe("422 invalid_request");
    expect(answer.text.length).toBeLessThan(500);
  });

  it("above 256 KiB is 413 by its real bytes, with a length or in chunks", async () => {
    const big = JSON.stringify({ message: "a".repeat(256 * 1024) });
    expect(await refused(post(big))).toBe("413 payload_too_large");
    expect(
      await refused(
        send({ method: "POST", path: THING, headers: { "Content-Type": "application/json", "Transfer-Encoding": "chunked" }, body: big }),
      ),
    ).toBe("413 payload_too_large");
    expect(await refused(post("a ".repeat(500_000)))).toBe("413 payload_too_large");
  });

  it("of exactly 256 KiB is read", async () => {
    const raw = '{"message":"x"}'.padEnd(256 * 1024, " ");
    expect((await post(raw)).status).toBe(201);
    expect(await refused(post(`${raw} `))).toBe("413 payload_too_large");
  });

  it.each([
    undefined,
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
    "application/json; charset=latin1",
    "application/json, text/plain",
    "application/json; charset=utf-8; x=y",
    "application/problem+json",
    "json",
  ])("of the content type %s is 415", async (type) => {
    const raw = '{"message":"x"}';
    const headers = { "Content-Length": String(raw.length), ...(type !== undefined && { "Content-Type": type }) };
    expect(await refused(send({ method: "POST", path: THING, headers, body: raw }))).toBe("415 unsupported_media_type");
  });

  it.each(["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", 'application/json; charset="utf-8"'])(
    "of the content type %s is read",
    async (type) => {
      expect((await post({ message: "x" }, { headers: { "Content-Type": type } })).status).toBe(201);
    },
  );

  it.each(["gzip", "zstd", "br", "gzip, identity"])("in the encoding %s is 415", async (encoding) => {
    expect(await refused(post({ message: "x" }, { headers: { "Content-Encoding": encoding } }))).toBe("415 unsupported_media_type");
  });

  it("is JSON whatever the caller would rather have", async () => {
    const answer = await send({ path: "/api/v1/things", headers: { Accept: "text/html" } });
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
  });
});

async function hashOf(raw: string): Promise<string> {
  return v.parse(v.looseObject({ hash: v.string() }), JSON.parse((await post(raw)).text)).hash;
}

describe("the idempotency key", () => {
  it.each([
    ["empty", ""],
    ["256 characters", "k".repeat(256)],
    ["with a blank", "a b"],
    ["with a tab", "a\tb"],
    ["not ASCII, composed", Buffer.from("é").toString("latin1")],
    ["not ASCII, decomposed", Buffer.from("e\u0301").toString("latin1")],
    ["given twice", ["one", "two"]],
  ])("%s is refused", async (_name, key) => {
    expect(await refused(post({ message: "x" }, { headers: { "Idempotency-Key": key } }))).toBe("422 invalid_request at Idempotency-Key");
  });

  it("is optional, and otherwise taken as it is up to 255 characters", async () => {
    for (const key of [undefined, "k", "!~'\"\\{}", "k".repeat(255)]) {
      const answer = await post({ message: "x" }, key === undefined ? {} : { headers: { "Idempotency-Key": key } });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([201, expect.objectContaining({ key: key ?? null })]);
    }
  });

  it("stands for the meaning of a request and not for its spelling", async () => {
    const first = await hashOf('{"message":"x","size":1}');
    for (const same of [
      '{ "size" : 1.0, "message" : "\\u0078" }',
      '{"message":"y","message":"x","size":1e0}',
      '\ufeff{"message":"x","size":1}',
    ]) {
      expect(await hashOf(same)).toBe(first);
    }
    for (const other of ['{"message":"x","size":2}', '{"message":"x"}', '{"message":" x","size":1}'])
      expect(await hashOf(other)).not.toBe(first);
    expect(
      new Set([requestHash("POST", "/a", {}), requestHash("PUT", "/a", {}), requestHash("POST", "/b", {}), requestHash("POST", "/a", null)])
        .size,
    ).toBe(4);
  });
});
