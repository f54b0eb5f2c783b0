// The local world under attack: the whole product behind one real port with a canary in every secret, its own log captured and looked
// through, three people (`ada` attacks, `bob` is attacked, `root` operates) and things of theirs.

import { readFileSync } from "node:fs";
import { createPrivateKey } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "@pantheon/core/log.ts";
import { createDatabase } from "@pantheon/core/db/database.ts";
import { checkInvariants } from "@pantheon/core/ledger/invariants.ts";
import { startProvider } from "@pantheon/stand-ins/provider/provider.ts";
import { startStripe } from "@pantheon/stand-ins/stripe/stripe.ts";
import { startWorld } from "@pantheon/local/world.ts";
import { exactRequest } from "../../support/exact-request.ts";
import { givenCredits, givenSession, modelsWith, runTurn } from "../../support/given.ts";
import { quietLog } from "../../support/quiet-log.ts";
import type { SigningKey } from "../../support/tokens.ts";
import type { Answer, CallOptions, TestWorld } from "../../support/world.ts";
import { createCanaries, type Canaries } from "./canaries.ts";
import { capturedLog, type CapturedLog } from "./captured-log.ts";
import { ROOT_NAME } from "./row.ts";

export const ORIGIN = "https://app.example.com";
export const COMMIT = "attacked";
export const ROOT = ROOT_NAME;

/** Ids of somebody's things, as they stand in paths. */
export type Things = {
  session: string;
  file: string;
  turn: string;
  transaction: string;
  top_up: string;
  key: string;
  hold: string;
  cursor: string;
};

export type AttackWorld = TestWorld & {
  readonly home: string;
  readonly canaries: Canaries;
  readonly captured: CapturedLog;
  /** Canaries that were met, with where. */
  readonly met: string[];
  readonly things: Readonly<Record<"ada" | "bob", Things>>;
  /** The issuer's own key, with which tokens are made that it would never make. */
  readonly issuerKey: SigningKey;
  token(user: string): Promise<string>;
  /** The names of the invariants that do not hold. */
  broken(): Promise<string[]>;
};

/** `databaseUrl` is a migrated database that may be spoilt; null starts a PostgreSQL of its own. */
export async function attackWorld(databaseUrl: string | null): Promise<AttackWorld> {
  const home = await mkdtemp(join(tmpdir(), "pantheon-attack-"));
  await chmod(home, 0o755); // under root the database runs as another user, who must be able to enter
  const canaries = createCanaries();
  const met: string[] = [];
  const captured = capturedLog((line) => met.push(...canaries.found(line, "private").map((place) => `${place} in a log line`)));
  const quiet = quietLog();
  const [provider, stripe] = [await startProvider(), await startStripe()];
  const leave = async () => {
    captured.release();
    await Promise.all([provider.close(), stripe.close(), rm(home, { recursive: true, force: true })]);
  };
  const world = await startWorld({
    home,
    port: 0,
    databaseUrl,
    models: modelsWith("fake-500", "fake-slow-1500", "fake-slow-400"),
    environment: {
      ...canaries.environment,
      OPENROUTER_BASE_URL: provider.url,
      STRIPE_API_URL: stripe.url,
      CORS_ALLOWED_ORIGINS: ORIGIN,
      COMMIT_SHA: COMMIT,
      ADMIN_USER_IDS: `${ROOT}, second`,
      TOP_UP_URL: `${ORIGIN}/top-up`,
    },
    log: bothLogs(quiet, captured),
  }).catch(async (error: unknown) => {
    await leave();
    throw error;
  });
  stripe.setWebhook({ url: `${world.apiUrl}/webhooks/stripe`, secret: canaries.environment["STRIPE_WEBHOOK_SECRET"] ?? "" });
  for (const [name, address] of [
    ["DATABASE_URL", world.databaseUrl],
    ["MIGRATION_DATABASE_URL", world.ownerUrl],
  ] as const) {
    canaries.add(name, decodeURIComponent(new URL(address).password));
  }
  const owner = createDatabase({ url: world.ownerUrl, log: quiet, clock: Date.now, maxConnections: 2 });
  const tokens = new Map<string, Promise<string>>();
  const token = (user: string) => {
    const made = tokens.get(user) ?? world.issuer.token({ user });
    tokens.set(user, made);
    return made;
  };
  for (const user of ["ada", "bob", ROOT]) canaries.add(`the token of ${user}`, (await token(user)).split(".")[2] ?? "");
  const broken = async () =>
    (await checkInvariants(world.deps.db)).filter((count) => count.broken !== 0).map(({ name, broken: rows }) => `${name} (${rows})`);
  const assertLedger = async () => {
    const names = await broken();
    if (names.length > 0) throw new Error(`invariants do not hold: ${names.join(", ")}`);
  };
  const base = {
    ...world,
    provider,
    stripe,
    home,
    canaries,
    captured,
    met,
    log: quiet,
    owner,
    issuerKey: issuerKeyOf(home, world.issuer.jwks.keys[0]?.kid ?? ""),
    token,
    broken,
    assertLedger,
    call: (method: string, path: string, options: CallOptions = {}) => call(world.apiUrl, token, method, path, options),
    end: async () => {
      try {
        await world.stop();
        await owner.close();
      } finally {
        await leave();
      }
    },
  };
  return { ...base, things: { ada: await givenThings(base, "ada"), bob: await givenThings(base, "bob") } };
}

