// Whoever means harm at the door: bodies as large as they may be and larger, headers that contradict each other, tools and pictures that are
// not what they say. Nothing is run, nothing is written, and nobody is told more than which rule was broken.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { givenCredits } from "../support/given.ts";
import { givenKey } from "../support/given-key.ts";
import { turnsOf, walletOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";
import { chat } from "./given.ts";

const MOST_OCTETS = 4.5 * 1_024 * 1_024;
let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
  await givenCredits(world, "ada", "1000");
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const part = (type: string, more: object) => ({ messages: [{ role: "user", content: [{ type, ...more }] }] });

const pictured = (data: string) =>
  JSON.stringify({ model: "default", ...part("image_url", { image_url: { url: `data:image/png;base64,${data}` } }) });

describe("a body", () => {
  it("of 4.5 MB is taken, with a picture in it, and one octet more is not", async () => {
    const room = MOST_OCTETS - pictured("").length;
    const send = (data: string) =>
      world.call("POST", "/v1/chat/completions", { raw: pictured(data), headers: { "Content-Type": "application/json" } });
    const whole = "A".repeat(room - (room % 4));
    expect((await send(whole)).status).toBe(200);
    const { status, json } = await send(`${whole}AAAAAAAA`);
    expect([status, json.error.code]).toEqual([413, "payload_too_large"]);
  });

  it.each([
    ["{", 400],
    ["[]", 400],
    ['{"model":"default"}', 400],
    ['{"model":"default","messages":[]}', 400],
    ['{"model":"default","messages":[{"role":"function","content":"x"}]}', 400],
    ['{"model":"default","messages":[{"role":"user","content":"x"}],"n":2}', 400],
    ['{"model":"default","messages":[{"role":"user","content":"x"}],"service_tier":"priority"}', 400],
    ['{"model":"default","messages":[{"role":"user","content":"x"}],"max_tokens":-1}', 400],
    ['{"model":"default","messages":[{"role":"user","content":"x"}],"max_tokens":1e400}', 400],
    ['{"model":"__proto__","messages":[{"role":"user","content":"x"}]}', 404],
    ['{"model":"constructor","messages":[{"role":"user","content":"x"}]}', 404],
    [`{"model":"default","messages":${"[".repeat(5_000)}${"]".repeat(5_000)}}`, 400],
  ])("that breaks a rule is refused in the shape that programs read: %s", async (raw, status) => {
    const before = (await turnsOf(world)).length;
    const answer = await world.call("POST", "/v1/chat/completions", { raw, headers: { "Content-Type": "application/json" } });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/json"]);
    expect(Object.keys(answer.json.error)).toEqual(["message", "type", "code", "param"]);
    expect(await turnsOf(world)).toHaveLength(before);
  });

  it("may have what nobody knows, and null wherever something may be left out", async () => {
    const unknown = {
      cache_control: {},
      metadata: { a: 1 },
      store: true,
      logprobs: true,
      verbosity: "low",
      __proto__: null,
      nobody: { knows: [] },
    };
    const nothing = { tools: null, stop: null, n: null, temperature: null, stream: null, stream_options: null, max_tokens: null };
    expect((await chat(world, { ...unknown, ...nothing })).status).toBe(200);
    expect(world.provider.requests.at(-1)?.options).not.toHaveProperty("store");
  });
});

describe("a picture or a file", () => {
  it.each([
    ["an address here", "http://127.0.0.1:1/latest/meta-data"],
    ["an address elsewhere", "https://example.com/a.png"],
    ["a file", "file:///etc/passwd"],
    ["no base64", "data:image/png;base64,***"],
    ["nothing", "data:image/png;base64,"],
    ["a media type with a line in it", "data:image/png\r\nX: y;base64,AAAA"],
  ])("that is %s is refused, and nothing is fetched", async (_what, url) => {
    const calls = world.provider.calls();
    const answer = await chat(world, part("image_url", { image_url: { url } }));
    expect([answer.status, answer.json.error.param]).toEqual([400, "messages.0.content.0.image_url.url"]);
    expect(world.provider.calls()).toBe(calls);
  });
});

describe("tools", () => {
  it("may say anything in their arguments: it is handed on as text, and never run", async () => {
    const given = '{"a": "\\u0000", "$(rm -rf /)": 1e999, } no JSON';
    const call = { id: "x'; drop table turns; --", type: "function", function: { name: "weather", arguments: given } };
    const messages = [
      { role: "user", content: "Hm" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: call.id, content: "\u0000\ud800" },
    ];
    expect((await chat(world, { messages })).status).toBe(200);
    const name = { type: "function", function: { name: "no such name; --" } };
    expect((await chat(world, { tools: [name] })).status).toBe(400);
  });
});

describe("headers", () => {
  it("that name two callers are one caller's: the bearer counts", async () => {
    await givenCredits(world, "bob", "5");
    const { key } = await givenKey(world, "bob");
    const before = await walletOf(world, "bob");
    const body = { model: "default", max_tokens: 300, messages: [{ role: "user", content: "Hi" }] };
    const both = await world.call("POST", "/v1/messages", { user: "ada", body, headers: { "X-Api-Key": key } });
    expect([both.status, await walletOf(world, "bob")]).toEqual([200, before]);
    const alone = await world.call("POST", "/v1/messages", { user: null, body, headers: { "X-Api-Key": key } });
    expect([alone.status, (await walletOf(world, "bob")).seq]).toEqual([200, String(Number(before.seq) + 1)]);
    expect((await chat(world, {}, { user: null, headers: { "X-Api-Key": key } })).status).toBe(401);
  });

  it("that pretend are not believed", async () => {
    const pretended = { "X-User-Id": "bob", "X-Forwarded-User": "bob", "OpenAI-Organization": "bob", "X-Stainless-Retry-Count": "-1" };
    const before = await walletOf(world, "bob");
    expect((await chat(world, {}, { headers: pretended })).status).toBe(200);
    expect(await walletOf(world, "bob")).toEqual(before);
  });

  it("of no key, or of half a one, open nothing, in the shape of the API that was asked", async () => {
    for (const value of ["Bearer", "Bearer ", "Basic YTpi", "Bearer pan_", "Bearer a b"]) {
      expect((await chat(world, {}, { user: null, headers: { Authorization: value } })).status).toBe(401);
    }
    const { status, json } = await world.call("POST", "/v1/messages", { user: null, body: {} });
    expect([status, json]).toEqual([401, { type: "error", error: { type: "authentication_error", message: expect.any(String) } }]);
  });
});
