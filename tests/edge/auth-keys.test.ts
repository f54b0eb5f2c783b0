// The issuer's keys are fetched rarely, kept while the issuer is away, and never fetched on a caller's word.

import { createServer } from "node:http";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { refused } from "../support/edge.ts";
import {
  AUDIENCE,
  givenKey,
  ISSUER,
  type Json,
  keySet,
  LEGACY_SECRET,
  macBy,
  type SigningKey,
  signedBy,
  startAuth,
} from "../support/tokens.ts";

const first = givenKey("key-1");
const second = givenKey("key-2");
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How far apart the fetches are that unknown keys cause. */
const SECONDS_APART = 5_000;

type World = Awaited<ReturnType<typeof startAuth>>;
const opened: World[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((world) => world.close()));
});

async function given(...parts: Parameters<typeof startAuth>): Promise<World> {
  const world = await startAuth(...parts);
  opened.push(world);
  return world;
}

function claims(world: World): { [name: string]: Json } {
  return { iss: ISSUER, aud: AUDIENCE, sub: "user-1", exp: world.seconds() + 36_000 };
}

async function statusWith(world: World, key: SigningKey, header: { [name: string]: Json } = {}): Promise<number> {
  const bearer = signedBy(key, { alg: key.alg, kid: key.kid, ...header }, claims(world));
  return (await world.get(`Bearer ${bearer}`)).status;
}

describe("known keys", () => {
  it("are fetched once for a hundred parallel first requests, and not again for ten minutes", async () => {
    const world = await given(keySet(first));
    expect(world.fetches()).toBe(0);
    const statuses = await Promise.all(Array.from({ length: 100 }, () => statusWith(world, first)));
    expect([new Set(statuses), world.fetches()]).toEqual([new Set([200]), 1]);
    world.pass(10 * MINUTE);
    expect([await statusWith(world, first), world.fetches()]).toEqual([200, 1]);
    world.pass(1);
    expect([await statusWith(world, first), world.fetches()]).toEqual([200, 2]);
  });

  it.each<[string, Parameters<typeof startAuth>[0]]>([
    ["answers 500", (response) => response.writeHead(500).end("no")],
    ["cuts the line", (response) => response.destroy()],
    ["answers something else", (response) => response.end("<html>")],
    ["answers a set that is none", (response) => response.end('{"keys":{}}')],
    ["answers an empty set", (response) => response.end('{"keys":[]}')],
    ["answers keys that cannot sign", (response) => response.end('{"keys":[{"kty":"oct","k":"AAAA","kid":"key-1"}]}')],
    ["answers endlessly", (response) => response.end(`{"keys":[],"filler":"${"x".repeat(100_000)}"}`)],
  ])("stay in use while the issuer %s, which is asked at most once a minute", async (_name, trouble) => {
    const world = await given(keySet(first));
    expect(await statusWith(world, first)).toBe(200);
    world.keysAnswer(trouble);
    world.pass(60 * MINUTE);
    for (let request = 0; request < 5; request++) expect(await statusWith(world, first)).toBe(200);
    expect(world.fetches()).toBe(2);
    world.pass(MINUTE);
    expect([await statusWith(world, first), world.fetches()]).toEqual([200, 3]);
  });

  it("stay in use while the issuer is silent, and only one request waits for it", async () => {
    const world = await given(keySet(first));
    expect(await statusWith(world, first)).toBe(200);
    world.keysAnswer(() => undefined);
    world.pass(60 * MINUTE);
    const waiting = statusWith(world, first);
    while (world.fetches() < 2) await new Promise((resolve) => setImmediate(resolve));
    const settled: string[] = [];
    const others = Promise.all([statusWith(world, first), statusWith(world, first)]).then((statuses) =>
      settled.push(`others ${statuses.join(" ")}`),
    );
    const one = waiting.then((status) => settled.push(`the one ${status}`));
    await Promise.all([others, one]);
    expect(settled).toEqual(["others 200 200", "the one 200"]);
  });

  it("that the issuer has withdrawn are refused from the next refresh on", async () => {
    const world = await given(keySet(first, second));
    expect(await statusWith(world, first)).toBe(200);
    world.keysAnswer(keySet(second));
    world.pass(10 * MINUTE + 1);
    expect([await statusWith(world, first), await statusWith(world, second)]).toEqual([401, 200]);
  });

  it("are no longer trusted for a clock that was set back: they are asked for again", async () => {
    const world = await given(keySet(first, second));
    expect(await statusWith(world, first)).toBe(200);
    world.keysAnswer(keySet(second));
    world.pass(-60 * MINUTE);
    expect([await statusWith(world, first), await statusWith(world, second)]).toEqual([401, 200]);
  });
});

describe("an issuer that is away for long", () => {
  it("leaves good tokens good for a day, and then nothing is known: 503, until it is back", async () => {
    const world = await given(keySet(first));
    expect(await statusWith(world, first)).toBe(200);
    world.keysAnswer((response) => response.destroy());
    world.pass(DAY);
    expect(await statusWith(world, first)).toBe(200);
    world.pass(1);
    expect(await statusWith(world, first)).toBe(503);
    world.pass(30 * DAY);
    const later = `Bearer ${signedBy(first, { alg: "ES256", kid: "key-1" }, { ...claims(world), exp: world.seconds() + 60 })}`;
    expect(await refused(world.get(later))).toBe("503 auth_unavailable");
    world.keysAnswer(keySet(first));
    world.pass(SECONDS_APART);
    expect((await world.get(later)).status).toBe(200);
  });

  it("refuses nobody whose key is not known for certain: 503, and the new key counts as soon as it can be had", async () => {
    const world = await given(keySet(first));
    expect(await statusWith(world, first)).toBe(200);
    world.keysAnswer((response) => response.writeHead(500).end());
    world.pass(SECONDS_APART);
    expect([await statusWith(world, second), await statusWith(world, first)]).toEqual([503, 200]);
    world.keysAnswer(keySet(first, second));
    world.pass(SECONDS_APART);
    expect(await statusWith(world, second)).toBe(200);
  });
});

