// API keys as their owner and admins have them: made and shown once, kept as a digest, changed, rotated, revoked; what they open, and what
// they do not. That a turn asks the key's row is tests/turns/turn-keys.test.ts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyHash, newKey } from "@pantheon/core/accounts/api-key.ts";
import { createKeyring, MOST_KEYS } from "@pantheon/core/accounts/keyring.ts";
import { MOST_LIVE_KEYS } from "@pantheon/core/accounts/api-keys.ts";
import { newId } from "@pantheon/contract/id.ts";
import { givenSession } from "../support/given.ts";
import { givenKey } from "../support/given-key.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const KEYS = "/api/v1/users/me/keys";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: "grace", ADMIN_READ_IDS: "rita" } });
});
afterAll(() => world.end());

/** Everything that the database keeps of keys, of what was done to them, and of what was answered. */
async function kept(): Promise<string> {
  const tables = await Promise.all(
    (["api_keys", "admin_actions", "idempotency_keys"] as const).map((table) => world.owner.query.selectFrom(table).selectAll().execute()),
  );
  return JSON.stringify(tables);
}

const listOf = async (user: string): Promise<Answer["json"][]> => (await world.call("GET", KEYS, { user })).json.keys;
const withKey = (key: string, path = "/api/v1/sessions", method = "GET") =>
  world.call(method, path, { user: null, headers: { Authorization: `Bearer ${key}` } });

