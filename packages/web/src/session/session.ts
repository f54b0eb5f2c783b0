// Who is signed in, in this tab alone: the only file that touches tokens. One renewal runs at a time, since a refresh token is good once.

import * as v from "valibot";
import { useSyncExternalStore } from "preact/compat";
import { beginSignIn, endSignIn, finishSignIn, renewTokens, RETURN_PATH, type Tokens } from "./sign-in.ts";

/** `ended`: somebody was signed in, and what is on the screen is still theirs. */
export type SessionState = "in" | "out" | "ended";

const Tokens = v.object({ access: v.string(), refresh: v.nullable(v.string()), expires: v.number() });
const Attempt = v.object({ verifier: v.string(), state: v.string(), back: v.pipe(v.string(), v.regex(/^\/(?!\/)/)) });

const TOKENS = "pantheon.tokens";
const ATTEMPT = "pantheon.attempt";
const EARLY_MS = 30_000;

let state: SessionState = "out";
let renewing: Promise<string | null> | null = null;
const listeners = new Set<() => void>();

/** Ends a sign-in that comes back, and says whether there is one. Resolves to a sentence when it did not work. */
export async function startSession(): Promise<string | null> {
  const fault = location.pathname === RETURN_PATH ? await comeBack() : null;
  become(read(TOKENS, Tokens) === null ? "out" : "in");
  return fault;
}

/** Leaves for the issuer; comes back to this address. Rejects when the issuer cannot be reached. */
export async function signIn(): Promise<void> {
  const back = location.pathname === RETURN_PATH ? "/" : location.pathname + location.search;
  const { attempt, address } = await beginSignIn(back);
  sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
  location.assign(address);
}

/**
 * Signs out everywhere: forgets everything of this tab, what was typed too, and of this person's other tabs, and ends the sign-in at the
 * issuer. What the issuer cannot be told ends by itself; here it is over at once.
 */
export async function signOut(): Promise<void> {
  const tokens = read(TOKENS, Tokens);
  sessionStorage.clear();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is this origin's alone
  if (tokens !== null) tabs.postMessage(personOf(tokens));
  const leave = await endSignIn(tokens?.refresh ?? null).catch(() => null);
  location.assign(leave ?? "/");
}

/** The tabs of this browser, which may be several people's: each tab has a sign-in of its own. */
const tabs = new BroadcastChannel("pantheon.out");
tabs.addEventListener("message", ({ data: person }: MessageEvent<unknown>) => {
  const tokens = read(TOKENS, Tokens);
  if (tokens === null || personOf(tokens) !== person) return;
  sessionStorage.clear();
  location.reload();
});

/** Whose token it is, unproven: the API proves it. A token that cannot be read is everybody's. */
function personOf({ access }: Tokens): string {
  try {
    const claims = atob((access.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"));
    return v.parse(v.object({ sub: v.string() }), JSON.parse(claims)).sub;
  } catch {
    return "";
  }
}

/** The API took the token for nobody's. What was typed stays. */
export function signInEnded(): void {
  sessionStorage.removeItem(TOKENS);
  if (state === "in") become("ended");
}

/** A token that is good for a while yet, renewed when it is not. Null when somebody has to sign in. */
export async function accessToken(): Promise<string | null> {
  const tokens = read(TOKENS, Tokens);
  if (tokens === null) return null;
  if (tokens.expires - Date.now() > EARLY_MS) return tokens.access;
  renewing ??= renew(tokens).finally(() => (renewing = null));
  return renewing;
}

export function useSession(): SessionState {
  return useSyncExternalStore(subscribe, () => state);
}

async function renew({ refresh }: Tokens): Promise<string | null> {
  const tokens = refresh === null ? null : await renewTokens(refresh);
  if (tokens === null) {
    signInEnded();
    return null;
  }
  keep(tokens);
  return tokens.access;
}

/** Whatever happens, the code leaves the address before anything is drawn. */
async function comeBack(): Promise<string | null> {
  const answer = new URL(location.href);
  const attempt = read(ATTEMPT, Attempt);
  sessionStorage.removeItem(ATTEMPT);
  history.replaceState(null, "", attempt?.back ?? "/");
  if (attempt === null) return null;
  try {
    keep(await finishSignIn(attempt, answer));
    return null;
  } catch {
    return "Signing in did not work. Nothing was changed; try again.";
  }
}

function keep(tokens: Tokens): void {
  sessionStorage.setItem(TOKENS, JSON.stringify(tokens));
}

function become(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read<Schema extends v.GenericSchema>(key: string, schema: Schema): v.InferOutput<Schema> | null {
  try {
    return v.parse(schema, JSON.parse(sessionStorage.getItem(key) ?? ""));
  } catch {
    return null; // missing, or written by something else
  }
}
