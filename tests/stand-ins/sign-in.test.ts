// Signing in at the local issuer: a code for a verifier, and refresh tokens that are good once. What leaked is worth nothing afterwards.

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import * as oauth from "oauth4webapi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVerifier } from "@pantheon/edge/auth/verifier.ts";
import { createIssuer, type Issuer } from "@pantheon/stand-ins/issuer.ts";
import { SIGNED_IN_PATH, WEB_CLIENT_ID, signIn } from "@pantheon/stand-ins/sign-in/sign-in.ts";
import { quietLog } from "../support/quiet-log.ts";

const OPEN = { [oauth.allowInsecureRequests]: true };
const VERIFIER = "a-verifier-of-at-least-forty-three-characters";

const people = () => Promise.resolve([{ user: "<b>ada</b>", isAdmin: true }]);

let home = "";
let now = 0;
let issuer: Issuer;
let url = "";
let stop: () => Promise<unknown>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pantheon-sign-in-"));
  now = Date.now();
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  issuer = createIssuer({ home, issuerUrl: url, audience: "authenticated", clock: Date.now });
  const listener = getRequestListener(signIn({ issuer, issuerUrl: url, clock: () => now, people }).fetch);
  stop = () => (server.closeAllConnections(), server.close(), once(server, "close"));
});
afterEach(async () => {
  await stop();
  await rm(home, { recursive: true });
});

/** The address that the web app sends a browser to; `more` says what is different. */
async function authorizeUrl(more: Record<string, string | undefined> = {}): Promise<string> {
  const query = {
    response_type: "code",
    client_id: WEB_CLIENT_ID,
    redirect_uri: `${url}${SIGNED_IN_PATH}`,
    state: "s",
    code_challenge: await oauth.calculatePKCECodeChallenge(VERIFIER),
    code_challenge_method: "S256",
    ...more,
  };
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
  return `${url}/authorize?${new URLSearchParams(given).toString()}`;
}

async function choose(fields: Record<string, string>, { address = "", origin = url } = {}): Promise<Response> {
  const target = address === "" ? await authorizeUrl() : address;
  return fetch(target, { method: "POST", headers: { Origin: origin }, body: new URLSearchParams(fields), redirect: "manual" });
}

/** Chooses a person, and answers the code that comes back. */
async function codeOf(user: string, fields: Record<string, string> = {}): Promise<string> {
  const response = await choose({ user, ...fields });
  return new URL(response.headers.get("location") ?? "").searchParams.get("code") ?? "";
}

type Tokens = { status: number; body: { access_token?: string; refresh_token: string; error?: string } };

async function token(fields: Record<string, string>): Promise<Tokens> {
  const response = await fetch(`${url}/token`, { method: "POST", body: new URLSearchParams({ client_id: WEB_CLIENT_ID, ...fields }) });
  expect(response.headers.get("cache-control")).toBe("no-store");
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const redeem = (code: string, more: Record<string, string> = {}) =>
  token({ grant_type: "authorization_code", code, redirect_uri: `${url}${SIGNED_IN_PATH}`, code_verifier: VERIFIER, ...more });
const renew = (refresh: string) => token({ grant_type: "refresh_token", refresh_token: refresh });

/** What the token endpoint says to a refresh token or code that is worth nothing. */
const NO_GRANT = { status: 400, body: { error: "invalid_grant" } };

describe("signing in", () => {
  it("gives a token that the product takes, by the library that the web app uses", async () => {
    const server = await oauth.processDiscoveryResponse(new URL(url), await oauth.discoveryRequest(new URL(url), OPEN));
    const client = { client_id: WEB_CLIENT_ID };
    const back = new URL((await choose({ user: "ada" })).headers.get("location") ?? "");
    expect(back.origin + back.pathname).toBe(`${url}${SIGNED_IN_PATH}`);
    const answer = oauth.validateAuthResponse(server, client, back, "s");
    const redirect = `${url}${SIGNED_IN_PATH}`;
    const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), answer, redirect, VERIFIER, OPEN);
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response);
    const auth = {
      issuer: url,
      audience: "authenticated",
      jwksUrl: server.jwks_uri ?? "",
      jwtSecret: null,
      roleRequired: true,
      maxMinutes: null,
    };
    const verify = createVerifier(auth, { clock: Date.now, log: quietLog() });
    expect(await verify(`Bearer ${tokens.access_token}`)).toEqual({ id: "ada", email: "ada@example.com", isAssured: false });
    const renewed = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token ?? "", OPEN);
    const next = await oauth.processRefreshTokenResponse(server, client, renewed);
    expect(await verify(`Bearer ${next.access_token}`)).toMatchObject({ id: "ada" });
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
  });

  it("asks who, marks operators, and shows a name as text", async () => {
    const page = await fetch(await authorizeUrl());
    expect([page.status, page.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    const text = await page.text();
    expect(text).toContain("&lt;b&gt;ada&lt;/b&gt;");
    expect(text).not.toContain("<b>ada");
    expect(text).toContain("operator</span>");
  });

  it("makes an operator of who asks to be one, and of nobody else", async () => {
    await codeOf("ada");
    await codeOf("root", { admin: "yes" });
    expect(["ada", "root"].map((id) => issuer.adminUserIds.has(id))).toEqual([false, true]);
  });

  it.each(["", "a".repeat(65), "a\u0001b"])("says what is wrong with the id %j and asks again", async (user) => {
    const response = await choose({ user, admin: "yes" });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("1 to 64 characters");
  });
});

