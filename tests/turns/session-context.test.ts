// What an owner sees of a session's context is what its model is sent next, and looking changes nothing.

import { afterAll, beforeAll, expect, test } from "vitest";
import { MODELS } from "@pantheon/core/models/models.ts";
import { givenPrice, givenSession, modelNamed, runTurn } from "../support/given.ts";
import { pictureOf } from "../support/ledger.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

const WINDOW = 2_000;
const OUTPUT = 200;
let world: TestWorld;
beforeAll(async () => {
  const models = { ...MODELS, small: modelNamed("small", { contextWindow: WINDOW }), summarist: modelNamed("summarist") };
  const environment = { CONTEXT_SUMMARY_ALIAS: "summarist", CONTEXT_MAX_OUTPUT_TOKENS: String(OUTPUT) };
  world = await testWorld({ models, environment });
  await givenPrice(world, "small", "1");
});
afterAll(() => world.end());

const contextOf = (session: string) => world.call("GET", `/api/v1/sessions/${session}/context`);
const plain = (messages: Json[]) => messages.map(({ role, content }) => ({ role, content }));

test("a session of its own prompt alone has that, and room for all else", async () => {
  const session = await givenSession(world, "ada", { model_alias: "small", system_prompt: "Be brief." });
  const { status, json } = await contextOf(session);
  expect(status).toBe(200);
  expect(json).toEqual({
    session_id: session,
    model_alias: "small",
    context_window: WINDOW,
    max_output_tokens: OUTPUT,
    messages: [{ role: "system", source: "system_prompt", place: null, octets: 9, content: "Be brief." }],
    octets: 57,
    octets_per_token: "4",
    input_tokens_estimated: 15,
    room_tokens: WINDOW - OUTPUT - 15,
    is_full: false,
  });
});

test("what is shown is what the model is sent next, with a summary too, and showing it writes nothing and asks nobody", async () => {
  const session = await givenSession(world, "ada", { model_alias: "small", system_prompt: "Be brief." });
  const seen = new Set<string>();
  for (let index = 1; index <= 14; index += 1) {
    const [before, calls] = [await pictureOf(world), world.provider.calls()];
    const { json } = await contextOf(session);
    expect([await pictureOf(world), world.provider.calls()]).toEqual([before, calls]);
    const turn = await runTurn(world, session, { message: `${index}: ${"word ".repeat(120)}` });
    const sent = world.provider.requests.at(-1)?.messages ?? [];
    if (!turn.json.prune_triggered) expect(plain(json.messages)).toEqual(plain(sent.slice(0, -1)));
    for (const { source } of json.messages) seen.add(source);
    const octets = json.messages.reduce((sum: number, message: Json) => sum + message.octets + 16, 0);
    expect(json.octets - octets).toBeLessThanOrEqual(32);
    expect(json.input_tokens_estimated + json.room_tokens).toBeLessThanOrEqual(WINDOW - OUTPUT);
  }
  expect([...seen].toSorted()).toEqual(["summary", "system_prompt", "turn"]);
});

test("an alias that cannot be run is 422, and a session that was deleted is 404", async () => {
  const unknown = await givenSession(world, "ada");
  await world.owner.query.updateTable("sessions").set({ model_alias: "nobody" }).where("id", "=", unknown).execute();
  expect(await contextOf(unknown)).toMatchObject({ status: 422, json: { code: "unknown_model_alias" } });
  await world.call("DELETE", `/api/v1/sessions/${unknown}`);
  expect((await contextOf(unknown)).status).toBe(404);
});
