// The secrets of a container, read through the SDK itself: once, again when they are old, kept while Secrets Manager is away, and never
// in a log.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSecretSource, SecretFault, type SecretSource } from "@pantheon/edge/lambda/secrets.ts";
import { quietLog, type QuietLog } from "../support/quiet-log.ts";
import { startSecrets, type StandInSecrets } from "../support/secrets-manager.ts";

const NAME = "pantheon/test";
const FIRST = { DATABASE_URL: "postgres://canary-1/db", AUTH_JWT_SECRET: "canary-2".repeat(5) };
const MINUTE = 60_000;

let aws: StandInSecrets;
let log: QuietLog;
let now: number;
let source: SecretSource;
const before = { ...process.env };

beforeAll(async () => {
  aws = await startSecrets(NAME);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
});
afterAll(async () => {
  process.env = before;
  await aws.close();
});
beforeEach(() => {
  aws.set(FIRST);
  aws.behave("well");
  log = quietLog();
  now = 1_900_000_000_000;
  source = createSecretSource({ secretIds: [NAME], clock: () => now, log });
});

/** How often Secrets Manager was asked while this ran. */
async function askedBy(work: () => Promise<unknown>): Promise<number> {
  const already = aws.asked();
  await work();
  return aws.asked() - already;
}

async function faultOf(reading: Promise<unknown>): Promise<string> {
  const fault = await reading.catch((error: unknown) => error);
  if (!(fault instanceof SecretFault)) throw new Error(`no fault: ${String(fault)}`);
  return `${fault.names.join(" ")}: ${fault.message}`;
}

async function theFirstAlone(id: string): Promise<string> {
  if (id !== "one") throw new Error("canary");
  return "{}";
}

describe("several secrets", () => {
  it("are read at once and are one: a blank hides nothing, and of two values the later secret's counts", async () => {
    const texts: Record<string, object> = {
      one: { DATABASE_POOL_URL: "postgres://one/db", STRIPE_SECRET_KEY: "one" },
      two: { STRIPE_SECRET_KEY: "two", AUTH_JWT_SECRET: "two" },
      three: { AUTH_JWT_SECRET: " " },
    };
    const fetch = async (id: string) => JSON.stringify(texts[id]);
    const read = createSecretSource({ secretIds: ["one", "two", "three"], clock: () => now, log, fetch });
    expect(await read.read()).toEqual({ DATABASE_POOL_URL: "postgres://one/db", STRIPE_SECRET_KEY: "two", AUTH_JWT_SECRET: "two" });
    texts["three"] = { AUTH_JWT_SECRET: "three" };
    now += 5 * MINUTE;
    expect(await read.read()).toMatchObject({ AUTH_JWT_SECRET: "three" });
  });

  it("fail together: half of what a function needs is nothing to start with", async () => {
    const read = createSecretSource({ secretIds: ["one", "two"], clock: () => now, log, fetch: theFirstAlone });
    expect(await faultOf(read.read())).toBe("SECRET_ID: Error");
  });
});

