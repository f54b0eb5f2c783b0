// What a request's line and a response tell, and to whom: the source as a network or a hash, both ids of a request, the build only to those who
// have the stage's token, and health without a question to the database each time.

import { describe, expect, it } from "vitest";
import { createApp } from "@pantheon/edge/shell/app.ts";
import { sourceOf } from "@pantheon/edge/shell/source-address.ts";
import type { HealthProbe } from "@pantheon/edge/shell/health.ts";
import { EDGE_CONFIG } from "../support/edge.ts";
import { quietLog } from "../support/quiet-log.ts";

const KEY = "k".repeat(32);
const TOKEN = "a-build-token-of-at-least-32-characters";
const AT_HEAD: HealthProbe = {
  migrationHead: "b",
  expectedMigrationHead: "b",
  revision: "7",
  databaseRole: "application",
  maintenance: [],
};
const atHead = (): Promise<HealthProbe> => Promise.resolve(AT_HEAD);

describe("the source of a request", () => {
  it.each([
    ["192.0.2.77", "192.0.2.0/24"],
    ["::ffff:192.0.2.77", "192.0.2.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
    ["2001:db8::6", "2001:db8:0::/48"],
    ["2001:DB8:abcd::", "2001:db8:abcd::/48"],
    ["::1", "0:0:0::/48"],
    ["fe80::1%eth0", "fe80:0:0::/48"],
  ])("%s is told as its network %s", (address, network) => {
    expect(sourceOf(address, { how: "short", key: null })).toBe(network);
  });

  it.each([undefined, "", "canary", "192.0.2", "192.0.2.1, 10.0.0.1", "192.0.2.1\n{}", "1.2.3.4.5"])(
    "that is no address, %j, is told as nothing",
    (address) => {
      for (const how of ["short", "hash", "none"] as const) expect(sourceOf(address, { how, key: KEY })).toBeNull();
    },
  );

  it("is one hash for one address under one key, another under another, and never the address", () => {
    expect(hashed("192.0.2.77", KEY)).toBe(hashed("::ffff:192.0.2.77", KEY));
    expect(new Set([hashed("192.0.2.77", KEY), hashed("192.0.2.78", KEY), hashed("192.0.2.77", `${KEY}.`)]).size).toBe(3);
    expect(hashed("192.0.2.77", KEY)).toMatch(/^[\w-]{16}$/);
    expect(sourceOf("192.0.2.77", { how: "hash", key: null })).toBeNull();
  });

  it("is nothing at all where the stage says none", () => {
    expect(sourceOf("192.0.2.77", { how: "none", key: KEY })).toBeNull();
  });
});

function hashed(address: string, key: string) {
  return sourceOf(address, { how: "hash", key });
}

function given(more: { stage?: string; buildToken?: string | null } = {}) {
  const log = quietLog();
  const seen = { asked: 0, now: 1_000_000 };
  let answer = atHead;
  const app = createApp({
    name: "turns",
    config: { ...EDGE_CONFIG, stage: "production", ...more },
    log,
    clock: () => seen.now,
    ticks: () => seen.now,
    health: () => {
      seen.asked += 1;
      return answer();
    },
    routes: () => {},
  });
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await app.request(path, { headers }, { runtimeRequestId: "ours-1", sourceAddress: "192.0.2.77" });
    return { status: response.status, headers: response.headers, json: JSON.parse(await response.text()) };
  };
  return { ask, log, seen, finds: (found: () => Promise<HealthProbe>) => (answer = found) };
}

