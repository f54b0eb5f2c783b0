// Sends mutated requests to every operation of the document, and says which answers the document does not promise, which refused requests
// wrote something, and how the answers are spread.

import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { exactRequest } from "../../support/exact-request.ts";
import type { Operation } from "../../support/openapi-document.ts";
import { randomFrom } from "../../support/random.ts";
import { tracesOf } from "../../support/traces.ts";
import type { Answer } from "../../support/world.ts";
import { COMMIT, type AttackWorld } from "./attack-world.ts";
import { faultsOf } from "./check.ts";
import { givenCredits, givenSession } from "../../support/given.ts";
import { goodRequest, TARGET } from "./good-requests.ts";
import { mutate, type Mutated } from "./mutate.ts";
import { matches } from "./rows/requests.ts";
import { brief, type Fault } from "./run-rows.ts";

export type RouteReport = {
  readonly name: string;
  sent: number;
  /** How many answers of each status. */
  readonly statuses: Record<number, number>;
  readonly times: number[];
};

export type MutationsReport = { readonly routes: RouteReport[]; readonly faults: Fault[] };

export type MutationOptions = {
  readonly world: AttackWorld;
  /** All of the document: what an answer may be is looked up in them. */
  readonly operations: readonly Operation[];
  /** Those that are sent to; all unless given. */
  readonly wanted?: readonly Operation[];
  readonly perRoute: number;
  readonly seed: number;
  /** Told when a route is done. */
  readonly progress?: (line: string) => void;
};

const AT_ONCE = 8;
/** Between two looks at the tables. A look costs what the tables hold, so there are few in a long run. */
const LEAST_BATCH = 50;
const BATCHES = 12;
const MOST_FAULTS = 20;

export async function runMutations({
  world,
  operations,
  wanted = operations,
  perRoute,
  seed,
  progress,
}: MutationOptions): Promise<MutationsReport> {
  const report: MutationsReport = { routes: [], faults: [] };
  await givenSession(world, TARGET);
  await givenCredits(world, TARGET, "5");
  // Reads come first: the tables are small as long as nobody writes.
  for (const operation of wanted.toSorted((a, b) => Number(a.method !== "GET") - Number(b.method !== "GET"))) {
    const route: RouteReport = { name: operation.name, sent: 0, statuses: {}, times: [] };
    report.routes.push(route);
    const random = randomFrom(seed ^ hashOf(operation.name));
    const batch = operation.method === "GET" ? perRoute : Math.min(perRoute, Math.max(LEAST_BATCH, Math.ceil(perRoute / BATCHES)));
    for (let sent = 0; sent < perRoute; sent += batch) {
      const make = () => mutate(goodRequest(operation, world), random);
      report.faults.push(...(await runBatch(world, operations, route, Math.min(batch, perRoute - sent), make)));
      if (report.faults.length > MOST_FAULTS) return report;
    }
    const broken = await world.broken();
    if (broken.length > 0)
      report.faults.push({ row: `A128 ${route.name}`, request: "", got: "", wrong: [`invariants: ${broken.join(", ")}`] });
    progress?.(`${route.name}: ${route.sent} sent`);
  }
  return report;
}

type Sent = { readonly request: Mutated; readonly answer: Answer };

/** Sends so many; when something was written, those that were refused are sent again by themselves, which must write nothing. */
async function runBatch(
  world: AttackWorld,
  operations: readonly Operation[],
  route: RouteReport,
  count: number,
  make: () => Mutated,
): Promise<Fault[]> {
  const row = `A128 ${route.name}`;
  const faults: Fault[] = [];
  const sent: Sent[] = [];
  const before = await pictureOf(world);
  for (let at = 0; at < count; at += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - at) }, make).map(async (request) => {
      const began = performance.now();
      const answer = await send(world, request);
      route.times.push(performance.now() - began);
      route.sent += 1;
      route.statuses[answer.status] = (route.statuses[answer.status] ?? 0) + 1;
      const wrong = wrongWith(world, operations, request, answer);
      if (wrong.length > 0) faults.push({ row, request: lineOf(request), got: brief(answer), wrong });
      return { request, answer };
    });
    const answered = await Promise.all(some);
    if (answered.some(({ request, answer }) => request.method === "DELETE" && answer.status === 204)) await anotherSession(world);
    sent.push(...answered);
  }
  if ((await pictureOf(world)) === before) return faults;
  const refused = sent.filter(({ answer }) => answer.status >= 400).map(({ request }) => request);
  const reads = sent.filter(({ request, answer }) => answer.status < 400 && isRead(request)).map(({ request }) => request);
  const guilty = await writersAmong(world, [...refused, ...reads]);
  return [
    ...faults,
    ...guilty.map(({ request, answer }) => ({
      row,
      request: lineOf(request),
      got: brief(answer),
      wrong: ["it was refused, or only read, and something was written"],
    })),
  ];
}

