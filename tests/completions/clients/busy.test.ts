// What real clients make of a door that is busy: 429 for a limit of calls, 503 for a database that is away. Each waits, asks again, and has its
// answer; what was refused cost nothing.

import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import { getRequestListener } from "@hono/node-server";
import { ChatOpenAI } from "@langchain/openai";
import { generateText } from "ai";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { completionsApp } from "@pantheon/functions/completions/app.ts";
import { farWorld, type FarWorld } from "../../support/far-world.ts";
import { givenCredits, givenModelAsked, givenPrice, modelsWith } from "../../support/given.ts";
import { givenKey } from "../../support/given-key.ts";
import { debitsOf } from "../../support/ledger.ts";
import { chat } from "../given.ts";
import { QUESTION } from "./given-client.ts";

const SLOW = "fake-slow-1500";
let { world, proxy, far, end } = {} as FarWorld;
let server: Server;
let farUrl: string;
let users = 0;
let user: string;
beforeAll(async () => {
  ({ world, proxy, far, end } = await farWorld({ models: modelsWith(SLOW) }));
  await givenPrice(world, SLOW, "1");
  const listener = getRequestListener(completionsApp(far.deps).fetch);
  server = createServer((request, response) => void listener(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  farUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}, 60_000);
beforeEach(async () => {
  user = `busy-${(users += 1)}`;
  await givenCredits(world, user, "10");
});
afterEach(() => world.assertLedger());
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await end();
});

type Place = { readonly url: string; readonly apiKey: string; readonly fetch: typeof fetch };
type Ask = (place: Place) => Promise<string>;

const CLIENTS: readonly (readonly [string, Ask])[] = [
  [
    "openai",
    async ({ url, ...place }) => {
      const answer = await new OpenAI({ baseURL: `${url}/v1`, ...place }).chat.completions.create({
        model: "default",
        messages: [{ role: "user", content: QUESTION }],
      });
      return answer.choices[0]?.message.content ?? "";
    },
  ],
  [
    "openai, responses",
    async ({ url, ...place }) => {
      const answer = await new OpenAI({ baseURL: `${url}/v1`, ...place }).responses.create({ model: "default", input: QUESTION });
      return answer.output_text;
    },
  ],
  [
    "the AI SDK",
    async ({ url, ...place }) => {
      const pantheon = createOpenAICompatible({ name: "pantheon", baseURL: `${url}/v1`, ...place });
      return (await generateText({ model: pantheon("default"), prompt: QUESTION })).text;
    },
  ],
  [
    "the AI SDK's default",
    async ({ url, ...place }) =>
      (await generateText({ model: createOpenAI({ baseURL: `${url}/v1`, ...place })("default"), prompt: QUESTION })).text,
  ],
  [
    "LangChain",
    async ({ url, apiKey, fetch: asked }) =>
      (await new ChatOpenAI({ model: "default", apiKey, configuration: { baseURL: `${url}/v1`, fetch: asked } }).invoke(QUESTION)).text,
  ],
  [
    "the Anthropic SDK",
    async ({ url, ...place }) => {
      const answer = await new Anthropic({ baseURL: url, ...place }).messages.create({
        model: "default",
        max_tokens: 300,
        messages: [{ role: "user", content: QUESTION }],
      });
      return answer.content.map((block) => (block.type === "text" ? block.text : "")).join("");
    },
  ],
];

/** A fetch that notes the status and the wait of every response, and tells of each. */
function noted(then: () => void = () => {}) {
  const seen: (readonly [status: number, waits: boolean])[] = [];
  const asked: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    seen.push([response.status, Number(response.headers.get("retry-after")) > 0]);
    then();
    return response;
  };
  return { seen, fetch: asked };
}

describe.each(CLIENTS)("%s", (_name, ask) => {
  it("waits where its key has too many calls running, and is answered then", async () => {
    const { key, headers } = await givenKey(world, user, { limits: { running: 1 } });
    const { answer } = await givenModelAsked(world, () => chat(world, { model: SLOW }, { user: null, headers }));
    const { seen, fetch: asked } = noted();
    expect(await ask({ url: world.apiUrl, apiKey: key, fetch: asked })).toContain(QUESTION);
    expect([seen[0], seen.at(-1)?.[0]]).toEqual([[429, true], 200]);
    expect((await answer).status).toBe(200);
    expect(await debitsOf(world, user)).toHaveLength(2);
  }, 60_000);

  it("waits where the database is away, and is answered when it is back", async () => {
    const { key } = await givenKey(world, user);
    const { seen, fetch: asked } = noted(() => proxy.away(false));
    proxy.away(true);
    expect(await ask({ url: farUrl, apiKey: key, fetch: asked })).toContain(QUESTION);
    expect(seen).toEqual([
      [503, true],
      [200, false],
    ]);
    expect(await debitsOf(world, user)).toHaveLength(1);
  }, 60_000);
});
