// Talking to the issuer: authorization code with PKCE, and renewal. What it gets are tokens; session.ts keeps them.

import * as oauth from "oauth4webapi";
import { site } from "./site.ts";

export type Tokens = { readonly access: string; readonly refresh: string | null; readonly expires: number };
/** One try to sign in: it ends the way it began, or not at all. */
export type Attempt = { readonly verifier: string; readonly state: string; readonly back: string };

export const RETURN_PATH = "/signed-in";
const DEFAULT_SECONDS = 300;

/** A new try, and the issuer's address for it. `back` is where it ends here. */
export async function beginSignIn(back: string): Promise<{ attempt: Attempt; address: URL }> {
  const { server, client } = await discovered();
  const { scope, audience } = site();
  if (server.authorization_endpoint === undefined) throw new Error("The issuer names no place to sign in.");
  const attempt = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), back };
  const address = new URL(server.authorization_endpoint);
  const query = {
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri(),
    state: attempt.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: "S256",
    ...(scope !== null && { scope }),
    ...(audience !== null && { [audience.parameter]: audience.value }),
  };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return { attempt, address };
}

/** Tokens for the answer that came back. Throws when it is none of this try's, or the issuer refuses. */
export async function finishSignIn(attempt: Attempt, answer: URL): Promise<Tokens> {
  const { server, client } = await discovered();
  const checked = oauth.validateAuthResponse(server, client, answer, attempt.state);
  const more = { ...options(), additionalParameters: resource() };
  const asked = oauth.authorizationCodeGrantRequest(server, client, oauth.None(), checked, redirectUri(), attempt.verifier, more);
  return tokensOf(await oauth.processAuthorizationCodeResponse(server, client, await asked));
}

/** The resource that tokens are for is said again whenever some are asked for (RFC 8707); Auth0's audience is said once. */
function resource(): Record<string, string> {
  const { audience } = site();
  return audience?.parameter === "resource" ? { resource: audience.value } : {};
}

/** Tokens for a refresh token; null when the issuer says that it is worth nothing. Throws when the issuer cannot be reached. */
export async function renewTokens(refresh: string): Promise<Tokens | null> {
  const { server, client } = await discovered();
  const asked = { ...options(), additionalParameters: resource() };
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refresh, asked);
  try {
    const tokens = tokensOf(await oauth.processRefreshTokenResponse(server, client, response));
    return tokens.refresh === null ? { ...tokens, refresh } : tokens; // an issuer need not rotate
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError && response.status < 500) return null;
    throw error;
  }
}

const REVOKE_MS = 3_000;

/**
 * Ends the sign-in at the issuer, as far as it knows how: the refresh token is worth nothing then. Resolves to the address at which the
 * issuer ends its own session and sends back here; null where it has none.
 */
export async function endSignIn(refresh: string | null): Promise<URL | null> {
  const { server, client } = await discovered();
  if (refresh !== null && server.revocation_endpoint !== undefined) {
    const asked = { ...options(), signal: AbortSignal.timeout(REVOKE_MS) };
    await oauth.revocationRequest(server, client, oauth.None(), refresh, asked).catch(() => null); // it ends by itself, too
  }
  if (server.end_session_endpoint === undefined) return null;
  const address = new URL(server.end_session_endpoint);
  const back = `${location.origin}/`;
  // The standard's name for the way back, and Cognito's.
  const query = { client_id: client.client_id, post_logout_redirect_uri: back, logout_uri: back };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address;
}

type Issuer = { readonly server: oauth.AuthorizationServer; readonly client: oauth.Client };

let discovery: Promise<Issuer> | null = null;

/** What the issuer says of itself, asked once; asked again when it could not be had. */
async function discovered(): Promise<Issuer> {
  discovery ??= discover().catch((error: unknown) => {
    discovery = null;
    throw error;
  });
  return discovery;
}

async function discover(): Promise<Issuer> {
  const { issuer, client_id } = site();
  if (client_id === null) throw new Error("Nobody can sign in on this stage.");
  const response = await oauth.discoveryRequest(new URL(issuer), options());
  return { server: await oauth.processDiscoveryResponse(new URL(issuer), response), client: { client_id } };
}

/** What the API is sent: an issuer whose access tokens name no audience has an identity token that does. It lives as long as it says. */
function tokensOf(answer: oauth.TokenEndpointResponse): Tokens {
  const { access_token: access, id_token: identity, refresh_token: refresh = null, expires_in: seconds = DEFAULT_SECONDS } = answer;
  if (site().token === "access") return { access, refresh, expires: Date.now() + seconds * 1_000 };
  if (identity === undefined) throw new Error("The issuer gave no identity token: the scope lacks `openid`.");
  return { access: identity, refresh, expires: (oauth.getValidatedIdTokenClaims(answer)?.exp ?? 0) * 1_000 };
}

function redirectUri(): string {
  return `${location.origin}${RETURN_PATH}`;
}

/** The local issuer speaks plain HTTP on this machine; everywhere else it is HTTPS or nothing. */
function options() {
  return { [oauth.allowInsecureRequests]: new Set(["127.0.0.1", "localhost"]).has(location.hostname), signal: AbortSignal.timeout(15_000) };
}
