// Signing in at the local issuer as a browser does anywhere: authorization code with PKCE (RFC 7636), then refresh tokens that are good
// once. It knows one public client at one address, and asks for no password: it is for one machine, and nothing of it exists elsewhere.

import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { NONCE, secureHeaders, type SecureHeadersVariables } from "hono/secure-headers";
import * as v from "valibot";
import type { Clock } from "@pantheon/contract/time.ts";
import type { Issuer } from "../issuer.ts";
import { createGrants, type Granted, type Grants } from "./grants.ts";
import { refusalPage, signInPage, type Known } from "./page.ts";

/** The one client that may ask: the web app. */
export const WEB_CLIENT_ID = "pantheon-web";
/** Where the web app takes an answer, under its own origin. */
export const SIGNED_IN_PATH = "/signed-in";

export type SignInParts = {
  readonly issuer: Issuer;
  readonly issuerUrl: string;
  readonly clock: Clock;
  /** Who is offered on the page; anybody else can be typed. */
  readonly people: () => Promise<readonly Known[]>;
};

type Env = { Variables: SecureHeadersVariables };
type Parts = SignInParts & { readonly grants: Grants };

const ACCESS_SECONDS = 3_600;
const MAX_FORM_OCTETS = 8 * 1024;

/** The issuer's addresses: its keys, discovery, `/authorize` and `/token`. To be mounted where the issuer's address points. */
export function signIn(given: SignInParts): Hono<Env> {
  const parts: Parts = { ...given, grants: createGrants(given.clock) };
  const app = new Hono<Env>();
  app.route("/", parts.issuer.jwksRoute);
  for (const name of ["openid-configuration", "oauth-authorization-server"]) {
    app.get(`/.well-known/${name}`, (c) => c.json(metadata(parts.issuerUrl)));
  }
  app.use("/authorize", protection(), bodyLimit({ maxSize: MAX_FORM_OCTETS }), csrf());
  app.get("/authorize", async (c) => authorize(c, parts));
  app.post("/authorize", async (c) => authorize(c, parts));
  app.post("/token", bodyLimit({ maxSize: MAX_FORM_OCTETS }), async (c) => token(c, parts));
  return app;
}

function metadata(issuerUrl: string) {
  return {
    issuer: issuerUrl,
    authorization_endpoint: `${issuerUrl}/authorize`,
    token_endpoint: `${issuerUrl}/token`,
    jwks_uri: `${issuerUrl}/.well-known/jwks.json`,
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
    authorization_response_iss_parameter_supported: true,
  };
}

function protection() {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: [NONCE],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    strictTransportSecurity: false,
  });
}

const Challenge = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
const CodeRequest = v.object({ response_type: v.literal("code"), code_challenge_method: v.literal("S256"), code_challenge: Challenge });

/** Shows the page, or takes its form; both check the request in the address, since a form can be sent by anything. */
async function authorize(c: Context<Env>, parts: Parts): Promise<Response> {
  const { issuerUrl, grants } = parts;
  c.header("Cache-Control", "no-store");
  const nonce = c.get("secureHeadersNonce") ?? "";
  const { host, origin } = new URL(issuerUrl);
  const { client_id: client, redirect_uri: redirectUri, state, ...request } = c.req.query();
  const isOurs = new URL(c.req.url).host === host && client === WEB_CLIENT_ID && redirectUri === `${origin}${SIGNED_IN_PATH}`;
  if (!isOurs) return c.html(refusalPage(nonce, "This issuer does not know the client, or not at this address."), 400);
  const back = (answer: Record<string, string>) =>
    c.redirect(
      `${redirectUri}?${new URLSearchParams({ ...answer, iss: issuerUrl, ...(state !== undefined && { state }) }).toString()}`,
      303,
    );
  const asked = v.safeParse(CodeRequest, request);
  if (!asked.success) return back({ error: "invalid_request", error_description: "A code with an S256 challenge, and nothing else." });
  const chosen = c.req.method === "POST" ? await choose(c, parts) : null;
  if (chosen === null || "fault" in chosen) {
    const fault = chosen?.fault ?? null;
    return c.html(signInPage({ nonce, people: await parts.people(), fault }), fault === null ? 200 : 422);
  }
  const person = { user: chosen.user, email: `${chosen.user}@example.com` };
  return back({ code: grants.code(person, { challenge: asked.output.code_challenge, redirectUri }) });
}

/** Who was chosen; somebody who is to be an admin is one from now on. */
async function choose(c: Context<Env>, { issuer }: Parts): Promise<{ user: string } | { fault: string }> {
  const { user, admin } = await c.req.parseBody();
  try {
    if (typeof user !== "string") throw new RangeError("a user id is missing");
    await issuer.token({ user }); // it has the rule of a user id
    if (admin === "yes") issuer.addAdmin(user);
    return { user };
  } catch (error) {
    if (error instanceof RangeError) return { fault: "A user id is 1 to 64 characters, none of them a control character." };
    throw error;
  }
}

const TokenRequest = v.variant("grant_type", [
  v.object({
    grant_type: v.literal("authorization_code"),
    client_id: v.string(),
    code: v.string(),
    redirect_uri: v.string(),
    code_verifier: v.string(),
  }),
  v.object({ grant_type: v.literal("refresh_token"), client_id: v.string(), refresh_token: v.string() }),
]);

async function token(c: Context<Env>, { issuer, grants }: Parts): Promise<Response> {
  c.header("Cache-Control", "no-store");
  const asked = v.safeParse(TokenRequest, await c.req.parseBody());
  if (!asked.success) return c.json({ error: "invalid_request" }, 400);
  if (asked.output.client_id !== WEB_CLIENT_ID) return c.json({ error: "invalid_client" }, 401);
  const granted = exchange(grants, asked.output);
  if (granted === null) return c.json({ error: "invalid_grant" }, 400);
  const access = await issuer.token({ ...granted.person, expiresInSeconds: ACCESS_SECONDS });
  return c.json({ access_token: access, token_type: "Bearer", expires_in: ACCESS_SECONDS, refresh_token: granted.refresh });
}

function exchange(grants: Grants, asked: v.InferOutput<typeof TokenRequest>): Granted | null {
  if (asked.grant_type === "refresh_token") return grants.renew(asked.refresh_token);
  return grants.redeem(asked.code, { verifier: asked.code_verifier, redirectUri: asked.redirect_uri });
}
