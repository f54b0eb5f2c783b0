// Runs the rows group by group over real HTTP, and says of each what was wrong: answers, rows that were written, models that were asked,
// invariants that no longer hold.

import { performance } from "node:perf_hooks";
import { exactRequest } from "../../support/exact-request.ts";
import type { Operation } from "../../support/openapi-document.ts";
import { tracesOf } from "../../support/traces.ts";
import type { Answer } from "../../support/world.ts";
import { COMMIT, type AttackWorld } from "./attack-world.ts";
import { faultsOf } from "./check.ts";
import { isExpected, type Attack, type AttackRequest, type Group, type Row } from "./row.ts";

export type Fault = { readonly row: string; readonly request: string; readonly got: string; readonly wrong: readonly string[] };

export type GroupReport = {
  readonly group: Group;
  rows: number;
  passed: number;
  requests: number;
  /** Milliseconds of each request. */
  readonly times: number[];
};

export type RowsReport = { readonly groups: GroupReport[]; readonly faults: Fault[]; readonly notes: string[] };

export type RunOptions = {
  readonly world: AttackWorld;
  readonly operations: readonly Operation[];
  readonly rows: Readonly<Record<Group, readonly Row[]>>;
  /** Only these numbers; all when it is empty. */
  readonly only?: readonly number[];
  readonly full: boolean;
  readonly seed: number;
  readonly mutations?: () => Promise<void>;
  /** Told when a group is done. */
  readonly progress?: (line: string) => void;
};

/** Requests at once, of those that change nothing. */
const AT_ONCE = 8;

export async function runRows(options: RunOptions): Promise<RowsReport> {
  const report: RowsReport = { groups: [], faults: [], notes: [] };
  for (const [group, rows] of Object.entries(options.rows) as [Group, readonly Row[]][]) {
    const wanted = rows.filter(({ id }) => !options.only?.length || options.only.includes(id));
    if (wanted.length === 0) continue;
    const of: GroupReport = { group, rows: wanted.length, passed: 0, requests: 0, times: [] };
    report.groups.push(of);
    for (const row of wanted) {
      const faults = await runRow(row, of, report, options);
      if (faults.length === 0) of.passed += 1;
      report.faults.push(...faults);
    }
    options.progress?.(`${group}: ${of.passed} of ${of.rows} rows passed`);
    const broken = await options.world.broken();
    if (broken.length > 0) report.faults.push({ row: `group ${group}`, request: "", got: "", wrong: [`invariants: ${broken.join(", ")}`] });
  }
  return report;
}

async function runRow(row: Row, of: GroupReport, { notes }: RowsReport, options: RunOptions): Promise<Fault[]> {
  const { world } = options;
  const faults: Fault[] = [];
  const name = `A${row.id} ${row.what}`;
  const note = (request: string, answer: Answer | null, wrong: readonly string[]) => {
    if (wrong.length > 0) faults.push({ row: name, request, got: answer === null ? "" : brief(answer), wrong });
  };
  const attack: Attack = {
    world,
    operations: options.operations,
    many: (full, few) => (options.full ? full : few),
    seed: options.seed,
    say: (line) => notes.push(`A${row.id}: ${line}`),
    mutations: options.mutations ?? (() => Promise.resolve()),
    look: (what, answer, expected) => {
      note(what, answer, faultsOf(answer, expected, world.canaries, COMMIT));
      return answer;
    },
    send: async (request) => {
      const began = performance.now();
      const answer = await sendOne(world, request);
      of.times.push(performance.now() - began);
      of.requests += 1;
      note(requestLine(request), answer, faultsOf(answer, request.expect, world.canaries, COMMIT));
      return answer;
    },
  };
  try {
    const requests = (await row.requests?.(attack)) ?? [];
    const quiet = requests.filter((request) => !mayWrite(request));
    note("", null, await writesOf(world, quiet, attack.send));
    for (const request of requests.filter(mayWrite)) await attack.send(request);
    await row.story?.(attack);
  } catch (error) {
    note("(its story)", null, [error instanceof Error ? error.message : String(error)]);
  }
  return faults;
}

/** A request that is to be taken, and changes something. */
function mayWrite({ target, expect }: AttackRequest): boolean {
  return !/^(?:GET|HEAD|OPTIONS) /.test(target) && [200, 201, 204].some((status) => isExpected(status, expect));
}

/** Sends them all; what was written although nothing may be is put down to the one that does it again. */
async function writesOf(
  world: AttackWorld,
  requests: readonly AttackRequest[],
  send: (request: AttackRequest) => Promise<Answer>,
): Promise<string[]> {
  if (requests.length === 0) return [];
  const before = JSON.stringify(await tracesOf(world));
  for (let at = 0; at < requests.length; at += AT_ONCE) await Promise.all(requests.slice(at, at + AT_ONCE).map(send));
  if (JSON.stringify(await tracesOf(world)) === before) return [];
  const guilty: string[] = [];
  for (const request of requests) {
    const then = JSON.stringify(await tracesOf(world));
    await sendOne(world, request);
    if (JSON.stringify(await tracesOf(world)) !== then) guilty.push(requestLine(request));
  }
  return [`something was written, or a model asked: by ${guilty.length > 0 ? guilty.join("; ") : "what did not do it again"}`];
}

/** Sends a request of a row as it stands, with the ids of its caller in its path. */
export async function sendOne(world: AttackWorld, { target, as = "ada", headers, body }: AttackRequest): Promise<Answer> {
  const [method = "", ...rest] = target.split(" ");
  const path = filled(rest.join(" "), world);
  return exactRequest(world.apiUrl, {
    method,
    path,
    headers: { ...(as !== null && { Authorization: `Bearer ${await world.token(as)}` }), ...headers },
    ...(body !== undefined && { body }),
  });
}

function filled(path: string, { things }: AttackWorld): string {
  return path.replaceAll(
    /\{(bob\.)?(session|file|turn|transaction|top_up|key|hold|cursor)\}/g,
    (_whole, bob: string | undefined, name: string) => {
      return things[bob === undefined ? "ada" : "bob"][name as keyof (typeof things)["ada"]];
    },
  );
}

function requestLine({ what, target, as = "ada", headers, body }: AttackRequest): string {
  const said =
    body === undefined ? "" : ` ${JSON.stringify(Buffer.from(body).toString().slice(0, 120))} (${Buffer.byteLength(body)} octets)`;
  const named = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${String(value).slice(0, 60)}`);
  return `${what === undefined ? "" : `${what}: `}${target.slice(0, 160)} as ${as ?? "nobody"}${named.length > 0 ? ` [${named.join("; ")}]` : ""}${said}`;
}

export function brief({ status, text }: Answer): string {
  return `${status} ${text.slice(0, 300)}`;
}