describe("a key that was made", () => {
  it("is shown once, and is in no row, no list, no audit and no log", async () => {
    const made = await world.call("POST", KEYS, { user: "once", key: "make-1", body: { name: "My agent", models: ["default"] } });
    expect([made.status, made.json]).toEqual([
      201,
      {
        id: expect.any(String),
        name: "My agent",
        prefix: made.json.key.slice(0, 12),
        models: ["default"],
        limits: null,
        expires_at: null,
        revoked_at: null,
        former_until: null,
        acts_for_others: false,
        books_usage: false,
        spent: "0",
        last_used_on: null,
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        key: expect.stringMatching(/^pan_/),
      },
    ]);
    const again = await world.call("POST", KEYS, { user: "once", key: "make-1", body: { name: "My agent", models: ["default"] } });
    expect([again.status, again.json.key, again.headers.get("idempotency-replayed")]).toEqual([201, null, "true"]);
    const { key, ...rest } = made.json;
    expect(await listOf("once")).toEqual([rest]);
    await withKey(key);
    await withKey(key, KEYS);
    const secret = key.slice(12);
    expect(await kept()).not.toContain(secret);
    expect(JSON.stringify(world.log.lines)).not.toContain(secret);
    expect(await kept()).toContain(keyHash(key));
  });

  it("is refused with a name, an end or models that it cannot have", async () => {
    const bad = [
      [{}, "name"],
      [{ name: " " }, "name"],
      [{ name: "n", expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
      [{ name: "n", expires_at: "2030-02-30T00:00:00Z" }, "expires_at"],
      [{ name: "n", expires_at: "tomorrow" }, "expires_at"],
      [{ name: "n", models: [] }, "models"],
      [{ name: "n", models: ["a", "a"] }, "models"],
      [{ name: "n", key: "pan_mine" }, "key"],
    ] as const;
    for (const [body, path] of bad) {
      const refused = await world.call("POST", KEYS, { user: "bad", body });
      expect([refused.status, refused.json.errors[0].path]).toEqual([422, path]);
    }
    expect(await listOf("bad")).toEqual([]);
  });

  it("is one of so many at most", async () => {
    const rows = Array.from({ length: MOST_LIVE_KEYS }, () => newKey()).map(({ prefix, hash }) => ({
      user_id: "many",
      name: "n",
      prefix,
      hash,
    }));
    await world.owner.query.insertInto("users").values({ id: "many" }).execute();
    await world.owner.query.insertInto("api_keys").values(rows).execute();
    expect((await world.call("POST", KEYS, { user: "many", body: { name: "one more" } })).json.code).toBe("conflict");
    const [one] = await listOf("many");
    expect((await world.call("DELETE", `${KEYS}/${one.id}`, { user: "many" })).status).toBe(204);
    expect((await world.call("POST", KEYS, { user: "many", body: { name: "one more" } })).status).toBe(201);
  });
});

describe("a key", () => {
  it("opens its owner's sessions and the models, and nothing else", async () => {
    const session = await givenSession(world, "opener");
    const { key, id } = await givenKey(world, "opener");
    expect((await withKey(key)).json.sessions.map((row: { id: string }) => row.id)).toEqual([session]);
    expect((await withKey(key, "/api/v1/models")).status).toBe(200);
    const closed = [
      ["GET", "/api/v1/auth/me"],
      ["GET", "/api/v1/users/me/wallet"],
      ["POST", "/api/v1/users/me/wallet/top-up"],
      ["GET", "/api/v1/users/me/usage"],
      ["GET", KEYS],
      ["POST", KEYS],
      ["POST", `${KEYS}/${id}/rotate`],
      ["DELETE", `${KEYS}/${id}`],
      ["GET", "/api/v1/admin/keys"],
      ["GET", "/api/v1/admin/settings"],
    ] as const;
    for (const [method, path] of closed) {
      const refused = await withKey(key, path, method);
      expect([path, refused.status, refused.json.code]).toEqual([path, 403, "forbidden"]);
    }
    expect((await listOf("opener"))[0].revoked_at).toBeNull();
  });

  it("is no admin, even an admin's own", async () => {
    const { key } = await givenKey(world, "grace");
    expect((await withKey(key, "/api/v1/admin/settings")).status).toBe(403);
  });

  it("opens nothing once it has ended, and answers like one that never was", async () => {
    const { key, id } = await givenKey(world, "ended", { expires_at: "2099-01-01T00:00:00Z" });
    expect((await withKey(key)).status).toBe(200);
    await world.owner.query
      .updateTable("api_keys")
      .set({ expires_at: new Date(Date.now() - 1) })
      .where("id", "=", id)
      .execute();
    const unknown = await withKey(newKey().text);
    const { request_id: _id, ...never } = unknown.json;
    for (const text of [key, `${key}A`, "pan_", "pan_x"]) {
      const refused = await withKey(text);
      expect([refused.status, refused.headers.get("www-authenticate"), refused.json]).toEqual([
        401,
        unknown.headers.get("www-authenticate"),
        { ...never, request_id: expect.any(String) },
      ]);
    }
  });

  it("opens nothing while its owner is suspended", async () => {
    const { key } = await givenKey(world, "lent");
    await world.call("POST", "/api/v1/admin/users/lent/suspend", { user: "grace", body: {} });
    expect((await withKey(key)).json.code).toBe("account_suspended");
    await world.call("POST", "/api/v1/admin/users/lent/reactivate", { user: "grace" });
    expect((await withKey(key)).status).toBe(200);
  });

  it("is changed member by member, and what clears is cleared", async () => {
    const { id } = await givenKey(world, "changed", { models: ["default"], expires_at: "2099-01-01T00:00:00+02:00" });
    const patch = (body: object) => world.call("PATCH", `${KEYS}/${id}`, { user: "changed", body });
    expect((await patch({ name: "Other" })).json).toMatchObject({
      name: "Other",
      models: ["default"],
      expires_at: "2098-12-31T22:00:00.000Z",
    });
    expect((await patch({ models: null, expires_at: null })).json).toEqual((await listOf("changed"))[0]);
    expect((await listOf("changed"))[0]).toMatchObject({ name: "Other", models: null, expires_at: null });
    expect((await patch({})).status).toBe(422);
  });
});

describe("rotating", () => {
  it("gives a new text, and lets the former one live for the overlap and no longer", async () => {
    const first = await givenKey(world, "turner");
    const rotate = (body: object) => world.call("POST", `${KEYS}/${first.id}/rotate`, { user: "turner", body });
    const second = await rotate({});
    expect([second.status, second.json.id, second.json.prefix]).toEqual([200, first.id, second.json.key.slice(0, 12)]);
    expect([(await withKey(first.key)).status, (await withKey(second.json.key)).status]).toEqual([200, 200]);
    const third = await rotate({ overlap_seconds: 0 });
    expect([(await withKey(first.key)).status, (await withKey(second.json.key)).status]).toEqual([401, 401]);
    expect((await withKey(third.json.key)).status).toBe(200);
    expect((await rotate({ overlap_seconds: 604_801 })).status).toBe(422);
  });
});

describe("revoking", () => {
  it("ends a key for good: it is not changed, rotated or revoked again", async () => {
    const { id, key } = await givenKey(world, "gone");
    expect((await world.call("DELETE", `${KEYS}/${id}`, { user: "gone" })).status).toBe(204);
    expect((await withKey(key)).status).toBe(401);
    for (const [method, path, body] of [
      ["DELETE", id, undefined],
      ["PATCH", id, { name: "back" }],
      ["POST", `${id}/rotate`, {}],
    ] as const) {
      expect((await world.call(method, `${KEYS}/${path}`, { user: "gone", ...(body && { body }) })).status).toBe(404);
    }
    expect((await listOf("gone"))[0].revoked_at).not.toBeNull();
  });

  it("is an admin's right over anybody's key, and no reader's", async () => {
    const { id, key } = await givenKey(world, "guest");
    const mine = await world.call("GET", "/api/v1/admin/keys?user_id=guest", { user: "rita" });
    expect(mine.json.keys).toEqual([{ ...(await listOf("guest"))[0], user_id: "guest" }]);
    expect((await world.call("DELETE", `/api/v1/admin/keys/${id}`, { user: "rita" })).status).toBe(403);
    expect((await world.call("DELETE", `/api/v1/admin/keys/${id}`, { user: "grace" })).status).toBe(204);
    expect((await withKey(key)).status).toBe(401);
    expect((await world.call("DELETE", `/api/v1/admin/keys/${newId()}`, { user: "grace" })).status).toBe(404);
  });

  it("and everything else that is done to a key is in the audit, under whoever did it", async () => {
    const { id } = await givenKey(world, "seen");
    await world.call("PATCH", `${KEYS}/${id}`, { user: "seen", body: { name: "Seen" } });
    await world.call("POST", `${KEYS}/${id}/rotate`, { user: "seen", body: {} });
    await world.call("DELETE", `/api/v1/admin/keys/${id}`, { user: "grace" });
    const { json } = await world.call("GET", "/api/v1/admin/actions?user_id=seen", { user: "grace" });
    expect(json.actions.map(({ admin_id, action, target }: Answer["json"]) => [admin_id, action, target])).toEqual([
      ["grace", "api_key.revoke", id],
      ["seen", "api_key.rotate", id],
      ["seen", "api_key.patch", id],
      ["seen", "api_key.create", id],
    ]);
    expect(json.actions[0]).toMatchObject({ before: { revoked: false, user_id: "seen" }, after: { revoked: true, name: "Seen" } });
  });
});

describe("what a container remembers", () => {
  it("is bounded, and forgets nothing that matters", async () => {
    const keyring = createKeyring(world.deps.db);
    const { key } = await givenKey(world, "first-of-many");
    await keyring.callerOf(key, { decidedLater: true });
    await expect(keyring.callerOf(newKey().text, { decidedLater: true })).rejects.toMatchObject({ code: "unauthenticated" });
    const rows = Array.from({ length: MOST_KEYS }, () => newKey());
    await world.owner.query.insertInto("users").values({ id: "crowd" }).execute();
    await world.owner.query
      .insertInto("api_keys")
      .values(rows.map(({ prefix, hash }) => ({ user_id: "crowd", name: "n", prefix, hash })))
      .execute();
    for (const { text } of rows) await keyring.callerOf(text, { decidedLater: true });
    expect((await keyring.callerOf(key, { decidedLater: true })).actor).toBe("first-of-many");
  }, 60_000);
});
