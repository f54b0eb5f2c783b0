// What the model is sent: the system prompt, the whole history in its order, what fits of it, and nothing of what failed.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Model } from "@pantheon/core/models/model.ts";
import { MODELS } from "@pantheon/core/models/models.ts";
import { givenSession, runTurn } from "../support/given.ts";
import { pictureOf, turnsOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

/** What fits is shown here; what becomes of the rest is turn-summary.test.ts. */
const NO_SUMMARIES = { CONTEXT_SUMMARY_ALIAS: "none" };
const MODEL = "openai/gpt-4o-mini";

let world: TestWorld;
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld({ models: { ...MODELS, "gpt-4o-mini": small(1_000) }, environment: NO_SUMMARIES });
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user, { system_prompt: "You are brief." });
});
afterEach(async () => {
  world.provider.behave(MODEL, null);
  await world.assertLedger();
});
afterAll(() => world.end());

/** A model with a window of so many tokens. */
function small(contextWindow: number): Model {
  const { default: template } = MODELS;
  if (!template) throw new Error("the default model is missing");
  return { ...template, contextWindow };
}

test("the model is sent the system prompt, then every message of the session from the oldest to the newest, and the limit of output", async () => {
  const [first, second] = [
    await runTurn(world, session, { user, message: "One." }),
    await runTurn(world, session, { user, message: "Two." }),
  ];
  await runTurn(world, session, { user, message: "\n  Three.\t ", maxOutputTokens: 77 });
  expect(world.provider.requests.at(-1)).toMatchObject({
    model: MODEL,
    maxTokens: 77,
    messages: [
      { role: "system", content: "You are brief." },
      { role: "user", content: "One." },
      { role: "assistant", content: first.json.assistant_output },
      { role: "user", content: "Two." },
      { role: "assistant", content: second.json.assistant_output },
      { role: "user", content: "Three." },
    ],
  });
  expect((await turnsOf(world, user)).at(-1)).toMatchObject({ user_input: "Three.", max_output_tokens: 77 });
});

test("a failed turn is no part of what the model is told later, and leaves no gap", async () => {
  await runTurn(world, session, { user, message: "One." });
  world.provider.behave(MODEL, "fake-400");
  expect((await runTurn(world, session, { user, message: "Lost." })).status).toBe(502);
  world.provider.behave(MODEL, null);
  expect((await runTurn(world, session, { user, message: "Two." })).json.turn_index).toBe(2);
  expect(
    world.provider.requests
      .at(-1)
      ?.messages.filter(({ role }) => role === "user")
      .map(({ content }) => content),
  ).toEqual(["One.", "Two."]);
});

test("a history that is larger than the model's window is pruned from its oldest end, and the turn says so", async () => {
  const narrow = await givenSession(world, user, { model_alias: "gpt-4o-mini" });
  const answers = [];
  for (let index = 1; index <= 6; index += 1)
    answers.push(await runTurn(world, narrow, { user, message: `${index}: ${"word ".repeat(150)}`, maxOutputTokens: 100 }));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  expect(answers.map(({ json }) => json.prune_triggered)).toEqual([false, false, false, true, true, true]);
  const sent = world.provider.requests
    .at(-1)
    ?.messages.filter(({ role }) => role === "user")
    .map(({ content }) => content.slice(0, 1));
  expect(sent).toEqual(["4", "5", "6"]);
  expect(answers.at(-1)?.json.turn_index).toBe(6);
});

test("a message that does not fit the window alone is refused, without a model call and without a row", async () => {
  const narrow = await givenSession(world, user, { model_alias: "gpt-4o-mini" });
  const before = await pictureOf(world);
  const calls = world.provider.calls();
  const refused = await runTurn(world, narrow, { user, message: "x".repeat(4_000), maxOutputTokens: 100 });
  expect(refused).toMatchObject({ status: 422, json: { code: "context_budget_exceeded" } });
  expect(await pictureOf(world)).toBe(before);
  expect(world.provider.calls()).toBe(calls);
});