describe("an unknown key", () => {
  it("that was rotated in is found within seconds, however many junk names others send meanwhile", async () => {
    const world = await given(keySet(first));
    expect(await statusWith(world, first)).toBe(200);
    for (let round = 0; round < 3; round++) {
      world.pass(SECONDS_APART);
      expect(await statusWith(world, first, { kid: `junk-${round}` })).toBe(401);
    }
    world.keysAnswer(keySet(first, second));
    world.pass(SECONDS_APART);
    expect([await statusWith(world, second), world.fetches()]).toEqual([200, 5]);
  });

  it("that the issuer has begun to use is found by one fetch", async () => {
    const world = await given(keySet(first));
    expect(await statusWith(world, first)).toBe(200);
    world.keysAnswer(keySet(first, second));
    world.pass(MINUTE);
    expect([await statusWith(world, second), await statusWith(world, first), world.fetches()]).toEqual([200, 200, 2]);
  });

  it.each<[string, Json]>([
    ["made up", "nobody"],
    ["a path", "../../dev/null"],
    ["SQL", "' UNION SELECT 1--"],
    ["an address", "http://127.0.0.1:1/keys"],
    ["5 KB", "k".repeat(5_000)],
    ["a number", 1],
    ["an object", { toString: "key-1" }],
    ["__proto__", "__proto__"],
  ])("whose name is %s is 401, with at most one fetch in five seconds", async (_name, kid) => {
    const world = await given(keySet(first, second));
    expect(await statusWith(world, first)).toBe(200);
    world.pass(MINUTE);
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusWith(world, first, { kid })));
    expect([new Set(statuses), world.fetches()]).toEqual([new Set([401]), 2]);
    world.pass(SECONDS_APART - 1);
    expect([await statusWith(world, first, { kid }), world.fetches()]).toEqual([401, 2]);
    expect(await statusWith(world, first)).toBe(200);
  });

  it("that a token brings along, or that the issuer sends us elsewhere for, is 401, and nobody is called for it", async () => {
    let calls = 0;
    const attacker = createServer((_request, response) => {
      calls += 1;
      response.end(JSON.stringify({ keys: [second.jwk] }));
    }).listen(0, "127.0.0.1");
    await once(attacker, "listening");
    const address = attacker.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/keys`;
    const world = await given(keySet(first));
    const jwk = JSON.parse(JSON.stringify(second.jwk));
    for (const header of [
      { jku: url },
      { x5u: url },
      { jwk },
      { jku: url, kid: "key-1" },
      { jwk, kid: "key-1" },
      { x5c: ["AAAA"], kid: "key-1" },
    ]) {
      expect(await statusWith(world, second, header)).toBe(401);
    }
    expect(world.fetches()).toBeLessThanOrEqual(1);
    world.keysAnswer((response) => response.writeHead(302, { Location: url }).end());
    world.pass(MINUTE);
    expect(await statusWith(world, second)).toBe(503); // nobody was asked, so nothing is known of the key
    attacker.close();
    await once(attacker, "close");
    expect(calls).toBe(0);
  });
});

describe("no keys at all", () => {
  it("is 503 with a time to come back, asks rarely, and is over with the first fetch that works", async () => {
    const world = await given((response) => response.destroy());
    const bearer = `Bearer ${signedBy(first, { alg: "ES256", kid: "key-1" }, claims(world))}`;
    for (let request = 0; request < 5; request++) {
      const answer = await world.get(bearer);
      expect([await refused(answer), answer.headers["retry-after"]]).toEqual(["503 auth_unavailable", "5"]);
    }
    expect(world.fetches()).toBe(1);
    world.keysAnswer(keySet(first));
    world.pass(5_000);
    expect([(await world.get(bearer)).status, world.fetches()]).toEqual([200, 2]);
  });

  it("does not stop the legacy secret, nor make a bad token better than 401", async () => {
    const world = await given((response) => response.destroy());
    expect((await world.get(`Bearer ${macBy(LEGACY_SECRET, { alg: "HS256" }, claims(world))}`)).status).toBe(200);
    expect(await refused(world.get("Bearer x.y.z"))).toBe("401 unauthenticated");
    expect(world.fetches()).toBe(0);
  });

  it("is what an issuer with an empty set has, or with nothing in it that could sign: its tokens are 503", async () => {
    for (const keys of [[], [{ kty: "oct", k: "AAAA", kid: "key-1" }], [{ kty: "junk", kid: "key-1" }]]) {
      const world = await given((response) => response.end(JSON.stringify({ keys })));
      expect(await statusWith(world, first)).toBe(503);
    }
  });
});

describe("the legacy secret", () => {
  it("is off when it is not set: no HS256 token is read", async () => {
    const world = await given(keySet(first), null);
    for (const secret of [LEGACY_SECRET, "", "null", first.pem]) {
      expect((await world.get(`Bearer ${macBy(secret, { alg: "HS256" }, claims(world))}`)).status).toBe(401);
    }
    expect([await statusWith(world, first), world.fetches()]).toEqual([200, 1]);
  });
});
