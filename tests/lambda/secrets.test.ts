// A stage's secrets on Lambda's own runtime client: fetched by the first request, in force again without a deploy when they were rotated,
// kept while Secrets Manager is away, and told by name alone when they are missing.

import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { givenCredits, givenSession } from "../support/given.ts";
import { givenTopUp, succeededOf } from "../support/given-top-up.ts";
import { lambdaStage, type Lambda, type LambdaName, type LambdaStage } from "../support/lambda-stage.ts";
import { signatureOf } from "../support/payment-event.ts";
import { startSecrets, type StandInSecrets } from "../support/secrets-manager.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

const NAME = "pantheon/test/secrets";
const [OLD, NEW] = ["whsec_canary_old", "whsec_canary_new"];
const LIMIT_MS = 5 * 60 * 1_000;

let world: TestWorld;
let stage: LambdaStage;
let aws: StandInSecrets;
let secrets: Record<string, string>;

beforeAll(async () => {
  world = await testWorld();
  aws = await startSecrets(NAME);
  // What a deploy gives plainly; everything secret comes from the secret.
  const environment = { DATABASE_URL: "", STRIPE_SECRET_KEY: "", STRIPE_WEBHOOK_SECRET: "", OPENROUTER_API_KEY: "" };
  stage = await lambdaStage(world, { environment: { ...environment, SECRET_ID: NAME, AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url } });
  secrets = {
    DATABASE_URL: world.databaseUrl,
    STRIPE_SECRET_KEY: "sk_test_canary",
    STRIPE_WEBHOOK_SECRET: OLD,
    OPENROUTER_API_KEY: "canary-key",
  };
});
beforeEach(() => {
  aws.set(secrets);
  aws.behave("well");
});
afterAll(async () => {
  await stage.end();
  await aws.close();
  await world.end();
});

/** A container, and what its log must never have. */
async function givenLambda(name: LambdaName, environment: Record<string, string> = {}): Promise<Lambda> {
  return stage.lambda(name, environment);
}

