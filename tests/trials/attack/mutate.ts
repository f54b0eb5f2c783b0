// Spoils a good request in one to three ways, chosen by a random source: the same source spoils it in the same way again. Knows nothing of
// what the product answers.

import type { OutgoingHttpHeaders } from "node:http";
import type { ExactRequest } from "../../support/exact-request.ts";
import type { Draft, Members } from "./good-requests.ts";
import { VALUES, NAMES, IDS, METHODS, QUERY_VALUES, TYPES, TOKENS, HEADERS } from "./bad-values.ts";

export type Mutated = ExactRequest & {
  /** What was done, for a person who reads a fault. */
  readonly how: readonly string[];
  /** Who asks; undefined when the Authorization header was spoilt too. */
  readonly as: string | null | undefined;
};

/** What is spoilt: everything of the request, loosely. */
type Spoiling = {
  method: string;
  path: string;
  query: string[];
  headers: OutgoingHttpHeaders;
  members: Members | null;
  /** Instead of the members, when set. */
  body: string | Uint8Array | null;
  /** Done to the body's text at the end. */
  text: (body: string) => string;
  as: string | null | undefined;
};

type Choose = <Choice>(choices: readonly Choice[]) => Choice;
type Way = readonly [name: string, spoil: (request: Spoiling, choose: Choose) => boolean | void];

/** The way that was chosen does not fit every request; then another one is taken. */
const TRIES = 12;

export function mutate(draft: Draft, random: () => number): Mutated {
  const choose: Choose = (choices) => choices[Math.floor(random() * choices.length)] as (typeof choices)[number];
  const { method, path, members, as } = draft;
  const request: Spoiling = { method, path, query: [...draft.query], headers: {}, members, body: null, text: (body) => body, as };
  const how: string[] = [];
  const wanted = choose([1, 1, 1, 2, 2, 3]);
  for (let tries = 0; how.length < wanted && tries < TRIES; tries += 1) {
    const [name, spoil] = choose(members === null ? WITHOUT_BODY : WITH_BODY);
    if (spoil(request, choose) !== false) how.push(name);
  }
  const whole = request.members === null ? null : draft.around(objectOf(request.members));
  const body = request.body ?? (whole === null ? null : request.text(whole));
  const sealed = typeof body === "string" ? draft.seal(body) : {};
  const query = request.query.length > 0 ? `?${request.query.join("&")}` : "";
  const headers = { ...(body !== null && { "Content-Type": "application/json" }), ...sealed, ...request.headers };
  const kept = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  return { method: request.method, path: request.path + query, headers: kept, ...(body !== null && { body }), how, as: request.as };
}

function objectOf(members: Members): string {
  return `{${members.map(([name, json]) => `${name}:${json}`).join(",")}}`;
}

const LOOSE: readonly Way[] = [
  ["another header", ({ headers }, choose) => void (headers["X-Odd"] = choose(["1", "ä", "\t", "%0d%0a"]))],
  [
    "an odd header",
    ({ headers }, choose) => {
      const [name, value] = choose(HEADERS);
      headers[name] = value;
    },
  ],
  ["an unknown parameter", (request, choose) => void request.query.push(`${encodeURIComponent(choose(NAMES))}=${choose(QUERY_VALUES)}`)],
  ["a bad parameter", (request, choose) => spoilQuery(request, choose)],
  ["a parameter twice", ({ query }, choose) => query.length > 0 && void query.push(choose(query))],
  [
    "a parameter dropped",
    (request, choose) => request.query.length > 0 && void request.query.splice(request.query.indexOf(choose(request.query)), 1),
  ],
  ["an odd id", (request, choose) => spoilId(request, choose)],
  ["an odd end of the path", (request, choose) => void (request.path += choose(["/", "/x", "%2f", ";v=1", "//", "/..", ".json", "%00"]))],
  [
    "the path in another case",
    (request, choose) =>
      void (request.path = choose([request.path.toUpperCase(), request.path.replace("/api", "//api"), request.path.replace("v1", "v2")])),
  ],
  ["another method", (request, choose) => void (request.method = choose(METHODS))],
  [
    "a bad token",
    (request, choose) => {
      request.headers["Authorization"] = choose(TOKENS);
      request.as = undefined;
    },
  ],
  ["no token", (request) => void (request.as = null)],
  ["another user's token", (request, choose) => void (request.as = choose(["ada", "eve", "zoe"]))],
];

