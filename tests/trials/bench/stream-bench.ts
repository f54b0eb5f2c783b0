// `npx node tests/trials/bench/stream-bench.ts`: how long a streamed turn takes to its first word through the whole stack, beside the stand-in
// provider asked directly, in turns and in one run; and what a hundred streams at once cost in memory, and whether it comes back. The product
// and its stand-ins are another process, so that what reads is not counted. Read the difference, the ratio, and the last row.

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { MODELS } from "@pantheon/core/models/models.ts";
import { startWorld } from "@pantheon/local/world.ts";
import Table from "cli-table3";
import { quiet, withBenchDatabase } from "./bench-database.ts";

const WARM = 30;
const ROUNDS = 150;
const STREAMS = 100;
/** Waits before each chunk, so that all of the hundred run at once. */
const SLOW = "fake-drip-20";
const QUESTION = "How much is a turn?";

type Place = { readonly apiUrl: string; readonly providerUrl: string; readonly providerKey: string; readonly token: string };
type Memory = { readonly heap: number; readonly whole: number };

const [, , role, databaseUrl] = process.argv;
if (role === "world") await serve(databaseUrl ?? "");
else await withBenchDatabase({}, bench);

/** The product with its stand-ins; says what its memory is when it is asked. */
async function serve(url: string): Promise<void> {
  const { default: template } = MODELS;
  if (template === undefined) throw new Error("the default model is missing");
  const models = { ...MODELS, [SLOW]: { ...template, routes: [{ ...template.routes[0], model: SLOW }] as const } };
  const home = await mkdtemp(join(tmpdir(), "pantheon-stream-bench-"));
  const world = await startWorld({ home, port: 0, databaseUrl: url, environment: {}, log: quiet, models, maxConnections: 16 });
  await sql`insert into model_pricing (pricing_version, model_alias, multiplier)
            select version, ${SLOW}, 1 from pricing_versions where is_active`.execute(world.deps.db.query);
  const { apiKey } = world.config.providers.openrouter;
  const token = await world.issuer.token({ user: "bench" });
  process.on("message", () => process.send?.(memory()));
  process.once("disconnect", () => void world.stop().then(() => rm(home, { recursive: true, force: true })));
  process.send?.({ apiUrl: world.apiUrl, providerUrl: world.provider.url, providerKey: apiKey ?? "", token } satisfies Place);
}

/** After everything that nobody needs was collected. Megabytes. */
function memory(): Memory {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / 1e6, whole: rss / 1e6 };
}

async function bench(url: string): Promise<void> {
  const world = fork(fileURLToPath(import.meta.url), ["world", url], { execArgv: ["--expose-gc"] });
  try {
    const [place] = (await once(world, "message")) as [Place];
    process.stdout.write(`${await firstWords(place)}\n${await manyAtOnce(place, world)}\n`);
  } finally {
    const ended = once(world, "exit");
    world.disconnect();
    await ended;
  }
}

/** Both ways by turns, so that what else this machine does meets both. */
async function firstWords(place: Place): Promise<string> {
  const ways: Record<"provider" | "stack", number[]> = { provider: [], stack: [] };
  for (let round = 0; round < WARM + ROUNDS; round += 1) {
    const session = await openSession(place);
    const times = {
      provider: await firstWord(askProvider(place), /"content":"[^"]/),
      stack: await firstWord(askStack(place, session), /"type":"chunk"/),
    };
    if (round < WARM) continue;
    ways.provider.push(times.provider);
    ways.stack.push(times.stack);
  }
  const table = new Table({ head: ["ms to the first word", "median", "95th of 100"], style: { head: [], border: [] } });
  const row = (what: string, times: readonly number[]) => table.push([what, at(times, 0.5).toFixed(2), at(times, 0.95).toFixed(2)]);
  row("the stand-in provider, directly", ways.provider);
  row("a streamed turn", ways.stack);
  const [direct, through] = [at(ways.provider, 0.5), at(ways.stack, 0.5)];
  table.push(["the difference, and the ratio", (through - direct).toFixed(2), (through / direct).toFixed(2)]);
  return table.toString();
}

function at(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? 0;
}

type Asking = () => Promise<Response>;

function askProvider({ providerUrl, providerKey }: Place): Asking {
  const body = JSON.stringify({
    model: "openai/gpt-4o-mini",
    stream: true,
    max_tokens: 64,
    messages: [{ role: "user", content: QUESTION }],
  });
  const headers = { Authorization: `Bearer ${providerKey}`, "Content-Type": "application/json" };
  return () => fetch(`${providerUrl}/chat/completions`, { method: "POST", headers, body });
}

function askStack({ apiUrl, token }: Place, session: string, alias = "default"): Asking {
  const body = JSON.stringify({ message: QUESTION, max_output_tokens: 64, model_alias_override: alias });
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  return () => fetch(`${apiUrl}/api/v1/sessions/${session}/turns/stream`, { method: "POST", headers, body });
}

async function openSession({ apiUrl, token }: Place): Promise<string> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const response = await fetch(`${apiUrl}/api/v1/sessions`, { method: "POST", headers, body: "{}" });
  const { id }: { id: string } = JSON.parse(await response.text());
  return id;
}

/** Milliseconds until the answer has this in it; the rest is read too, so that the next one finds everything at rest. */
async function firstWord(ask: Asking, word: RegExp): Promise<number> {
  const began = performance.now();
  const response = await ask();
  let [read, took] = ["", 0];
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    read += part;
    if (took === 0 && word.test(read)) took = performance.now() - began;
  }
  if (took === 0) throw new Error(`no word came: ${read.slice(0, 200)}`);
  return took;
}

async function manyAtOnce(place: Place, world: ChildProcess): Promise<string> {
  const table = new Table({ head: [`${STREAMS} streams at once`, "kept MB", "process MB"], style: { head: [], border: [] } });
  const row = (what: string, { heap, whole }: Memory) => table.push([what, heap.toFixed(1), whole.toFixed(0)]);
  await streams(place); // warm
  row("before", await memoryOf(world));
  const running = streams(place);
  const settled = running.then(() => true);
  let most: Memory = { heap: 0, whole: 0 };
  while (!(await Promise.race([settled, Promise.resolve(false)]))) {
    const now = await memoryOf(world);
    if (now.heap > most.heap) most = now;
  }
  row("the most while they ran", most);
  row("after", await memoryOf(world));
  return table.toString();
}

async function streams(place: Place): Promise<void> {
  const sessions = await Promise.all(Array.from({ length: STREAMS }, () => openSession(place)));
  const ends = await Promise.all(sessions.map(async (session) => (await askStack(place, session, SLOW)()).text()));
  const broken = ends.filter((text) => !text.includes('"type":"done"'));
  if (broken.length > 0) throw new Error(`${broken.length} of ${STREAMS} streams did not come to their end: ${broken[0]?.slice(-300)}`);
}

async function memoryOf(world: ChildProcess): Promise<Memory> {
  const told = once(world, "message");
  world.send("memory");
  const [now] = (await told) as [Memory];
  return now;
}
