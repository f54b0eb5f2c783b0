// What a cold start reads and how long it takes: small enough for every function, and nothing that only some request needs. Told by the bundler for each bundle,
// and by a process that names each file as it loads it.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import Table from "cli-table3";
import { HANDLERS, lambdaStage, type LambdaName, type LambdaStage } from "../support/lambda-stage.ts";
import type { LambdaContainer } from "../support/lambda-container.ts";
import { emptyFunction, STARTS, timedGet, timesOf, WARM } from "../support/lambda-times.ts";
import { startSecrets } from "../support/secrets-manager.ts";
import { say } from "../support/say.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const BUDGET_BYTES = 400_000;
/** What a function loads only when a request needs it: SDKs, both drivers, and what they bring with them. */
const LAZY = /^(?:zod|stripe|pg(?:-.*)?|@aws-sdk\/.*|@smithy\/.*|@neondatabase\/.*)$/;
/** SDKs that only some functions need, and which function carries which: the others have none of it. */
const OWN_SDKS = ["stripe"];
const SDKS_OF: Readonly<Record<LambdaName, readonly string[]>> = {
  turns: [],
  "turns-stream": [],
  files: [],
  "file-parse": [],
  holds: [],
  users: ["stripe"],
  admin: [],
  "admin-stream": [],
  completions: [],
  "stripe-webhook": ["stripe"],
  maintenance: ["stripe"],
};
/** Makes a container name the files that it loads. */
const TELLS = { TEST_LOADS: "1" };
/** What is called with an event of its own, and has no address. */
const EVENTS: Partial<Record<LambdaName, object>> = { maintenance: { job: "sweep" }, "file-parse": { Records: [] } };
const NAMES = Object.keys(HANDLERS) as LambdaName[];

let world: TestWorld;
let stage: LambdaStage;
let folder: string;

beforeAll(async () => {
  world = await testWorld();
  stage = await lambdaStage(world, { preloads: ["lambda-loads"] });
  folder = await mkdtemp(join(tmpdir(), "pantheon-empty-"));
});
afterAll(async () => {
  await stage.end();
  await rm(folder, { recursive: true, force: true });
  await world.end();
});

/** The files of the bundle that this container loaded so far. */
async function loadedBy(container: LambdaContainer): Promise<string[]> {
  return (await container.logs()).flatMap((line) => line.loads ?? []);
}

describe("the bundle of a function", () => {
  it.each(NAMES)("has at most 400 KB to read at a cold start, and no SDK or driver among it: %s", async (name) => {
    const { coldStart, lazy } = await stage.bundle(name);
    expect(coldStart.bytes).toBeLessThanOrEqual(BUDGET_BYTES);
    expect(coldStart.packages.filter((used) => LAZY.test(used))).toEqual([]);
    expect(lazy.packages).toEqual(expect.arrayContaining(["pg", "@neondatabase/serverless", "@aws-sdk/client-secrets-manager"]));
    const carried = new Set([...coldStart.packages, ...lazy.packages]);
    expect(OWN_SDKS.filter((sdk) => carried.has(sdk))).toEqual(SDKS_OF[name]);
  });

  it("is as large as this", async () => {
    const table = new Table({ head: ["function", "cold start KB", "files", "lazy KB", "files", "largest packages of the cold start"] });
    for (const name of NAMES) {
      const { coldStart, lazy } = await stage.bundle(name);
      const largest = coldStart.sizes.slice(0, 4);
      table.push([
        name,
        kb(coldStart.bytes),
        coldStart.files.length,
        kb(lazy.bytes),
        lazy.files.length,
        largest.map(([owner, bytes]) => `${owner} ${kb(bytes)}`).join(", "),
      ]);
    }
    say(table.toString());
    expect(table).toHaveLength(NAMES.length);
  });
});

describe("a container", () => {
  it.each(NAMES.filter((name) => EVENTS[name] === undefined))(
    "starts with exactly that, and adds a driver with its first question to the database: %s",
    async (name) => {
      const bundle = await stage.bundle(name);
      const lambda = await stage.lambda(name, TELLS);
      const preloaded = name === "stripe-webhook" ? ["stripe"] : []; // its first request needs it
      expect((await lambda.call("GET", "/nothing", { user: null })).status).toBe(404);
      const started = await loadedBy(lambda);
      expect(started).toEqual(expect.arrayContaining([...bundle.coldStart.files]));
      const early = bundle.part(started).packages.filter((used) => LAZY.test(used));
      expect(early.filter((owner) => !owner.startsWith("pg"))).toEqual(preloaded);
      expect(early.includes("pg")).toBe(name.startsWith("turns") || name === "completions" || name === "holds"); // it has loaded the prices

      expect((await lambda.call("GET", `/api/v1/health/${name.replace("-stream", "")}`, { user: null })).status).toBe(200);
      const used = bundle.part(await loadedBy(lambda)).packages.filter((owner) => LAZY.test(owner));
      expect(used).toContain("pg");
      expect(used.filter((owner) => !owner.startsWith("pg"))).toEqual(preloaded);
      expect(lambda.starts()).toBe(1);
    },
  );

  it("loads the SDK of Secrets Manager only where a secret is named", async () => {
    const users = await stage.lambda("users", { ...TELLS, SECRET_ID: "none", AWS_ENDPOINT_URL_SECRETS_MANAGER: world.stripe.url });
    expect((await users.call("GET", "/api/v1/health/users", { user: null })).status).toBe(503);
    expect((await stage.bundle("users")).part(await loadedBy(users)).packages).toContain("@aws-sdk/client-secrets-manager");
  });
});

describe("every function", () => {
  // This machine is not Lambda, so the figures are shown and compared with nothing.
  it("starts and answers, in so many milliseconds", async () => {
    const table = new Table({ head: ["function", "start", "first request", "warm, no database", "warm, with the database"] });
    const empty = await emptyFunction(folder);
    table.push(["(an empty function)", ...shown(await timesOf(empty, timedGet("/", 200), timedGet("/", 200)))]);
    await empty.end();
    for (const name of NAMES) {
      const lambda = await stage.lambda(name);
      const health = timedGet(`/api/v1/health/${name.replace("-stream", "")}`, 200);
      const event = EVENTS[name];
      const times =
        event !== undefined
          ? await timesOf(lambda, { event, status: null })
          : await timesOf(lambda, health, timedGet("/nothing", 404), health);
      table.push([name, ...shown(times)]);
      await lambda.end();
    }
    const secrets = await startSecrets("stage");
    secrets.set({ DATABASE_URL: world.databaseUrl });
    const fetching = await stage.lambda("users", { SECRET_ID: "stage", DATABASE_URL: "", AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url });
    const health = timedGet("/api/v1/health/users", 200);
    table.push(["users, with a secret", ...shown(await timesOf(fetching, health, timedGet("/nothing", 404), health))]);
    await fetching.end();
    await secrets.close();
    say(`Milliseconds, medians of ${STARTS} starts and ${WARM} warm requests; aimed at: start 120, warm 3.\n${table.toString()}`);
    expect(table).toHaveLength(NAMES.length + 2);
  });
});

function shown(times: readonly number[]): string[] {
  return times.map((ms) => ms.toFixed(1));
}

function kb(bytes: number): string {
  return (bytes / 1_000).toFixed(0);
}
