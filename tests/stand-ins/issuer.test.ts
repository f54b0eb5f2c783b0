// The local world's tokens are checked by the production verifier, and its key and its admins outlive a restart.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getRequestListener } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVerifier, type Verifier } from "@pantheon/edge/auth/verifier.ts";
import { createIssuer, type Issuer } from "@pantheon/stand-ins/issuer.ts";
import { quietLog } from "../support/quiet-log.ts";

const TOKEN = fileURLToPath(new URL("../../packages/local/src/token.ts", import.meta.url));

let home = "";
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pantheon-issuer-"));
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await rm(home, { recursive: true });
});

/** The issuer of this home behind HTTP, and a verifier that trusts it. */
async function servedIssuer(): Promise<{ issuer: Issuer; verify: Verifier; url: string }> {
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const issuer = createIssuer({ home, issuerUrl: url, audience: "authenticated", clock: Date.now });
  const listener = getRequestListener(issuer.jwksRoute.fetch);
  closing.push(() => (server.closeAllConnections(), server.close(), once(server, "close")));
  const auth = {
    issuer: url,
    audience: "authenticated",
    jwksUrl: `${url}/.well-known/jwks.json`,
    jwtSecret: null,
    roleRequired: true,
    maxMinutes: null,
  };
  return { issuer, url, verify: createVerifier(auth, { clock: Date.now, log: quietLog() }) };
}

/** `npm run token` with these arguments. */
function runToken(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; stdout: string; stderr: string }>();
  const options = { env: { ...process.env, PANTHEON_HOME: home }, timeout: 20_000 };
  execFile(process.execPath, [TOKEN, ...args], options, (error, stdout, stderr) =>
    resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
  );
  return promise;
}

describe("the issuer", () => {
  it("makes tokens that the verifier takes, until they expire", async () => {
    const { issuer, verify } = await servedIssuer();
    expect(await verify(`Bearer ${await issuer.token({ user: "user-1", email: "a@example.com" })}`)).toEqual({
      id: "user-1",
      email: "a@example.com",
      isAssured: false,
    });
    const expired = await issuer.token({ user: "user-1", expiresInSeconds: 0 });
    await expect(verify(`Bearer ${expired}`)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("keeps its key between runs, readable to its owner alone, and publishes the public half only", async () => {
    const { verify, url } = await servedIssuer();
    const again = createIssuer({ home, issuerUrl: url, audience: "authenticated", clock: Date.now });
    expect(await verify(`Bearer ${await again.token({ user: "user-1" })}`)).toMatchObject({ id: "user-1" });
    expect((await stat(join(home, "issuer.json"))).mode & 0o777).toBe(0o600);
    const published: unknown = await (await fetch(`${url}/.well-known/jwks.json`)).json();
    expect(published).toEqual({ keys: [{ ...again.jwks.keys[0] }] });
    expect(Object.keys(again.jwks.keys[0] ?? {}).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  });

  it("of another home is a stranger", async () => {
    const { verify, url } = await servedIssuer();
    const other = createIssuer({ home: join(home, "other"), issuerUrl: url, audience: "authenticated", clock: Date.now });
    await expect(verify(`Bearer ${await other.token({ user: "user-1" })}`)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("knows an admin from the moment that another process adds one, exactly and once", async () => {
    const { issuer, url } = await servedIssuer();
    expect([issuer.adminUserIds.has("root"), issuer.adminUserIds.has("")]).toEqual([false, false]);
    const other = createIssuer({ home, issuerUrl: url, audience: "authenticated", clock: Date.now });
    other.addAdmin("root");
    other.addAdmin("root");
    expect(["root", "Root", "roo", "root ", ""].map((id) => issuer.adminUserIds.has(id))).toEqual([true, false, false, false, false]);
    expect(await readFile(join(home, "admins"), "utf8")).toBe("root\n");
  });

  it.each(["", "a".repeat(65), "a\nb", "a\u0000", "\ud800"])("makes neither a token nor an admin of %j", async (user) => {
    const issuer = createIssuer({ home, issuerUrl: "http://127.0.0.1:1", audience: "authenticated", clock: Date.now });
    await expect(issuer.token({ user })).rejects.toThrow(RangeError);
    expect(() => issuer.addAdmin(user)).toThrow(RangeError);
  });
});

describe("npm run token", () => {
  it("prints one good token and nothing else", async () => {
    const { verify, issuer, url } = await servedIssuer();
    await writeFile(join(home, "local.json"), JSON.stringify({ issuer: url }));
    const { code, stdout, stderr } = await runToken("--user", "user-1", "--email", "a@example.com", "--admin");
    expect([code, stderr, stdout.split("\n").length]).toEqual([0, "", 2]);
    expect(await verify(`Bearer ${stdout.trim()}`)).toEqual({ id: "user-1", email: "a@example.com", isAssured: false });
    expect(issuer.adminUserIds.has("user-1")).toBe(true);
  });

  it.each([
    ["no user", [], /--user/],
    ["an empty user", ["--user", ""], /user id/],
    ["an unknown option", ["--user", "a", "--root"], /--root/],
  ])("with %s prints no token and one line that says why", async (_name, args, expected) => {
    await writeFile(join(home, "local.json"), JSON.stringify({ issuer: "http://127.0.0.1:1" }));
    const { code, stdout, stderr } = await runToken(...args);
    expect([code, stdout, stderr.trim().split("\n").length]).toEqual([1, "", 1]);
    expect(stderr).toMatch(expected);
  });

  it("without a local world says how to get one", async () => {
    const { code, stdout, stderr } = await runToken("--user", "user-1");
    expect([code, stdout, stderr]).toEqual([1, "", "token: there is no local world yet; run npm start first\n"]);
  });
});
