// A provider that is hostile, broken or careless costs no answer that came, and gets nothing that is not its own.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { expectNoSecrets, givenGateway, refusalOf } from "../support/given-gateway.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A provider of a few lines, for what the stand-in does not do. */
async function givenServer(listener: RequestListener): Promise<string> {
  const server = createServer({ maxHeaderSize: 1024 * 1024 }, listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}/v1`;
}

function event(choice: object, more: object = {}): string {
  return `data: ${JSON.stringify({ id: "gen-1", model: "m", choices: [{ index: 0, ...choice }], ...more })}\n\n`;
}

function streaming(...parts: (string | Buffer)[]): RequestListener {
  return (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const part of parts) response.write(part);
    response.end();
  };
}

const HELLO = event({ delta: { content: "hello" } });
const FINISH = event({ delta: {}, finish_reason: "stop" });

describe("an answer that breaks off in an unusual place", () => {
  it("a connection lost after the finish leaves a whole answer, its usage unknown", async () => {
    const url = await givenServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(HELLO);
      response.write(FINISH, () => response.destroy());
    });
    expect(await givenGateway(url).ask("m")).toMatchObject({ text: "hello", cut: null, finishReason: "stop", usage: null });
  });

  it("a usage block that came before the break is kept", async () => {
    const usage = { prompt_tokens: 5, completion_tokens: 1 };
    const url = await givenServer(streaming(event({ delta: { content: "hello" } }, { usage })));
    expect(await givenGateway(url).ask("m")).toMatchObject({ text: "hello", cut: { kind: "cut" }, usage: { fresh: 5, output: 1 } });
  });

  it("an end by error is no finish", async () => {
    const url = await givenServer(
      streaming(HELLO, event({ delta: {}, finish_reason: "error" }, { error: { code: 502, message: "canary" } })),
    );
    expect(await givenGateway(url).ask("m")).toMatchObject({ text: "hello", cut: { kind: "overloaded" }, finishReason: null });
  });

  it("a chunk that cannot be read makes the answer cut, although the rest came", async () => {
    const url = await givenServer(streaming(HELLO, 'data: {"choices": [\n\n', event({ delta: { content: " you" } }), FINISH));
    expect(await givenGateway(url).ask("m")).toMatchObject({ text: "hello you", cut: { kind: "malformed" } });
  });
});

describe("a hostile or careless provider", () => {
  it.each([301, 302, 303, 307, 308])("a %i does not carry the key to another host", async (status) => {
    let visits = 0;
    const elsewhere = await givenServer((_, response) => {
      visits += 1;
      response.end();
    });
    const url = await givenServer((_, response) => void response.writeHead(status, { location: `${elsewhere}/chat/completions` }).end());
    const { ask, lines } = givenGateway(url);
    expect((await refusalOf(ask("m"))).code).toBe("provider_failed");
    expect(visits).toBe(0);
    expect(lines[0]?.fields?.["status"]).toBe(status);
    expectNoSecrets(lines);
  });

  it("text survives a malformed usage block in its own chunk", async () => {
    const usage = { prompt_tokens: "many", completion_tokens: -1 };
    const url = await givenServer(
      streaming(event({ delta: { content: "hel" } }, { usage }), event({ delta: { content: "lo" } }, { usage }), FINISH),
    );
    expect(await givenGateway(url).ask("m")).toMatchObject({ text: "hello", cut: null, usage: { fresh: null, output: null } });
  });

  it("characters split between packets arrive whole, and broken UTF-8 as U+FFFD", async () => {
    const octets = Buffer.from(event({ delta: { content: "über 😀" } }));
    const middle = octets.indexOf(Buffer.from("😀")) + 2;
    const broken = Buffer.concat([
      Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}}]}\n\n'),
    ]);
    const url = await givenServer(streaming(octets.subarray(0, middle), octets.subarray(middle), broken, FINISH));
    expect(await givenGateway(url).ask("m")).toMatchObject({ text: "über 😀\uFFFD(", cut: null });
  });

  it("a body without end is broken off", async () => {
    const url = await givenServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(HELLO);
      const flood = (): void => {
        while (!response.destroyed && response.write(event({ delta: { content: "x".repeat(64 * 1024) } })));
      };
      response.on("drain", flood);
      flood();
    });
    const answer = await givenGateway(url).ask("m");
    expect(answer.cut?.kind).toBe("malformed");
    expect(Buffer.byteLength(answer.text)).toBe(1024 * 1024);
  });

  it("names that are no names, or too long, do not reach a column", async () => {
    const names = { id: "\0".repeat(3) + "é".repeat(500), model: 7 };
    const url = await givenServer(
      streaming(event({ delta: { content: "hello" } }, names), event({ delta: {}, finish_reason: "because" }, names)),
    );
    const answer = await givenGateway(url).ask("asked-for");
    expect(answer).toMatchObject({ text: "hello", providerRequestId: "é".repeat(100), providerModel: "asked-for", finishReason: "other" });
  });

  it("headers without end are a failure", async () => {
    const url = await givenServer((_, response) => void response.writeHead(200, { "x-long": "x".repeat(512 * 1024) }).end());
    expect((await refusalOf(givenGateway(url).ask("m"))).code).toBe("provider_failed");
  });

  it("events that are no chunks are passed over", async () => {
    const url = await givenServer(
      streaming(": processing\n\n", 'data: {"type":"ping"}\n\n', HELLO, "event: ping\ndata: 7\n\n", FINISH, "data: [DONE]\n\n"),
    );
    expect(await givenGateway(url).ask("m")).toMatchObject({ text: "hello", cut: null });
  });
});

it("nothing that goes wrong is printed past the log", async () => {
  const script = `
    import { createServer } from "node:http";
    import { createGateway } from "@pantheon/core/models/gateway.ts";
    import { MODELS } from "@pantheon/core/models/models.ts";
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end('data: {"choices":[{"index":0,"delta":{"content":"hi"}}],"usage":"no"}\\n\\n' + 'data: {"error":{"message":"canary"}}\\n\\n');
    }).listen(0, "127.0.0.1", async () => {
      const baseUrl = "http://127.0.0.1:" + server.address().port + "/v1";
      const log = { info() {}, warn() {}, error() {}, count() {} };
      const request = { messages: [{ role: "system", content: "s" }, { role: "user", content: "u" }], tools: [], sampling: {}, maxOutputTokens: 9, stream: true };
      const place = { keys: { openrouter: "k" }, baseUrls: { openrouter: baseUrl }, log, clock: Date.now, ticks: () => performance.now() };
      const { text, cut } = await createGateway(place).answer({ model: MODELS["default"], request, timeoutMs: 9000 });
      server.close();
      process.stdout.write(text + (cut !== null));
    });`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: new URL("../../packages/local", import.meta.url),
    timeout: 20_000,
  });
  expect({ stdout, stderr }).toEqual({ stdout: "hitrue", stderr: "" });
});
