// A world whose turns may be routed: models of four prices, and a provider that a test tells whom the routing call names.

import type { RequestListener } from "node:http";
import { MODELS } from "@pantheon/core/models/models.ts";
import type { Model } from "@pantheon/core/models/model.ts";
import { givenContainer, providedBy, type Container } from "./container.ts";
import { cuttingProxy, type CuttingProxy } from "./cutting-proxy.ts";
import { serving } from "./given-answer.ts";
import { givenCredits, givenPrice, givenSession, modelNamed } from "./given.ts";
import { bodyOf, event } from "./summarising.ts";
import { testWorld, type Answer, type Json, type TestWorld } from "./world.ts";

/** What every answer reports; at a multiplier of 1 it costs (100 × 0.35 + 50) ÷ 10,000 = 0.0085 credits. */
const USAGE = { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 };
/** What a routing call costs the house. USD. */
export const ROUTING_COST = "0.00020000";

export const PRICES = { cheap: "0.5", own: "1", same: "1", dear: "2" } as const;

export type Pick = { readonly says: string } | "fails" | "silent" | "cut";

type Asked = { model: string; messages: { role: string; content: string }[] };

export type Routing = {
  readonly world: TestWorld;
  readonly proxy: CuttingProxy;
  /** Its way to the database can be cut. */
  readonly container: Container;
  asked: Asked[];
  pick: Pick;
  /** Whether whoever is chosen answers at all. */
  answers: boolean;
  user: string;
  /** A new user with a new session of the alias `own`. */
  begin(session?: Record<string, unknown>): Promise<string>;
  turn(session: string, more?: Record<string, unknown>, options?: { key?: string; apiKey?: string; from?: Container }): Promise<Answer>;
  /** What the last routing call was told. */
  told(): Json;
  end(): Promise<void>;
};

export async function routingWorld(): Promise<Routing> {
  const own = Object.fromEntries(Object.keys(PRICES).map((alias) => [alias, modelNamed(alias)]));
  const narrow = modelNamed("narrow", { contextWindow: 2_000 });
  const toolless = modelNamed("toolless", { capabilities: { ...narrow.capabilities, tools: false } });
  const keyless = { ...narrow, contextWindow: 128_000, routes: [{ ...narrow.routes[0], provider: "xai" }] } satisfies Model;
  const models = { ...MODELS, ...own, narrow, toolless, keyless, router: modelNamed("router") };
  const world = await testWorld({ models, environment: { ROUTING_ALIAS: "router", CREDIT_ENFORCEMENT_ENABLED: "true" } });
  for (const [alias, price] of Object.entries({ ...PRICES, narrow: "0.1", toolless: "0.1", keyless: "0.1" }))
    await givenPrice(world, alias, price);
  const provider = await serving((request, response) => void answer(place, request, response));
  const proxy = await cuttingProxy(world.databaseUrl);
  const container = givenContainer(world, { config: { ...providedBy(world.config, provider.url), databaseUrl: proxy.url } });
  let users = 0;
  const place: Routing = {
    world,
    proxy,
    container,
    asked: [],
    pick: { says: "own" },
    answers: true,
    user: "",
    begin: async (session = {}) => {
      place.user = `user-${(users += 1)}`;
      await givenCredits(world, place.user, "100");
      [place.asked, place.pick, place.answers] = [[], { says: "own" }, true];
      await container.deps.catalog.current();
      return givenSession(world, place.user, { model_alias: "own", ...session });
    },
    turn: (session, more = {}, { from = container, ...rest } = {}) =>
      from.turn(session, { user: place.user, maxOutputTokens: 100, more: { mode: "auto", ...more }, ...rest }),
    told: () => JSON.parse(place.asked.findLast(({ model }) => model === "router")?.messages.at(-1)?.content ?? "null"),
    end: async () => {
      await container.close();
      await proxy.close();
      await provider.close();
      await world.end();
    },
  };
  return place;
}

async function answer(place: Routing, ...[request, response]: Parameters<RequestListener>): Promise<void> {
  const body = await bodyOf(request);
  place.asked.push(body);
  const isRouting = body.model === "router";
  const how = isRouting ? place.pick : place.answers ? { says: `Said by ${body.model}.` } : "fails";
  if (how === "fails") {
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (how === "silent") {
    response.flushHeaders();
    return;
  }
  const content = how === "cut" ? "dea" : how.says;
  response.write(event({ model: body.model, choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }] }));
  const usage = event({ model: body.model, choices: [], usage: isRouting ? { ...USAGE, cost: Number(ROUTING_COST) } : USAGE });
  if (how === "cut") {
    response.write(usage, () => response.destroy());
    return;
  }
  response.write(event({ model: body.model, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
  response.end(`${usage}data: [DONE]\n\n`);
}