async function expectNoSecretIn(lambda: Lambda): Promise<void> {
  expect(JSON.stringify(await lambda.logs())).not.toMatch(/canary|postgres(?:ql)?:\/\//);
}

/** The status with which an event is answered that is signed like this. */
async function paidWith(webhook: Lambda, secret: string): Promise<number> {
  const raw = JSON.stringify(succeededOf(await givenTopUp(world)));
  const headers = { "stripe-signature": signatureOf(raw, secret, Math.floor(Date.now() / 1_000) + webhook.laterBy() / 1_000) };
  return (await webhook.call("POST", "/webhooks/stripe", { user: null, raw, headers })).status;
}

describe("the secrets of a stage", () => {
  it("are fetched by the first request, once, and a turn runs with them", async () => {
    const asked = aws.asked();
    const turns = await givenLambda("turns");
    const session = await givenSession(world, "ada");
    await givenCredits(world, "ada", "1");
    for (const key of ["a", "b"]) {
      const turn = await turns.call("POST", `/api/v1/sessions/${session}/turns`, { key, body: { message: "Hello" } });
      expect(turn.status).toBe(201);
    }
    expect(aws.asked() - asked).toBe(1);
    await expectNoSecretIn(turns);
  });

  it("that were rotated are in force without a deploy, and the connections of before are closed", async () => {
    const [first, second] = [await givenRole("first"), await givenRole("second")];
    aws.set({ ...secrets, DATABASE_URL: first.url });
    const webhook = await givenLambda("stripe-webhook");
    expect([await paidWith(webhook, OLD), await paidWith(webhook, NEW)]).toEqual([200, 400]);
    expect([await first.connections(), await second.connections()]).toEqual([1, 0]);
    aws.set({ ...secrets, DATABASE_URL: second.url, STRIPE_WEBHOOK_SECRET: NEW });
    expect(await paidWith(webhook, NEW)).toBe(400);
    webhook.later(LIMIT_MS);
    expect([await paidWith(webhook, NEW), await paidWith(webhook, OLD)]).toEqual([200, 400]);
    await expect.poll(() => first.connections()).toBe(0);
    expect(await second.connections()).toBe(1);
    expect(webhook.starts()).toBe(1);
    await expectNoSecretIn(webhook);
    await webhook.recycle();
    await first.drop();
    await second.drop();
  });

  it("that are plain variables too are taken from there", async () => {
    const webhook = await givenLambda("stripe-webhook", { STRIPE_WEBHOOK_SECRET: "whsec_plain" });
    expect([await paidWith(webhook, "whsec_plain"), await paidWith(webhook, OLD)]).toEqual([200, 400]);
  });

  it("stay while Secrets Manager is away, and what was rotated meanwhile is in force once it is back", async () => {
    const webhook = await givenLambda("stripe-webhook");
    expect(await paidWith(webhook, OLD)).toBe(200);
    aws.behave("breaks");
    aws.set({ ...secrets, STRIPE_WEBHOOK_SECRET: NEW });
    webhook.later(LIMIT_MS);
    expect(await paidWith(webhook, OLD)).toBe(200);
    expect(await webhook.logs()).toContainEqual(expect.objectContaining({ level: "WARN", variables: "SECRET_ID" }));
    aws.behave("well");
    webhook.later(30_000);
    expect(await paidWith(webhook, NEW)).toBe(200);
    await expectNoSecretIn(webhook);
  });

  it("that have become wrong change nothing for a container that works, and are told", async () => {
    const webhook = await givenLambda("stripe-webhook");
    expect(await paidWith(webhook, OLD)).toBe(200);
    aws.set({ ...secrets, STRIPE_WEBHOOK_SECRET: "canary", DATABASE_URL: "canary" });
    webhook.later(LIMIT_MS);
    expect([await paidWith(webhook, OLD), await paidWith(webhook, OLD)]).toEqual([200, 200]);
    const told = (await webhook.logs()).filter(({ level }) => level === "ERROR");
    expect(told).toEqual([expect.objectContaining({ variables: "DATABASE_URL STRIPE_WEBHOOK_SECRET" })]);
    await expectNoSecretIn(webhook);
  });
});

describe("a container whose secrets are missing or wrong", () => {
  it.each<[string, () => string | object | null, string]>([
    ["there is no such secret", () => null, "SECRET_ID"],
    ["it is no JSON", () => "canary", "SECRET_ID"],
    ["a value is no text", () => ({ ...secrets, DATABASE_URL: { canary: 1 } }), "DATABASE_URL"],
    ["a required one is missing", () => ({ STRIPE_WEBHOOK_SECRET: "whsec_canary" }), "DATABASE_POOL_URL"],
    ["one is wrong", () => ({ ...secrets, AUTH_JWT_SECRET: "canary" }), "AUTH_JWT_SECRET"],
  ])("answers 503 not_configured and logs the name; it is mended without a deploy (%s)", async (_name, wrong, variables) => {
    aws.set(wrong());
    const users = await givenLambda("users");
    const refused = await users.call("GET", "/api/v1/users/me/wallet");
    expect(refused).toMatchObject({ status: 503, json: { code: "not_configured" } });
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(await users.logs()).toContainEqual(expect.objectContaining({ level: "ERROR", variables }));
    aws.set(secrets);
    expect((await users.call("GET", "/api/v1/users/me/wallet")).status).toBe(503);
    users.later(2_000);
    expect((await users.call("GET", "/api/v1/users/me/wallet")).status).toBe(200);
    expect(users.starts()).toBe(1);
    await expectNoSecretIn(users);
  });

  it("fails scheduled work until it is mended", async () => {
    aws.set(null);
    const maintenance = await givenLambda("maintenance");
    expect(await maintenance.invoke({ job: "verify" })).toMatchObject({ kind: "failed", error: "NotConfigured" });
    aws.set(secrets);
    maintenance.later(2_000);
    expect(await maintenance.invoke({ job: "verify" })).toMatchObject({ kind: "answered", payload: { broken: 0 } });
    await expectNoSecretIn(maintenance);
  });
});

/** A role of one's own on the server, by whose connections one sees which address a container uses. */
async function givenRole(name: string) {
  const admin = new Client({ connectionString: world.ownerUrl });
  await admin.connect();
  admin.on("error", () => {}); // the world ends every connection to its database
  const role = `${name}_${process.pid}`;
  await admin.query(`create role ${role} login in role pantheon_app password 'canary'`);
  const url = new URL(world.databaseUrl);
  Object.assign(url, { username: role, password: "canary" });
  return {
    url: url.href,
    connections: async () => (await admin.query("select 1 from pg_stat_activity where usename = $1", [role])).rows.length,
    drop: async () => {
      await admin.query(`drop role ${role}`);
      await admin.end();
    },
  };
}
