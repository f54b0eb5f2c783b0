// A world whose small model is soon full, and whose summaries come from a provider that a test tells how to behave.

import type { RequestListener } from "node:http";
import { MODELS } from "@pantheon/core/models/models.ts";
import { givenContainer, providedBy, type Container } from "./container.ts";
import { cuttingProxy, type CuttingProxy } from "./cutting-proxy.ts";
import { serving } from "./given-answer.ts";
import { givenCredits, givenPrice, givenSession, modelNamed } from "./given.ts";
import { testWorld, type Answer, type TestWorld } from "./world.ts";

export const QUESTION = "What have we said so far, in short?";
const WINDOW = 2_000;
export const LEFT_FOR_ANSWER = 100;
/** Octets that a prompt of the small model may have. */
export const MOST_PROMPT = (WINDOW - LEFT_FOR_ANSWER) * 4;

export type Asked = { model: string; messages: { role: string; content: string }[] };
export type Reply = "whole" | "empty" | "cut" | "fails" | "silent" | "long";

export type Summarising = {
  readonly world: TestWorld;
  readonly proxy: CuttingProxy;
  /** Its way to the database can be cut, and its provider is told here how to behave. */
  readonly container: Container;
  /** Who is asked for what, since `begin`. */
  asked: Asked[];
  summaryIs: Reply;
  answerIs: Reply;
  user: string;
  session: string;
  /** A new user with a new session of the small model, and a provider that behaves. */
  begin(): Promise<void>;
  summaries(): Asked[];
  lastAsked(): Asked;
  turn(index: number, more?: { key?: string; from?: Container; timeLeftMs?: number }): Promise<Answer>;
  /** Runs turns from the first until one had to summarise, and answers all of them. */
  untilSummary(): Promise<Answer[]>;
  stored(): ReturnType<typeof storedOf>;
  forget(): Promise<void>;
  end(): Promise<void>;
};

export async function summarisingWorld(): Promise<Summarising> {
  const models = { ...MODELS, small: modelNamed("small", { contextWindow: WINDOW }), summarist: modelNamed("summarist") };
  const world = await testWorld({ models, environment: { CONTEXT_SUMMARY_ALIAS: "summarist" } });
  await givenPrice(world, "small", "1");
  const provider = await serving((request, response) => void answer(place, request, response));
  const proxy = await cuttingProxy(world.databaseUrl);
  const container = givenContainer(world, { config: { ...providedBy(world.config, provider.url), databaseUrl: proxy.url } });
  let users = 0;
  const place: Summarising = {
    world,
    proxy,
    container,
    asked: [],
    summaryIs: "whole",
    answerIs: "whole",
    user: "",
    session: "",
    begin: async () => {
      place.user = `user-${(users += 1)}`;
      place.session = await givenSession(world, place.user, { model_alias: "small" });
      await givenCredits(world, place.user, "100");
      await container.deps.catalog.current();
      [place.asked, place.summaryIs, place.answerIs] = [[], "whole", "whole"];
    },
    summaries: () => place.asked.filter(({ model }) => model === "summarist"),
    lastAsked: () => place.asked.at(-1) ?? { model: "", messages: [] },
    turn: (index, { from = container, ...rest } = {}) =>
      from.turn(place.session, { user: place.user, message: message(index), maxOutputTokens: LEFT_FOR_ANSWER, ...rest }),
    untilSummary: async () => {
      const answers = [await place.turn(1)];
      while (answers.at(-1)?.json.summary_triggered === false) answers.push(await place.turn(answers.length + 1));
      return answers;
    },
    stored: () => storedOf(place),
    forget: async () => void (await world.owner.query.deleteFrom("session_summaries").where("session_id", "=", place.session).execute()),
    end: async () => {
      await container.close();
      await proxy.close();
      await provider.close();
      await world.end();
    },
  };
  return place;
}

function storedOf({ world, session }: Summarising) {
  return world.deps.db.query.selectFrom("session_summaries").selectAll().where("session_id", "=", session).executeTakeFirst();
}

/** What is said in this turn; it begins with its number. */
export function message(index: number): string {
  return `${index}: ${"word ".repeat(150)}`;
}

/** Octets of what was sent, as the gate counts them. */
export function octetsOf({ messages }: Asked): number {
  return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) + 16, 0);
}

/** The body of a request to a provider. */
export async function bodyOf(request: Parameters<RequestListener>[0]): Promise<Asked> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

export function event(payload: object): string {
  return `data: ${JSON.stringify({ id: "gen-1", model: "m", ...payload })}\n\n`;
}

/** Four octets a token, as the hold has it; a summary costs a thousandth of a dollar. */
export function usageOf(body: Asked): object {
  const prompt = Math.floor(octetsOf(body) / 4);
  const cost = body.model === "summarist" && { cost: 0.001 };
  return { prompt_tokens: prompt, completion_tokens: 20, total_tokens: prompt + 20, ...cost };
}

async function answer(place: Summarising, ...[request, response]: Parameters<RequestListener>): Promise<void> {
  const body = await bodyOf(request);
  place.asked.push(body);
  const isSummary = body.model === "summarist";
  const how = isSummary ? place.summaryIs : place.answerIs;
  if (how === "fails") {
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (how === "silent") {
    response.flushHeaders();
    return;
  }
  const whole = isSummary ? `Key facts: summary ${place.summaries().length}.` : `Answer. ${"word ".repeat(100)}`;
  const content = { whole, empty: " ", cut: "Key fa", long: "many words ".repeat(2_000) }[how];
  response.write(event({ choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }] }));
  const usage = event({ choices: [], usage: usageOf(body) });
  if (how === "cut") {
    response.write(usage, () => response.destroy());
    return;
  }
  response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
  response.end(`${usage}data: [DONE]\n\n`);
}
