// The client against the product: refusals, pages, ids of any text, streams, the README's chat, and a browser's bundle.

import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NoResponse, PantheonError } from "@pantheon/client/error.ts";
import { readEvents, type TurnEvent } from "@pantheon/client/sse.ts";
import { clientOf } from "../support/client.ts";
import { givenCredits, givenEnforcement, givenSession } from "../support/given.ts";
import { PROJECT, readProjectFile } from "../support/project-files.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;

beforeAll(async () => {
  world = await testWorld({ environment: { ADMIN_USER_IDS: "root" } });
});

afterAll(() => world.end());

describe("a refusal", () => {
  it("is one error with its code, its request and the members of its code", async () => {
    const session = await givenSession(world, "poor");
    await givenEnforcement(world, true);
    const client = clientOf(world, "poor");
    const refusal = await client.turns.run(session, { message: "May I?" }, { requestId: "my-request" }).catch((error: unknown) => error);
    await givenEnforcement(world, null);
    expect(refusal).toBeInstanceOf(PantheonError);
    expect(refusal).toMatchObject({
      code: "insufficient_credits",
      status: 402,
      message: "Insufficient credits. Please top up your account.",
      requestId: "my-request",
      members: { balance: "0", available: "0", top_up_url: `${world.apiUrl}/pay` },
    });
  });

  it("names every fault of bad input", async () => {
    const refusal = await clientOf(world, "ada")
      .topUps.start({ amount_usd: "0.001" })
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "invalid_request", errors: [{ path: "amount_usd" }] });
  });

  it("that is not the product's is unreadable, whatever it says", async () => {
    const refusal = await clientOf(world, "ada", { fetch: async () => new Response("<html>Bad gateway</html>", { status: 502 }) })
      .wallet.read()
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "unreadable", status: 502, errors: [] });
  });
});

describe("pages", () => {
  it("are walked to their end, each row once, newest first", async () => {
    const client = clientOf(world, "walker");
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.unshift((await client.sessions.create()).id);
    const walked: string[] = [];
    for await (const { id } of client.sessions.each({ limit: 2 })) walked.push(id);
    expect(walked).toEqual(made);
    const skipped: string[] = [];
    for await (const { id } of client.sessions.each({ limit: 2, offset: 1 })) skipped.push(id);
    expect(skipped).toEqual(made.slice(1));
  });
});

describe("an id", () => {
  it.each(["a/b", "?user=ä", "100 %", "#", "..%2f"])("may be %j", async (user) => {
    const root = clientOf(world, "root");
    await root.admin.users.grant(user, { amount: 2, create: true });
    expect(await root.admin.wallets.read(user)).toMatchObject({ user_id: user, balance: "2" });
  });
});

/** What is read of a stream whose bytes come one by one. */
async function eventsOf(events: readonly object[]): Promise<{ read: TurnEvent[]; error: unknown }> {
  const bytes = Buffer.from(`: a comment\n\n${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}`);
  const server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const byte of bytes) response.write(Buffer.of(byte));
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const read: TurnEvent[] = [];
  try {
    const response = await fetch(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`);
    for await (const event of readEvents(response)) read.push(event);
    return { read, error: null };
  } catch (error) {
    return { read, error };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe("a stream", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const usage = { input_tokens_fresh: 1, input_tokens_cached: 0, output_tokens: 1, reasoning_tokens: 0, total_tokens: 2, estimated: false };
  const started = {
    type: "turn_started",
    turn_id: "t1",
    turn_index: 1,
    model_alias_used: "default",
    multiplier: "1",
    pricing_version: "v",
    hold: "0.1",
    prune_triggered: false,
    created_at: at,
  };
  const done = {
    type: "done",
    turn_id: "t1",
    id: "t1",
    session_id: "s1",
    turn_index: 1,
    user_input: "?",
    assistant_output: "!",
    status: "completed",
    model_alias_used: "default",
    provider_model: "m",
    usage,
    oe_tokens: "1",
    multiplier: "1",
    pricing_version: "v",
    credits_burned: "0",
    credits_charged: "0",
    balance_after: "1",
    low_balance: true,
    prune_triggered: false,
    summary_triggered: false,
    summary_used_fallback: false,
    tool_calls: [],
    created_at: at,
    completed_at: at,
  };
  const chunk = { type: "chunk", delta: "Grüße — 你好" };

  it("is read event by event, and what is not known is passed over", async () => {
    const events = [started, chunk, { type: "thought", delta: "hm" }, done];
    expect(await eventsOf(events)).toEqual({ read: [events[0], chunk, done], error: null });
  });

  it("of a turn comes as the product sends it, and is told again under its key", async () => {
    const ada = clientOf(world, "streaming");
    const { id } = await ada.sessions.create();
    const read = async (): Promise<TurnEvent[]> => {
      const events: TurnEvent[] = [];
      for await (const event of ada.turns.stream(id, { message: "What is a wallet?" }, { key: "stream-1" })) events.push(event);
      return events;
    };
    const first = await read();
    expect([first[0]?.type, first.at(-1)?.type]).toEqual(["turn_started", "done"]);
    expect((await read()).at(-1)).toEqual(first.at(-1));
  });

  it("that breaks off before its last event is no answer", async () => {
    const { read, error } = await eventsOf([chunk]);
    expect([read, error]).toEqual([[chunk], expect.any(NoResponse)]);
  });

  it("is not believed when an event is not what the contract says", async () => {
    const { error } = await eventsOf([{ ...done, balance_after: 1 }]);
    expect(error).toMatchObject({ name: "ValiError" });
  });
});

it("bundles for a browser, with nothing of Node's", async () => {
  const entries = ["client", "error", "sse"].map((name) => join(PROJECT, `packages/client/src/${name}.ts`));
  const options = { bundle: true, write: false, format: "esm", platform: "browser", outdir: "out", logLevel: "silent" } as const;
  const { outputFiles } = await build({ entryPoints: entries, ...options });
  expect(outputFiles.map(({ text }) => /\bnode:|\brequire\(|\bprocess\./.exec(text)?.[0] ?? null)).toEqual([null, null, null]);
});

it("chats in the 20 lines of its README", async () => {
  const [, program = ""] = /```js\n([\s\S]*?)```/.exec(await readProjectFile("packages/client/README.md")) ?? [];
  expect(
    program
      .trim()
      .split("\n")
      .filter((line) => line !== "").length,
  ).toBeLessThanOrEqual(20);
  await givenCredits(world, "chatter", "5");
  const folder = await mkdtemp(join(PROJECT, "node_modules/.readme-"));
  try {
    await writeFile(join(folder, "chat.mjs"), program);
    const token = await world.issuer.token({ user: "chatter" });
    const running = promisify(execFile)(process.execPath, [join(folder, "chat.mjs"), world.apiUrl, token], { timeout: 30_000 });
    running.child.stdin?.end("Hello.\n \nAnd once more.\n");
    const { stdout } = await running;
    expect(stdout.match(/credits, 4\.99\d* left|invalid_request/g)).toEqual([expect.any(String), "invalid_request", expect.any(String)]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
