// What a stage may demand of admins and tokens beyond the usual: a second factor, a short life, a role; and who may read without changing.

import { afterEach, describe, expect, it } from "vitest";
import { refused } from "../support/edge.ts";
import { ADMIN, AUDIENCE, type AuthRules, givenKey, ISSUER, type Json, keySet, READER, signedBy, startAuth } from "../support/tokens.ts";

const key = givenKey("key-1");

type World = Awaited<ReturnType<typeof startAuth>>;
const opened: World[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((world) => world.close()));
});

async function given(rules: AuthRules = {}): Promise<World> {
  const world = await startAuth(keySet(key), null, rules);
  opened.push(world);
  return world;
}

type Claims = { readonly [name: string]: Json | undefined };

function bearer(world: World, claims: Claims, header: Claims = {}): string {
  const now = world.seconds();
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: ADMIN, role: "authenticated", iat: now, exp: now + 600, ...claims };
  const head = { alg: "ES256", kid: "key-1", ...header };
  return `Bearer ${signedBy(key, JSON.parse(JSON.stringify(head)), JSON.parse(JSON.stringify(payload)))}`;
}

async function admin(world: World, claims: Claims, method = "GET"): Promise<string> {
  const answer = await world.get(bearer(world, claims), "/api/v1/admin", {}, method);
  return answer.status === 200 ? "200" : `${answer.status} ${JSON.parse(answer.text).detail}`;
}

const NEEDS_FACTOR = "403 Admin access needs a sign-in with a second factor.";

describe("a second factor", () => {
  it.each<[string, Claims]>([
    ["the level aal2", { aal: "aal2" }],
    ["the level, whatever the methods", { aal: "aal2", amr: ["pwd"] }],
    ["the method mfa where no level is named", { amr: ["pwd", "mfa"] }],
    ["the method mfa as an object", { amr: [{ method: "password" }, { method: "mfa", timestamp: 1 }] }],
  ])("is proven by %s", async (_name, claims) => {
    const world = await given({ adminAssurance: "aal2" });
    expect(await admin(world, claims, "POST")).toBe("200");
  });

  it.each<[string, Claims]>([
    ["nothing", {}],
    ["the level aal1", { aal: "aal1" }],
    ["the level aal1 beside mfa", { aal: "aal1", amr: ["mfa"] }],
    ["a level in another case", { aal: "AAL2" }],
    ["a list of levels", { aal: ["aal2"] }],
    ["methods without mfa", { amr: ["pwd", "otp"] }],
    ["mfa as a text", { amr: "mfa" }],
    ["a level that its owner wrote", { user_metadata: { aal: "aal2" }, app_metadata: { amr: ["mfa"] } }],
  ])("is not proven by %s: 403 for admin and reader, and they are told why", async (_name, claims) => {
    const world = await given({ adminAssurance: "aal2" });
    expect(await admin(world, claims)).toBe(NEEDS_FACTOR);
    expect(await admin(world, { ...claims, sub: READER })).toBe(NEEDS_FACTOR);
    expect(await admin(world, { ...claims, sub: "ada" })).toBe("403 Admin access required.");
    expect(JSON.parse((await world.get(bearer(world, claims))).text)).toMatchObject({ isAdmin: false });
  });

  it("is asked of nobody where it is not demanded, and never of a user", async () => {
    expect(await admin(await given(), {})).toBe("200");
    const world = await given({ adminAssurance: "aal2" });
    expect((await world.get(bearer(world, { sub: "ada" }))).status).toBe(200);
  });
});