function bothLogs(one: Log, other: Log): Log {
  const logs = [one, other];
  return {
    info: (message, fields) => logs.forEach((log) => log.info(message, fields)),
    warn: (message, fields) => logs.forEach((log) => log.warn(message, fields)),
    error: (message, fields) => logs.forEach((log) => log.error(message, fields)),
    count: (metric, fields) => logs.forEach((log) => log.count(metric, fields)),
  };
}

async function call(
  origin: string,
  token: (user: string) => Promise<string>,
  method: string,
  path: string,
  { user = "ada", body, key, headers, raw }: CallOptions,
): Promise<Answer> {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  return exactRequest(origin, {
    method,
    path,
    headers: {
      ...(user !== null && { Authorization: `Bearer ${await token(user)}` }),
      ...(payload !== undefined && { "Content-Type": "application/json" }),
      ...(key !== undefined && { "Idempotency-Key": key }),
      ...headers,
    },
    ...(payload !== undefined && { body: payload }),
  });
}

/** A session, a turn that was paid for, and a top-up. `bob` says things that only he may read. */
async function givenThings(world: TestWorld & { canaries: Canaries }, user: string): Promise<Things> {
  const secret = user === "bob" ? { title: world.canaries.text, system_prompt: world.canaries.text } : {};
  await givenCredits(world, user, "100");
  const session = await givenSession(world, user, secret);
  const message = user === "bob" ? `${world.canaries.text} ${world.canaries.card}` : "What is a wallet?";
  const turn = await runTurn(world, session, { user, message });
  if (turn.status !== 201) throw new Error(`no turn: ${turn.text}`);
  const { json: ledger } = await world.call("GET", "/api/v1/users/me/transactions?limit=1", { user });
  const announced = { filename: user === "bob" ? `${world.canaries.text}.txt` : "notes.txt", size_bytes: 4 };
  const { json: file } = await world.call("POST", `/api/v1/sessions/${session}/files`, { user, body: announced });
  const { json: topUp } = await world.call("POST", "/api/v1/users/me/wallet/top-up", { user, body: { amount_usd: "10" } });
  const { json: key } = await world.call("POST", "/api/v1/users/me/keys", { user, body: { name: "A program" } });
  world.canaries.add(`the API key of ${user}`, key.key);
  const asked = { model_alias: "default", credits: "0.5", lease_seconds: 3_600, metadata: { note: secret.title ?? "a note" } };
  const { json: hold } = await world.call("POST", "/api/v1/holds", { user, body: asked });
  if (typeof ledger.next_cursor !== "string") throw new Error("a second page of the ledger is missing");
  const ids = {
    session,
    file: file.id,
    turn: turn.json.id,
    transaction: ledger.transactions[0].id,
    top_up: topUp.id,
    key: key.id,
    hold: hold.id,
  };
  return { ...ids, cursor: ledger.next_cursor };
}

function issuerKeyOf(home: string, kid: string): SigningKey {
  const jwk = JSON.parse(readFileSync(join(home, "issuer.json"), "utf8"));
  const { d: _private, ...half } = jwk;
  return { kid, alg: "ES256", private: createPrivateKey({ key: jwk, format: "jwk" }), jwk: half, pem: "" };
}
