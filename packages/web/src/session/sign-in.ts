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
  };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return { attempt, address };
}

/** Tokens for the answer that came back. Throws when it is none of this try's, or the issuer refuses. */
export async function finishSignIn(attempt: Attempt, answer: URL): Promise<Tokens> {
  const { server, client } = await discovered();
  const checked = oauth.validateAuthResponse(server, client, answer, attempt.state);
  const asked = oauth.authorizationCodeGrantRequest(server, client, oauth.None(), checked, redirectUri(), attempt.verifier, options());
  return tokensOf(await oauth.processAuthorizationCodeResponse(server, client, await asked));
}

/** Tokens for a refresh token; null when the issuer says that it is worth nothing. Throws when the issuer cannot be reached. */
export async function renewTokens(refresh: string): Promise<Tokens | null> {
  const { server, client } = await discovered();
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refresh, options());
  try {
    const tokens = tokensOf(await oauth.processRefreshTokenResponse(server, client, response));
    return tokens.refresh === null ? { ...tokens, refresh } : tokens; // an issuer need not rotate
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError && response.status < 500) return null;
    throw error;
  }
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
  const response = await oauth.discoveryRequest(new URL(issuer), options());
  return { server: await oauth.processDiscoveryResponse(new URL(issuer), response), client: { client_id } };
}

function tokensOf({ access_token: access, refresh_token: refresh, expires_in: seconds }: oauth.TokenEndpointResponse): Tokens {
  return { access, refresh: refresh ?? null, expires: Date.now() + (seconds ?? DEFAULT_SECONDS) * 1_000 };
}

function redirectUri(): string {
  return `${location.origin}${RETURN_PATH}`;
}

/** The local issuer speaks plain HTTP on this machine; everywhere else it is HTTPS or nothing. */
function options() {
  return { [oauth.allowInsecureRequests]: new Set(["127.0.0.1", "localhost"]).has(location.hostname), signal: AbortSignal.timeout(15_000) };
}