describe("a reader", () => {
  it.each([
    ["GET", "200"],
    ["HEAD", "200"],
    ["POST", "403 This account may read, and change nothing."],
    ["PATCH", "403 This account may read, and change nothing."],
    ["DELETE", "403 This account may read, and change nothing."],
  ])("%s is %s", async (method, expected) => {
    const world = await given();
    const { status, text } = await world.get(bearer(world, { sub: READER }), "/api/v1/admin", {}, method);
    expect(status === 200 ? "200" : `${status} ${JSON.parse(text).detail}`).toBe(expected);
  });

  it("is no admin, and says so", async () => {
    const world = await given();
    expect(JSON.parse((await world.get(bearer(world, { sub: READER }))).text)).toMatchObject({ isAdmin: false });
  });
});

describe("a token's life", () => {
  it.each<[number, number]>([
    [3_600, 200],
    [3_601, 401],
    [86_400 * 365, 401],
  ])("of %i seconds, where an hour is the most, is %i", async (seconds, status) => {
    const world = await given({ auth: { maxMinutes: 60 } });
    const answer = await world.get(bearer(world, { exp: world.seconds() + seconds }));
    expect(answer.status).toBe(status);
  });

  it("counts from its issue, so that one which says nothing of that is refused, and one from long ago too", async () => {
    const world = await given({ auth: { maxMinutes: 60 } });
    for (const iat of [undefined, 0, -1, world.seconds() - 3_590]) {
      expect(await refused(world.get(bearer(world, { iat })))).toBe("401 unauthenticated");
    }
  });
});

describe("a token's kind", () => {
  it.each(["JWT", "at+jwt", undefined])("%j is an access token's", async (typ) => {
    const world = await given();
    expect((await world.get(bearer(world, {}, { typ }))).status).toBe(200);
  });

  it.each(["logout+jwt", "secevent+jwt", "dpop+jwt", "JOSE", "jwt ", "", null, 1, ["JWT"]])("%j is none: 401", async (typ) => {
    const world = await given();
    expect(await refused(world.get(bearer(world, {}, { typ })))).toBe("401 unauthenticated");
  });

  it("without a role is 401 where the stage demands one, and only there", async () => {
    const strict = await given({ auth: { roleRequired: true } });
    expect([(await strict.get(bearer(strict, { role: undefined }))).status, (await strict.get(bearer(strict, {}))).status]).toEqual([
      401, 200,
    ]);
    const loose = await given();
    expect((await loose.get(bearer(loose, { role: undefined }))).status).toBe(200);
  });
});

describe("the reason of a 401", () => {
  it.each<[string, (world: World) => string | undefined]>([
    ["none", () => undefined],
    ["form", () => "Bearer x.y.z"],
    ["algorithm", (world) => bearer(world, {}, { alg: "HS256" })],
    ["header", (world) => bearer(world, {}, { jku: "https://keys.example" })],
    ["type", (world) => bearer(world, {}, { typ: "logout+jwt" })],
    ["key", (world) => bearer(world, {}, { kid: "junk" })],
    ["signature", (world) => bearer(world, {}).replace(/\.[^.]+\./, (part) => part.replace(/..\.$/, "AA."))],
    ["expired", (world) => bearer(world, { exp: world.seconds() - 1 })],
    ["claim_aud", (world) => bearer(world, { aud: "other" })],
    ["claim_iss", (world) => bearer(world, { iss: "other" })],
    ["claim_sub", (world) => bearer(world, { sub: "" })],
    ["role", (world) => bearer(world, { role: "anon" })],
    ["anonymous", (world) => bearer(world, { is_anonymous: true })],
  ])("is %s in our own line and counted, and nothing of it is in the response", async (reason, make) => {
    const world = await given();
    const answer = await world.get(make(world), "/api/v1/me", { "X-Request-Id": "same" });
    expect([await refused(answer), JSON.parse(answer.text).detail]).toEqual(["401 unauthenticated", "Authentication required."]);
    expect(answer.text).not.toContain(`:"${reason}"`);
    expect(world.log.lines.filter(({ message }) => message === "request").map(({ fields }) => fields["reason"])).toEqual([reason]);
    expect(world.log.counted("unauthenticated")).toBe(1);
  });
});
