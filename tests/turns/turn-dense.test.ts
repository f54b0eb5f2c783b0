// Sessions of dense text (base64, digits, scripts of which a token has an octet or two): the provider's window is full long before the
// arithmetic of four octets a token says so. Such a session goes on with less history, and remembers how dense it is.

import { afterEach, beforeEach, expect, test } from "vitest";
import { MODELS } from "@pantheon/core/models/models.ts";
import { givenCredits, givenPrice, givenSession, modelNamed, runTurn } from "../support/given.ts";
import { eventsOf, turnsOf, walletOf } from "../support/ledger.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

/** Takes 20 000 tokens of an octet each; our table says 20 000, and four octets. */
const NAME = "fake-dense-20000";
const DATA = Buffer.from("seven octets of nine are data. ".repeat(140)).toString("base64").slice(0, 5_000);

let world: TestWorld;
beforeEach(async () => {
  const dense = modelNamed(NAME, { contextWindow: 20_000 });
  world = await testWorld({ models: { ...MODELS, [NAME]: dense }, environment: { CONTEXT_SUMMARY_ALIAS: "none" } });
  await givenPrice(world, NAME, "1");
});
afterEach(() => world.end());

const turn = (session: string, message: string) => runTurn(world, session, { message, maxOutputTokens: 100 });

test("a session whose history fills the provider's window goes on with less of it, says so, and asks once a turn", async () => {
  const session = await givenSession(world, "ada", { model_alias: NAME });
  const answers = [];
  for (let index = 0; index < 12; index += 1) answers.push(await turn(session, `${index} ${DATA}`));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  expect(answers.map(({ json }) => json.turn_index)).toEqual(answers.map((_, index) => index + 1));
  // Three of five kilobytes fit beside a fourth. The second turn was counted, so the gate knows it from then on.
  expect(answers.map(({ json }) => json.prune_triggered)).toEqual(answers.map((_, index) => index > 2));
  expect(world.provider.callsTo(NAME)).toBe(answers.length);
  const turns = await turnsOf(world);
  for (const { octets_per_token: density } of turns) expect([Number(density) >= 1, Number(density) < 1.1]).toEqual([true, true]);
  expect(turns.map(({ prune_triggered }) => prune_triggered)).toEqual(answers.map(({ json }) => json.prune_triggered));
  expect(turns.every(({ over_hold }) => !over_hold) || turns.findIndex(({ over_hold }) => over_hold) === 0).toBe(true);
});

test("a history of unknown density is halved until the provider takes it, and the turn is charged for what was sent", async () => {
  const session = await givenSession(world, "ada", { model_alias: NAME });
  await givenCredits(world, "ada", "100");
  for (let index = 0; index < 3; index += 1) await turn(session, `${index} ${DATA}`);
  await world.owner.query.updateTable("turns").set({ octets_per_token: null }).execute();
  const calls = world.provider.callsTo(NAME);
  const answer = await turn(session, `3 ${DATA}${DATA}`);
  expect(answer).toMatchObject({ status: 201, json: { prune_triggered: true, turn_index: 4, usage: { estimated: false } } });
  expect(world.provider.callsTo(NAME) - calls).toBe(2);
  const sent = world.provider.requests.at(-1)?.messages ?? [];
  expect(sent.filter(({ role }) => role === "user").map(({ content }) => content.slice(0, 1))).toEqual(["2", "3"]);
  const last = (await turnsOf(world)).at(-1);
  expect(last).toMatchObject({ prune_triggered: true, status: "completed" });
  expect(Number(last?.octets_per_token)).toBeLessThan(1.1);
  const [event] = (await eventsOf(world)).slice(-1);
  const octets = sent.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  expect(Number(event?.input_tokens_fresh) + Number(event?.input_tokens_cached)).toBe(octets);
});

test("half a history that is still too long is halved again", async () => {
  const session = await givenSession(world, "ada", { model_alias: NAME });
  for (let index = 0; index < 3; index += 1) await turn(session, `${index} ${DATA}`);
  await world.owner.query.updateTable("turns").set({ octets_per_token: null }).execute();
  const calls = world.provider.callsTo(NAME);
  expect(await turn(session, `3 ${DATA.repeat(3)}`)).toMatchObject({ status: 201, json: { prune_triggered: true, turn_index: 4 } });
  expect(world.provider.callsTo(NAME) - calls).toBe(3);
  expect(world.provider.requests.at(-1)?.messages).toHaveLength(1);
});

test("a message that the provider refuses by itself is 422, void and free, with a history and without", async () => {
  const session = await givenSession(world, "ada", { model_alias: NAME });
  await givenCredits(world, "ada", "1");
  const alone = await turn(session, DATA.repeat(6));
  expect(alone).toMatchObject({ status: 422, json: { code: "context_budget_exceeded" } });
  expect(alone.text).not.toMatch(/stand-in|maximum|length_exceeded/);
  expect(world.provider.callsTo(NAME)).toBe(1);
  expect(await walletOf(world)).toEqual({ balance: "1.00000000", held: "0.00000000", seq: "1" });
  expect(await turnsOf(world)).toMatchObject([{ status: "failed", turn_index: null, failure_code: "context_budget_exceeded" }]);

  expect((await turn(session, "Short.")).status).toBe(201);
  expect((await turn(session, DATA.repeat(6))).status).toBe(422);
  expect((await turn(session, "Short again.")).json).toMatchObject({ turn_index: 2 });
  expect(world.provider.callsTo(NAME)).toBe(5); // with the history, without it
});

test("the next turn's hold is reckoned with the session's own density, within limits, and no short prompt changes it", async () => {
  const session = await givenSession(world, "ada", { model_alias: NAME });
  await turn(session, DATA);
  const holdOf = async () => Number((await turnsOf(world)).at(-1)?.hold);
  expect(await holdOf()).toBeLessThan((DATA.length / 4 / 10_000) * 0.35 + 0.02);
  await turn(session, "And?");
  expect(await holdOf()).toBeGreaterThan((DATA.length / 10_000) * 0.35);

  await world.owner.query.updateTable("turns").set({ octets_per_token: "0.0001" }).execute();
  await turn(session, "And?");
  expect(await holdOf()).toBeLessThan(((3 * DATA.length) / 10_000) * 0.35);
  await world.owner.query.updateTable("turns").set({ octets_per_token: "9" }).execute();
  await turn(session, "And?");
  expect(await holdOf()).toBeGreaterThan((DATA.length / 4 / 10_000) * 0.35);

  const short = await givenSession(world, "bob", { model_alias: NAME });
  await runTurn(world, short, { user: "bob", message: "Short.", maxOutputTokens: 100 });
  expect(await turnsOf(world, "bob")).toMatchObject([{ octets_per_token: null }]);
});
