// What is wrong with one answer: its status, its shape, its headers, and what it gives away. Pure, so that a test can show it wrong ones.

import * as v from "valibot";
import { CompletionError } from "@pantheon/contract/completions.ts";
import { Problem } from "@pantheon/contract/problem.ts";
import { GOOD_ROWS } from "../../support/rows.ts";
import type { Answer } from "../../support/world.ts";
import type { Canaries } from "./canaries.ts";
import type { Expected } from "./row.ts";

/** Every fault, as a line; none is a good answer. `commit` is what the build says that it is. */
export function faultsOf(answer: Answer, expected: Expected, canaries: Pick<Canaries, "found">, commit: string): string[] {
  const { status, code, at, bare = false, door = false, also } = expected;
  const wanted = typeof status === "number" ? [status] : status;
  const faults: string[] = [];
  if (!wanted.includes(answer.status)) faults.push(`status ${answer.status}, expected ${wanted.join(" or ")}`);
  if (answer.status >= 500 && !wanted.includes(answer.status)) faults.push("a fault of the server");
  if (!bare) faults.push(...headerFaults(answer, commit));
  if (!bare && answer.status >= 400 && answer.text !== "") faults.push(...(door ? doorFaults(answer) : problemFaults(answer)));
  if (code !== undefined && answer.json?.code !== code) faults.push(`code ${answer.json?.code}, expected ${code}`);
  if (at !== undefined) faults.push(...placeFaults(answer, at));
  faults.push(...leaksOf(answer, canaries));
  const more = also?.(answer) ?? null;
  return more === null ? faults : [...faults, more];
}

/** An answer of the product carries these whatever it says. */
function headerFaults({ headers }: Answer, commit: string): string[] {
  const faults: string[] = [];
  const hold = (name: string, good: (value: string | null) => boolean) => {
    const value = headers.get(name);
    if (!good(value)) faults.push(`header ${name} is ${value === null ? "missing" : JSON.stringify(value)}`);
  };
  hold("x-request-id", (id) => id !== null && /^[A-Za-z0-9._-]{1,64}$/.test(id));
  hold("pantheon-version", (version) => version === commit);
  hold("cache-control", (rule) => rule === "no-store");
  hold("x-content-type-options", (rule) => rule === "nosniff");
  for (const name of ["server", "x-powered-by", "access-control-allow-credentials"]) hold(name, (value) => value === null);
  hold("set-cookie", (value) => value === null);
  return faults;
}

function problemFaults({ status, headers, json }: Answer): string[] {
  const faults: string[] = [];
  const type = headers.get("content-type");
  if (type !== "application/problem+json") faults.push(`the content type of a refusal is ${type}`);
  const parsed = v.safeParse(Problem, json);
  if (!parsed.success) return [...faults, `not a problem document: ${v.summarize(parsed.issues).split("\n")[0]}`];
  const problem = parsed.output;
  if (problem.status !== status) faults.push(`the document says status ${problem.status}`);
  if (problem.request_id !== headers.get("x-request-id")) faults.push("the document says another request id than the header");
  if (problem.type !== `/problems/${problem.code}`) faults.push(`the document's type is ${problem.type}`);
  if (problem.code === "invalid_request" && (problem.errors ?? []).length === 0) faults.push("a 422 without a place");
  if (status === 401 && !CHALLENGE.test(headers.get("www-authenticate") ?? "")) faults.push("a 401 without WWW-Authenticate: Bearer");
  if (status === 405 && (headers.get("allow") ?? "") === "") faults.push("a 405 without Allow");
  if (NEEDS_TIME.has(problem.code) && !/^[1-9]\d*$/.test(headers.get("retry-after") ?? ""))
    faults.push(`${problem.code} without Retry-After`);
  return faults;
}

/** Refusals of OpenAI's API, and of Anthropic's. */
const DoorRefusal = v.union([
  v.strictObject(CompletionError.pipe[0].entries),
  v.strictObject({ type: v.literal("error"), error: v.strictObject({ type: v.string(), message: v.string() }) }),
]);

function doorFaults({ status, headers, json }: Answer): string[] {
  const faults: string[] = [];
  if (headers.get("content-type") !== "application/json") faults.push(`the content type of a refusal is ${headers.get("content-type")}`);
  if (!v.is(DoorRefusal, json)) faults.push("not a refusal as the door words them");
  if (status === 422) faults.push("a 422, which one client asks for seven times over");
  if (status === 401 && !CHALLENGE.test(headers.get("www-authenticate") ?? "")) faults.push("a 401 without WWW-Authenticate: Bearer");
  return faults;
}

const CHALLENGE = /^Bearer(?: error="invalid_token"(?:, error_description="[a-z ]+")?)?$/;
const NEEDS_TIME = new Set(["rate_limited", "idempotency_in_progress", "session_busy", "database_unavailable"]);

function placeFaults({ json }: Answer, at: string): string[] {
  const places: unknown[] = Array.isArray(json?.errors) ? json.errors.map((fault: { path: string }) => fault.path) : [];
  return places.length === 1 && places[0] === at
    ? []
    : [`the faults are at ${JSON.stringify(places)}, expected one at ${JSON.stringify(at)}`];
}

/** Names of tables that are no words of the API. */
const TABLES = Object.keys(GOOD_ROWS).filter((name) => name.includes("_") && !["top_ups"].includes(name));
const INSIDE = new RegExp(
  [
    String.raw`\bat [\w.<>]+ \(`,
    String.raw`\.[jt]s:\d+`,
    "node_modules",
    "postgres(?:ql)?:",
    String.raw`\bselect .* from\b`,
    String.raw`\binsert into\b`,
    String.raw`\bviolates\b`,
    "sqlstate",
    "ECONNREFUSED",
    String.raw`\b127\.0\.0\.1\b`,
    String.raw`\blocalhost\b`,
    ...TABLES.map((table) => String.raw`\b${table}\b`),
  ].join("|"),
  "i",
);

/** Secrets anywhere; in a refusal also people's texts, and the words of stacks, statements, hosts and tables. */
function leaksOf({ status, headers, text }: Answer, canaries: Pick<Canaries, "found">): string[] {
  const whole = `${JSON.stringify([...headers])}\n${text}`;
  const refused = status >= 400;
  const faults = canaries.found(whole, refused ? "private" : undefined).map((place) => `the canary of ${place} is in the answer`);
  const inside = refused ? INSIDE.exec(text) : null;
  return inside === null ? faults : [...faults, `the answer speaks of the inside: ${JSON.stringify(inside[0])}`];
}
