// `npx node tests/trials/bench/gateway-bench.ts`: what one answered call costs our own CPU through the gateway, beside the same body read and
// thrown away, in one run. (The AI SDK took 3.7 ms for one chunk and 26.6 ms for 400 on the machine where these took 0.39 and 0.83.) The provider is another process, so that its work is not counted. Read the ratios.

import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createGateway } from "@pantheon/core/models/gateway.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import type { ModelRequest } from "@pantheon/core/models/request.ts";
import Table from "cli-table3";
import { quiet } from "./bench-database.ts";

const ROUNDS = 25;
const CALLS = 20;
const ticks = () => performance.now();
const QUESTION = { role: "user", content: "How much is a turn?" } as const;

if (process.argv[2] === "provider") serve();
else await bench();

/** Answers in as many pieces as the path says, written together or each by itself. */
function serve(): void {
  const server = createServer((request, response) => {
    request.resume();
    const [, pieces = 1, way] = /^\/(\d+)\/(together|apart)\//.exec(request.url ?? "") ?? [];
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (more: object) =>
      response.write(`data: ${JSON.stringify({ id: "gen-1", object: "chat.completion.chunk", created: 1, model: "m", ...more })}\n\n`);
    const next = (sent: number): void => {
      if (sent < Number(pieces)) {
        send({ choices: [{ index: 0, delta: { role: "assistant", content: "some words " }, finish_reason: null }] });
        if (way === "apart") setImmediate(next, sent + 1);
        else next(sent + 1);
        return;
      }
      send({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
      send({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18, cost: 0.0001 } });
      response.end("data: [DONE]\n\n");
    };
    next(0);
  }).listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.send?.(typeof address === "object" && address !== null ? address.port : 0);
  });
  process.once("disconnect", () => process.exit());
}

async function bench(): Promise<void> {
  const provider = fork(fileURLToPath(import.meta.url), ["provider"]);
  const [port] = await once(provider, "message");
  const ways = ["1/together", "400/together", "400/apart"].map((way) => `http://127.0.0.1:${port}/${way}`);
  const head = ["CPU ms a call, median (least) of rounds", "1 chunk", "400 together", "400 one by one"];
  const table = new Table({ head, style: { head: [], border: [] } });
  const sides = { "fetch alone, nothing read": bareOf, "the gateway": oursOf };
  const costs = await inTurns(ways, Object.values(sides));
  for (const [side, name] of Object.keys(sides).entries()) table.push([name, ...costs.map((ofWay) => told(ofWay[side] ?? []))]);
  process.stdout.write(`${table.toString()}\n`);
  provider.disconnect();
}

type Ask = () => Promise<{ readonly text: string }>;

/** Of each address the CPU milliseconds of each side's rounds. The sides take turns, so that whatever else the machine does meets both. */
async function inTurns(urls: readonly string[], sides: readonly ((url: string) => Ask)[]): Promise<number[][][]> {
  const costs: number[][][] = [];
  for (const url of urls) {
    const asks = sides.map((side) => side(url));
    const rounds = asks.map((): number[] => []);
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [side, ask] of asks.entries()) {
        const ms = await cost(ask);
        if (round > 0) rounds[side]?.push(ms); // the first one warms
      }
    }
    costs.push(rounds);
  }
  return costs;
}

/** CPU milliseconds of this process for one call. */
async function cost(ask: Ask): Promise<number> {
  const before = process.cpuUsage();
  for (let call = 0; call < CALLS; call += 1) if ((await ask()).text === "") throw new Error("no answer");
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / CALLS;
}

/** The median, and the round that was disturbed least. */
function told(rounds: readonly number[]): string {
  const sorted = rounds.toSorted((a, b) => a - b);
  const [least = 0, median = 0] = [sorted[0], sorted[Math.floor(sorted.length / 2)]];
  return `${median.toFixed(2)} (${least.toFixed(2)})`;
}

/** The floor: the body arrives, and is thrown away. */
function bareOf(baseUrl: string) {
  return async () => {
    const response = await fetch(`${baseUrl}/chat/completions`, { method: "POST", body: JSON.stringify({ messages: [QUESTION] }) });
    const body = response.body?.getReader();
    while (!(await body?.read())?.done);
    return { text: "thrown away" };
  };
}

function oursOf(baseUrl: string) {
  const gateway = createGateway({ keys: { openrouter: "key" }, baseUrls: { openrouter: baseUrl }, log: quiet, clock: Date.now, ticks });
  const model = MODELS["gpt-4o-mini"];
  if (model === undefined) throw new Error("gpt-4o-mini is missing");
  const request: ModelRequest = { messages: [QUESTION], tools: [], sampling: {}, maxOutputTokens: 2_048, stream: true };
  return () => gateway.answer({ model, request, timeoutMs: 20_000 });
}