describe("the secrets", () => {
  it("are asked for by the first reading, once for all that overlap, and hold for five minutes", async () => {
    expect(await askedBy(async () => createSecretSource({ secretIds: [NAME], clock: () => now, log }))).toBe(0);
    const all: unknown[] = [];
    const read = async () => all.push(...(await Promise.all(Array.from({ length: 20 }, () => source.read()))));
    expect(await askedBy(read)).toBe(1);
    now += 5 * MINUTE - 1;
    expect(await askedBy(read)).toBe(0);
    now += 1;
    expect(await askedBy(read)).toBe(1);
    expect(all[0]).toEqual(FIRST);
    for (const secrets of all) expect(secrets).toBe(all[0]);
  });

  it("that were changed are others after five minutes", async () => {
    const first = await source.read();
    aws.set({ ...FIRST, DATABASE_URL: "postgres://other/db" });
    expect(await source.read()).toBe(first);
    now += 5 * MINUTE;
    expect(await source.read()).toEqual({ ...FIRST, DATABASE_URL: "postgres://other/db" });
  });

  it("that were only written differently are the same", async () => {
    const first = await source.read();
    aws.set(JSON.stringify({ ...Object.fromEntries(Object.entries(FIRST).toReversed()), NEWER_THAN_THE_CODE: "canary" }, null, 2));
    now += 5 * MINUTE;
    expect(await source.read()).toBe(first);
  });

  it("are asked for again when the clock was set back", async () => {
    await source.read();
    now -= 60 * MINUTE;
    expect(await askedBy(() => source.read())).toBe(1);
  });

  it.each([
    [false, 2_000],
    [true, 30_000],
  ])("are asked for again soon when they turned out to be of no use (something else works: %s)", async (works, pause) => {
    await source.read();
    source.doubt(works);
    now += pause - 1;
    expect(await askedBy(() => source.read())).toBe(0);
    now += 1;
    expect(await askedBy(() => source.read())).toBe(1);
  });

  it("are only the variables that are secret; of others the name is told, if it is one", async () => {
    aws.set({ ...FIRST, ADMIN_USER_IDS: "canary-3", STRIPE_SECRET_KEYS: "canary-4", "sk_live_canary-5": "x", __proto__: null });
    expect(await source.read()).toEqual(FIRST);
    expect(log.lines).toEqual([
      {
        level: "warn",
        message: "The secret has names that are left out.",
        fields: { variables: "ADMIN_USER_IDS STRIPE_SECRET_KEYS (not a variable's name)" },
      },
    ]);
  });
});

describe("while Secrets Manager is away", () => {
  it.each(["fails", "breaks"] as const)("the old ones stay, with a warning, and it is asked again after 30 s (it %s)", async (how) => {
    const first = await source.read();
    aws.behave(how);
    now += 5 * MINUTE;
    expect(await source.read()).toBe(first);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { variables: "SECRET_ID" } }]);
    now += 29_999;
    expect(await askedBy(() => source.read())).toBe(0);
    aws.behave("well");
    aws.set({ ...FIRST, DATABASE_URL: "postgres://other/db" });
    now += 1;
    expect(await source.read()).toHaveProperty("DATABASE_URL", "postgres://other/db");
    expect(JSON.stringify(log.lines)).not.toContain("canary");
  });

  it("and silent, a reading ends within its time limit", async () => {
    const first = await source.read();
    aws.behave("silent");
    now += 5 * MINUTE;
    expect(await source.read()).toBe(first);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { variables: "SECRET_ID", reason: "AbortError" } }]);
  });

  it("a container that has none yet is refused, and asks again after 2 s", async () => {
    aws.behave("breaks");
    await expect(source.read()).rejects.toThrow(SecretFault);
    now += 1_999;
    aws.behave("well");
    expect(await askedBy(() => faultOf(source.read()))).toBe(0);
    now += 1;
    expect(await source.read()).toEqual(FIRST);
  });
});

describe("a secret", () => {
  it.each<[string, string | object | null, string]>([
    ["that does not exist", null, "SECRET_ID: ResourceNotFoundException"],
    ["that is empty", "", "SECRET_ID: is no JSON object"],
    ["that is no JSON", "canary=1", "SECRET_ID: is no JSON object"],
    ["that is a text", '"canary"', "SECRET_ID: is no JSON object"],
    ["that is a list", '["canary"]', "SECRET_ID: is no JSON object"],
    ["that is null", "null", "SECRET_ID: is no JSON object"],
    [
      "with values that are no texts",
      { ...FIRST, STRIPE_SECRET_KEY: 1, OPENROUTER_API_KEY: null },
      "STRIPE_SECRET_KEY OPENROUTER_API_KEY: must be texts",
    ],
  ])("%s is refused by name, and is mended without a new container", async (_name, secret, fault) => {
    aws.set(secret);
    expect(await faultOf(source.read())).toBe(fault);
    aws.set(FIRST);
    now += 2_000;
    expect(await source.read()).toEqual(FIRST);
    expect(JSON.stringify(log.lines)).not.toContain("canary");
  });

  it("that has become wrong changes nothing for a container that has a good one", async () => {
    const first = await source.read();
    aws.set("canary");
    now += 5 * MINUTE;
    expect(await source.read()).toBe(first);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { variables: "SECRET_ID", reason: "is no JSON object" } }]);
  });
});