describe("the two ids of a request", () => {
  it("stand side by side: ours is the runtime's, whatever the caller sends, and the caller reads back their own", async () => {
    const { ask, log } = given();
    const named = await ask("/nothing", { "X-Request-Id": "theirs" });
    expect([named.headers.get("x-request-id"), named.headers.get("pantheon-request-id"), named.json.request_id]).toEqual([
      "theirs",
      "ours-1",
      "theirs",
    ]);
    const bare = await ask("/nothing");
    expect([bare.headers.get("x-request-id"), bare.headers.get("pantheon-request-id"), bare.json.request_id]).toEqual([
      "ours-1",
      "ours-1",
      "ours-1",
    ]);
    expect(log.lines.map(({ fields }) => [fields["request_id"], fields["caller_request_id"], fields["source"]])).toEqual([
      ["ours-1", "theirs", "192.0.2.0/24"],
      ["ours-1", null, "192.0.2.0/24"],
    ]);
  });
});

describe("the build of a stage with a token", () => {
  it.each([undefined, "", "x", TOKEN.toUpperCase(), `${TOKEN} x`])("is not told to whoever sends %j", async (sent) => {
    const { ask, finds } = given({ buildToken: TOKEN });
    const headers: Record<string, string> = sent === undefined ? {} : { "Pantheon-Build-Token": sent };
    const well = await ask("/api/v1/health", headers);
    expect([well.status, well.json, well.headers.get("pantheon-version")]).toEqual([200, { status: "ok" }, null]);
    for (const trouble of [() => Promise.reject(new Error("canary")), () => Promise.resolve({ ...AT_HEAD, migrationHead: "a" })]) {
      finds(trouble);
      const ill = await given({ buildToken: TOKEN }).ask("/api/v1/health", headers);
      expect(JSON.stringify(ill.json)).not.toMatch(/c0ffee|production|migration|0\.1\.0/);
    }
  });

  it("is told to whoever sends it", async () => {
    const { ask } = given({ buildToken: TOKEN });
    const { json, headers } = await ask("/api/v1/health", { "Pantheon-Build-Token": TOKEN });
    expect([json.commit, json.stage, headers.get("pantheon-version")]).toEqual(["c0ffee", "production", "c0ffee"]);
  });

  it("keeps its trouble to itself too: 503 without a word of where the database stands", async () => {
    const { ask, finds } = given({ buildToken: TOKEN });
    finds(() => Promise.resolve({ ...AT_HEAD, migrationHead: "a" }));
    const { status, json } = await ask("/api/v1/health");
    expect([status, json.code, Object.keys(json)]).toEqual([
      503,
      "schema_behind",
      ["type", "title", "status", "detail", "code", "request_id"],
    ]);
  });
});

describe("health", () => {
  it("asks the database once for all who ask within three seconds, also when it is away", async () => {
    const { ask, seen, finds } = given();
    await Promise.all(Array.from({ length: 50 }, () => ask("/api/v1/health")));
    expect(seen.asked).toBe(1);
    seen.now += 2_999;
    await ask("/api/v1/health");
    expect(seen.asked).toBe(1);
    seen.now += 1;
    finds(() => Promise.reject(new Error("away")));
    expect((await Promise.all([ask("/api/v1/health"), ask("/api/v1/health/turns")])).map(({ status }) => status)).toEqual([503, 503]);
    expect((await ask("/api/v1/health")).status).toBe(503);
    expect(seen.asked).toBe(2);
    finds(() => Promise.resolve(AT_HEAD));
    seen.now -= 60_000; // a clock that was set back
    expect([(await ask("/api/v1/health")).status, seen.asked]).toEqual([200, 3]);
  });

  it("is asked each time for whoever has the stage's token: a deploy must see what is, and not what was", async () => {
    const { ask, seen } = given({ buildToken: TOKEN });
    for (const headers of [{}, { "Pantheon-Build-Token": TOKEN }, { "Pantheon-Build-Token": TOKEN }, {}])
      await ask("/api/v1/health", headers);
    expect(seen.asked).toBe(3);
  });

  it("is asked each time on a stage of one's own machine", async () => {
    const { ask, seen } = given({ stage: "local" });
    await ask("/api/v1/health");
    await ask("/api/v1/health");
    expect(seen.asked).toBe(2);
  });
});
