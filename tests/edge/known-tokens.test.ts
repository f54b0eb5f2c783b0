// A token that was verified is not verified again, and is not good for a moment longer than if it were.

import { afterEach, describe, expect, it } from "vitest";
import { knownTokens, MOST_TOKENS, stands } from "@pantheon/edge/auth/known-tokens.ts";
import { AUDIENCE, givenKey, ISSUER, keySet, LEGACY_SECRET, macBy, signedBy, startAuth } from "../support/tokens.ts";

const first = givenKey("key-1");
const second = givenKey("key-2");
const MINUTE = 60_000;

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

function tokenOf(world: World, seconds: number): string {
  return signedBy(first, { alg: "ES256", kid: "key-1" }, { iss: ISSUER, aud: AUDIENCE, sub: "user-1", exp: world.seconds() + seconds });
}

const statusOf = async (world: World, token: string) => (await world.get(`Bearer ${token}`)).status;

describe("a known token", () => {
  it("is refused from the instant in which it ends", async () => {
    const world = await given(keySet(first));
    const token = tokenOf(world, 60);
    expect(await statusOf(world, token)).toBe(200);
    world.pass(MINUTE - 1);
    expect(await statusOf(world, token)).toBe(200);
    world.pass(1);
    expect(await statusOf(world, token)).toBe(401);
  });

  it("is refused as soon as the issuer no longer has its key", async () => {
    const world = await given(keySet(first, second));
    const token = tokenOf(world, 86_400);
    expect(await statusOf(world, token)).toBe(200);
    world.keysAnswer(keySet(second));
    world.pass(10 * MINUTE + 1);
    expect(await statusOf(world, token)).toBe(401);
  });

  it("is refused when another key has taken its key's name", async () => {
    const world = await given(keySet(first));
    const token = tokenOf(world, 86_400);
    expect(await statusOf(world, token)).toBe(200);
    world.keysAnswer(keySet({ ...givenKey("key-1") }));
    world.pass(10 * MINUTE + 1);
    expect(await statusOf(world, token)).toBe(401);
  });

  it("lends its name to no token that differs in a letter, of the payload or of the signature", async () => {
    const world = await given(keySet(first));
    const token = tokenOf(world, 3_600);
    expect(await statusOf(world, token)).toBe(200);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const other = Buffer.from(Buffer.from(payload, "base64url").toString().replace("user-1", "user-2")).toString("base64url");
    const flipped = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    expect(await statusOf(world, `${header}.${other}.${signature}`)).toBe(401);
    expect(await statusOf(world, `${header}.${payload}.${flipped}`)).toBe(401);
    expect(await statusOf(world, token)).toBe(200);
  });

  it("of the shared secret ends like any other", async () => {
    const world = await given(keySet(first));
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: "user-1", exp: world.seconds() + 60 };
    const token = macBy(LEGACY_SECRET, { alg: "HS256" }, claims);
    expect(await statusOf(world, token)).toBe(200);
    world.pass(MINUTE);
    expect(await statusOf(world, token)).toBe(401);
  });
});

describe("the tokens that are known", () => {
  const key = {};

  it("stand with their key alone, from when they were verified, until they end", () => {
    const tokens = knownTokens<string>();
    tokens.keep("a", { owner: "ada", alg: "ES256", kid: "one", key, verifiedAt: 1_000, expiresAt: 2_000 });
    const known = tokens.find("a");
    if (known === null) throw new Error("it is not known");
    expect([known.owner, known.alg, known.kid, tokens.find("b")]).toEqual(["ada", "ES256", "one", null]);
    expect([1_000, 1_999].map((now) => stands(known, key, now))).toEqual([true, true]);
    expect([2_000, 999].map((now) => stands(known, key, now))).toEqual([false, false]);
    expect(stands(known, {}, 1_500)).toBe(false);
  });

  it("are a thousand and not more", () => {
    const tokens = knownTokens<number>();
    const keep = (owner: number) => tokens.keep(`t${owner}`, { owner, alg: "ES256", kid: undefined, key, verifiedAt: 0, expiresAt: 10 });
    for (let each = 0; each <= MOST_TOKENS; each += 1) keep(each);
    expect(["t0", "t1", `t${MOST_TOKENS}`].map((token) => tokens.find(token)?.owner)).toEqual([undefined, 1, MOST_TOKENS]);
  });
});