/** Those of these requests that write although they are refused, or only read: halves are looked into as long as they write. */
async function writersAmong(world: AttackWorld, requests: readonly Mutated[]): Promise<Sent[]> {
  if (requests.length === 0) return [];
  const before = await pictureOf(world);
  const sent: Sent[] = [];
  for (const request of requests) sent.push({ request, answer: await send(world, request) });
  if ((await pictureOf(world)) === before) return [];
  // What was refused in a race, or for what was there before, may be taken now: that is its right.
  const still = sent.filter(({ request, answer }) => answer.status >= 400 || isRead(request));
  const [only] = still;
  if (requests.length === 1) return only === undefined ? [] : [only];
  const half = Math.ceil(still.length / 2);
  const again = still.map(({ request }) => request);
  return [...(await writersAmong(world, again.slice(0, half))), ...(await writersAmong(world, again.slice(half)))];
}

function isRead({ method }: Mutated): boolean {
  return ["GET", "HEAD", "OPTIONS"].includes(method);
}

async function pictureOf(world: AttackWorld): Promise<string> {
  return JSON.stringify(await tracesOf(world));
}

async function send(world: AttackWorld, { as, headers, ...rest }: Mutated): Promise<Answer> {
  const token = as === undefined || as === null ? {} : { Authorization: `Bearer ${await world.token(as)}` };
  return exactRequest(world.apiUrl, { ...rest, headers: { ...token, ...headers } });
}

/** What the shell of every function may answer, whatever the route. */
const SHELL = [404, 405, 413, 414, 415];
/** The HTTP server's own word about a head of more than 16 KiB, address and headers together. */
const TOO_MUCH_HEADER = 431;
const MUCH_HEADER = 12_000;

function wrongWith(world: AttackWorld, operations: readonly Operation[], request: Mutated, answer: Answer): string[] {
  const said = request.path.length + Object.values(request.headers ?? {}).reduce<number>((sum, value) => sum + String(value).length, 0);
  const bare = answer.status === TOO_MUCH_HEADER && said > MUCH_HEADER;
  const operation = operationFor(operations, request);
  const promised = operation?.responses.map(({ status }) => status).filter((status) => status < 500) ?? [];
  const preflight = request.method === "OPTIONS" ? [204] : [];
  // A body that breaks off, or guards that stand before the routes of a function, speak at addresses that nobody has, too.
  const nowhere = operation === undefined ? [400, 401, 403] : [];
  // A page of elsewhere may change nothing in the local world, whatever else is wrong with what it sends.
  const foreign = !isRead(request) && Object.keys(request.headers ?? {}).some((name) => name.toLowerCase() === "origin") ? [403] : [];
  const status = bare ? TOO_MUCH_HEADER : [...promised, ...preflight, ...nowhere, ...foreign, ...SHELL];
  // The local world's own word about pages of elsewhere is no word of the door's.
  const door = isAtDoor(request.path) && !(answer.status === 403 && foreign.length > 0);
  return faultsOf(answer, { status, door, ...(bare && { bare }) }, world.canaries, COMMIT);
}

/** By the address as a server reads it, without dots; two slashes at its beginning name no host there. */
function isAtDoor(path: string): boolean {
  const address = `http://door${path}`;
  return URL.canParse(address) && new URL(address).pathname.startsWith("/v1");
}

/** The operation that a request reaches, if any. */
function operationFor(operations: readonly Operation[], { method, path }: Mutated): Operation | undefined {
  const wanted = method === "HEAD" ? "GET" : method;
  const [plain = ""] = path.split("?");
  const fits = operations.filter((operation) => operation.method === wanted && matches(operation.path, plain));
  return fits.find((operation) => operation.path === plain) ?? fits[0];
}

function lineOf({ how, method, path, headers, body, as }: Mutated): string {
  const named = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${String(value).slice(0, 60)}`);
  const said =
    body === undefined ? "" : ` ${JSON.stringify(Buffer.from(body).toString().slice(0, 300))} (${Buffer.byteLength(body)} octets)`;
  return `${how.join(" + ")}: ${method} ${path.slice(0, 200)} as ${as ?? "nobody"} [${named.join("; ")}]${said}`;
}

/** A session of `ada` in the place of one that was deleted. */
async function anotherSession(world: AttackWorld): Promise<void> {
  const { ada } = world.things;
  if ((await world.call("GET", `/api/v1/sessions/${ada.session}`)).status === 200) return;
  ada.session = (await world.call("POST", "/api/v1/sessions", { body: {} })).json.id;
}

function hashOf(name: string): number {
  return createHash("sha256").update(name).digest().readUInt32BE();
}