describe("a request of somebody else", () => {
  it.each([
    ["an unknown client", { client_id: "other" }],
    ["another address", { redirect_uri: "https://evil.example/signed-in" }],
    ["an address that only begins like ours", { redirect_uri: "PREFIX" }],
    ["no address", { redirect_uri: undefined }],
  ])("for %s is refused here and sent nowhere", async (_name, more) => {
    const wrong = "redirect_uri" in more && more.redirect_uri === "PREFIX" ? { redirect_uri: `${url}${SIGNED_IN_PATH}x` } : more;
    const address = await authorizeUrl(wrong);
    for (const response of [await fetch(address, { redirect: "manual" }), await choose({ user: "ada" }, { address })]) {
      expect([response.status, response.headers.get("location")]).toEqual([400, null]);
    }
  });

  it.each([
    ["without a challenge", { code_challenge: undefined }],
    ["with a plain challenge", { code_challenge_method: "plain" }],
    ["for a token at once", { response_type: "token" }],
  ])("%s is told so, and gets no code", async (_name, more) => {
    const address = await authorizeUrl(more);
    const location = new URL((await choose({ user: "ada" }, { address })).headers.get("location") ?? "");
    expect(Object.fromEntries(location.searchParams)).toMatchObject({ error: "invalid_request", state: "s", iss: url });
    expect(location.searchParams.has("code")).toBe(false);
  });

  it("from a page of another site chooses nobody", async () => {
    expect((await choose({ user: "evil", admin: "yes" }, { origin: "https://evil.example" })).status).toBe(403);
    expect(issuer.adminUserIds.has("evil")).toBe(false);
  });
});

describe("a code", () => {
  it.each([
    ["another verifier", { code_verifier: `${VERIFIER}x` }],
    ["another address", { redirect_uri: "http://127.0.0.1:1/signed-in" }],
  ])("is worth nothing with %s, then or later", async (_name, more) => {
    const code = await codeOf("ada");
    expect(await redeem(code, more)).toEqual(NO_GRANT);
    expect(await redeem(code)).toEqual(NO_GRANT);
  });

  it("is worth nothing after a minute", async () => {
    const code = await codeOf("ada");
    now += 60_000;
    expect(await redeem(code)).toEqual(NO_GRANT);
  });

  it("is good once; a second use ends the sign-in that the first began", async () => {
    const code = await codeOf("ada");
    const { body } = await redeem(code);
    expect(await redeem(code)).toEqual(NO_GRANT);
    expect(await renew(body.refresh_token)).toEqual(NO_GRANT);
  });

  it("is for the one client only", async () => {
    const code = await codeOf("ada");
    expect(await redeem(code, { client_id: "other" })).toEqual({ status: 401, body: { error: "invalid_client" } });
  });
});

describe("a refresh token", () => {
  it("is good once; a second use ends the sign-in for both who have it", async () => {
    const first = (await redeem(await codeOf("ada"))).body.refresh_token;
    const second = (await renew(first)).body.refresh_token;
    expect(await renew(first)).toEqual(NO_GRANT);
    expect(await renew(second)).toEqual(NO_GRANT);
  });

  it("that is used twice leaves other sign-ins of the same person alone", async () => {
    const first = (await redeem(await codeOf("ada"))).body.refresh_token;
    const other = (await redeem(await codeOf("ada"))).body.refresh_token;
    await renew(first);
    expect(await renew(first)).toEqual(NO_GRANT);
    expect((await renew(other)).status).toBe(200);
  });

  it("is worth nothing after twelve hours", async () => {
    const { body } = await redeem(await codeOf("ada"));
    now += 12 * 60 * 60_000;
    expect(await renew(body.refresh_token)).toEqual(NO_GRANT);
  });

  it("of two renewals at once is used by one", async () => {
    const { body } = await redeem(await codeOf("ada"));
    const answers = await Promise.all([renew(body.refresh_token), renew(body.refresh_token)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]));
  });
});

it.each([{}, { grant_type: "password", username: "ada" }, { grant_type: "refresh_token" }])("nothing is given for %j", async (fields) => {
  expect(await token(fields as Record<string, string>)).toEqual({ status: 400, body: { error: "invalid_request" } });
});