const OF_BODIES: readonly Way[] = [
  ["a member dropped", (request, choose) => change(request, (all) => all.toSpliced(all.indexOf(choose(all)), 1))],
  ["a member twice", (request, choose) => change(request, (all) => [...all, [choose(all)[0], choose(VALUES)]])],
  ["a member renamed", (request, choose) => replaceOne(request, choose, ([, json]) => [JSON.stringify(choose(NAMES)), json])],
  ["a member in capitals", (request, choose) => replaceOne(request, choose, ([name, json]) => [name.toUpperCase(), json])],
  ...[1, 2, 3, 4].map((time): Way => [
    `another value (${time})`,
    (request, choose) => replaceOne(request, choose, ([name]) => [name, choose(VALUES)]),
  ]),
  ["a value in a list", (request, choose) => replaceOne(request, choose, ([name, json]) => [name, `[${json}]`])],
  ["a value as text", (request, choose) => replaceOne(request, choose, ([name, json]) => [name, JSON.stringify(json)])],
  ["an unknown member", (request, choose) => change(request, (all) => [...all, [JSON.stringify(choose(NAMES)), choose(VALUES)]])],
  ["the object in a list", (request) => wrap(request, (text) => `[${text}]`)],
  ["another value altogether", (request, choose) => void (request.body = choose(VALUES))],
  ["cut", (request, choose) => wrap(request, (text) => text.slice(0, Math.floor(text.length * choose([0, 0.2, 0.5, 0.9]))))],
  ["something behind it", (request, choose) => wrap(request, (text) => text + choose(["}", "{}", ",", "\u0000", " ", "\n"]))],
  ["a byte order mark", (request) => wrap(request, (text) => `\ufeff${text}`)],
  [
    "another byte",
    (request, choose) => wrap(request, (text) => text.replace(choose(["{", '"', ":", "}", ","]), choose(["[", "'", "=", "", ";", "\\"]))),
  ],
  [
    "not UTF-8",
    (request, choose) => void (request.body = Buffer.from(choose(["7bff22", "fffe7b00", "22eda08022", "00", "f09f98"]), "hex")),
  ],
  ["too large", (request) => wrap(request, (text) => text + " ".repeat(600_000))],
  ["in chunks", (request) => void (request.headers["Transfer-Encoding"] = "chunked")],
  ["another content type", (request, choose) => void (request.headers["Content-Type"] = choose(TYPES))],
  [
    "no body",
    (request) => {
      request.members = null;
      request.body = null;
    },
  ],
];

const UNWANTED: readonly Way[] = [["a body that nobody wants", (request, choose) => void (request.body = choose(VALUES))]];

const WITH_BODY = [...LOOSE, ...OF_BODIES, ...OF_BODIES];
const WITHOUT_BODY = [...LOOSE, ...UNWANTED];

function change(request: Spoiling, act: (all: Members) => Members): boolean {
  if (request.members === null || request.members.length === 0) return false;
  request.members = act(request.members);
  return true;
}

function replaceOne(request: Spoiling, choose: Choose, act: (member: Members[number]) => Members[number]): boolean {
  return change(request, (all) => {
    const member = choose(all);
    return all.map((other) => (other === member ? act(member) : other));
  });
}

function wrap(request: Spoiling, act: (text: string) => string): boolean {
  const { text } = request;
  request.text = (body) => act(text(body));
  return true;
}

function spoilQuery(request: Spoiling, choose: Choose): boolean {
  if (request.query.length === 0) return false;
  const spoilt = choose(request.query);
  request.query = request.query.map((pair) => (pair === spoilt ? `${pair.split("=")[0]}=${choose(QUERY_VALUES)}` : pair));
  return true;
}

/** The last part of a path that looks like an id, or the last part at all. */
function spoilId(request: Spoiling, choose: Choose): void {
  const parts = request.path.split("/");
  const places = parts.flatMap((part, at) => (/\d|carl|deepseek/.test(part) && part !== "v1" ? [at] : []));
  const place = places.length > 0 ? choose(places) : parts.length - 1;
  request.path = parts.with(place, choose(IDS)).join("/");
}
