// `npm run bench -- --profile`: where our own CPU goes in a turn at its steady state, as JSON and as a stream, over real HTTP: whole, and by
// what it is spent on. The model and the reader are other processes, so only the product is counted. Read the shares; the milliseconds
// are this machine's.

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Session, type Profiler } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startWorld } from "@pantheon/local/world.ts";
import { startProvider } from "@pantheon/stand-ins/provider/provider.ts";
import Table from "cli-table3";
import { quiet, withBenchDatabase } from "./bench-database.ts";

const WARM = 400;
const TURNS = 1_500;
const CLIENTS = 4;
/** How many turns one session has: its history is read by every turn. */
const SESSION_TURNS = 8;
const QUESTION = "How much is a turn?";
const PARTS_SHOWN = 16;

type Way = "json" | "stream";
type Place = { readonly apiUrl: string; readonly token: string };
type Spent = { readonly cpuMs: number; readonly parts: readonly (readonly [string, number])[] };

const [, , role, databaseUrl, providerUrl] = process.argv;
if (role === "world") await serve(databaseUrl ?? "", providerUrl ?? "");
else if (role === "provider") process.send?.((await startProvider()).url);
else await withBenchDatabase({}, bench);

/** The product. A message begins a measure, the next one ends it and is answered with what was spent in between. */
async function serve(url: string, provider: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "pantheon-profile-"));
  const environment = { OPENROUTER_BASE_URL: provider, OPENROUTER_API_KEY: "sk-bench" };
  const world = await startWorld({ home, port: 0, databaseUrl: url, environment, log: quiet, maxConnections: CLIENTS });
  const token = await world.issuer.token({ user: "bench" });
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  let before: NodeJS.CpuUsage | null = null;
  process.on("message", (profiled: boolean) => {
    void (async () => {
      if (before === null) {
        if (profiled) await session.post("Profiler.start");
        before = process.cpuUsage();
        return process.send?.(null);
      }
      const { user, system } = process.cpuUsage(before);
      before = null;
      const parts = profiled ? byPart((await session.post("Profiler.stop")).profile) : [];
      return process.send?.({ cpuMs: (user + system) / 1_000, parts } satisfies Spent);
    })();
  });
  process.once("disconnect", () => void world.stop().then(() => rm(home, { recursive: true, force: true })));
  process.send?.({ apiUrl: world.apiUrl, token } satisfies Place);
}

async function bench(url: string): Promise<void> {
  const script = fileURLToPath(import.meta.url);
  const provider = fork(script, ["provider"]);
  const [address] = (await once(provider, "message")) as [string];
  const world = fork(script, ["world", url, address]);
  const ask = async (profiled: boolean): Promise<Spent> => {
    world.send(profiled);
    return ((await once(world, "message")) as [Spent])[0];
  };
  try {
    const [place] = (await once(world, "message")) as [Place];
    const whole = new Table({ head: ["CPU of ours", "ms a turn"], style: { head: [], border: [] } });
    const parts = new Table({ head: ["share of a turn as JSON", "%"], style: { head: [], border: [] } });
    for (const way of ["json", "stream"] as const) {
      await turns(place, way, WARM);
      await ask(false);
      await turns(place, way, TURNS);
      whole.push([way === "json" ? "a turn as JSON" : "a streamed turn", ((await ask(false)).cpuMs / TURNS).toFixed(2)]);
    }
    await ask(true);
    await turns(place, "json", TURNS);
    for (const [part, share] of (await ask(true)).parts) parts.push([part, (share * 100).toFixed(1)]);
    process.stdout.write(`${whole.toString()}\n${parts.toString()}\n`);
  } finally {
    const ended = once(world, "exit");
    world.disconnect();
    provider.kill();
    await ended;
  }
}

/** So many turns over a few clients, each in sessions of its own. */
async function turns({ apiUrl, token }: Place, way: Way, count: number): Promise<void> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const post = async (path: string, body: object): Promise<string> => {
    const response = await fetch(`${apiUrl}/api/v1/sessions${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} was ${response.status}: ${text.slice(0, 200)}`);
    return text;
  };
  const client = async (): Promise<void> => {
    let session = "";
    for (let turn = 0; turn < count / CLIENTS; turn += 1) {
      if (turn % SESSION_TURNS === 0) session = (JSON.parse(await post("", {})) as { id: string }).id;
      await post(`/${session}/turns${way === "stream" ? "/stream" : ""}`, { message: QUESTION, max_output_tokens: 64 });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** The shares of what was not idle, by package, room or part of Node, the largest first. */
function byPart({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): [string, number][] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, partOf(callFrame.url, callFrame.functionName)]));
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const part = names.get(id) ?? "";
    if (part !== "(idle)") times.set(part, (times.get(part) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const sorted = [...times].toSorted(([, a], [, b]) => b - a).map(([part, time]): [string, number] => [part, time / all]);
  return sorted.slice(0, PARTS_SHOWN);
}

function partOf(url: string, name: string): string {
  const ours = /\/(packages\/[^/]+\/src(?:\/[^/]+(?=\/))?|functions\/[^/]+)/.exec(url)?.[1];
  const theirs = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (ours !== undefined) return ours.replace("/src", "");
  if (theirs !== undefined) return theirs;
  if (url.startsWith("node:"))
    return url
      .split("/")
      .slice(0, 2)
      .join("/")
      .replace(/^(node:_?http)\w*/, "node:http");
  return name === "" ? "(anonymous)" : name;
}
