// How a turn is to be answered: what is asked for reaches the provider in its own words, what an alias cannot do is refused before anything
// is held, and it all is part of the request that a key stands for.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MODELS } from "@pantheon/core/models/models.ts";
import { givenContainer } from "../support/container.ts";
import { serving } from "../support/given-answer.ts";
import { streaming } from "../support/given-models.ts";
import { LONG_ANSWERS } from "../support/long-answers.ts";
import { givenCredits, givenEnforcement, givenSession, runTurn } from "../support/given.ts";
import { pictureOf, turnsOf } from "../support/ledger.ts";
import { streamed } from "../support/streamed-turn.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
let users = 0;
let user: string;
let session: string;
beforeAll(async () => {
  world = await testWorld();
});
beforeEach(async () => {
  user = `user-${(users += 1)}`;
  session = await givenSession(world, user);
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const SCHEMA = { type: "object", properties: { city: { type: "string" } } };
const SAMPLED = {
  temperature: 0.5,
  top_p: 0.9,
  stop: ["END", "\n\n"],
  seed: 7,
  response_format: { type: "json_schema", json_schema: { name: "reply", schema: SCHEMA } },
};

const options = () => world.provider.requests.at(-1)?.options;

describe("what is asked for", () => {
  it.each(["json", "stream"])("reaches the provider (%s), and nothing else does", async (how) => {
    const ask = async (more: Record<string, unknown>) => {
      const alias = "gemini-pro";
      if (how === "json") expect((await runTurn(world, session, { user, alias, more })).status).toBe(201);
      else expect((await (await streamed(world, world.deps, session, { user, alias, more })).rest()).at(-1)?.type).toBe("done");
    };
    await ask({ ...SAMPLED, reasoning_effort: "low" });
    expect(options()).toEqual({
      ...SAMPLED,
      response_format: { type: "json_schema", json_schema: { name: "reply", schema: SCHEMA, strict: true } },
      reasoning: { effort: "low" },
    });
    await ask({ response_format: { type: "json_object" }, reasoning_effort: "none" });
    expect(options()).toEqual({ response_format: { type: "json_object" }, reasoning: { enabled: false } });
    await ask({});
    expect(options()).toEqual({});
  });

  it.each([
    ["anthropic", "claude-haiku", { temperature: 0.5, stop: ["END"] }, { temperature: 0.5, stop_sequences: ["END"] }],
    [
      "google",
      "gemini-pro",
      { ...SAMPLED, reasoning_effort: "low" },
      {
        generationConfig: {
          maxOutputTokens: 2_048,
          temperature: 0.5,
          topP: 0.9,
          stopSequences: ["END", "\n\n"],
          seed: 7,
          responseMimeType: "application/json",
          responseJsonSchema: SCHEMA,
          thinkingConfig: { thinkingBudget: 409 },
        },
      },
    ],
  ] as const)("reaches %s in its own words", async (provider, alias, more, sent) => {
    let asked = "";
    const { head, pieces, tail } = LONG_ANSWERS[provider];
    const server = await serving((request, response) => {
      request.on("data", (part: Buffer) => (asked += part.toString()));
      request.on("end", () => streaming(...head, ...pieces, ...tail)(request, response));
    });
    const none = { apiKey: null, baseUrl: null };
    const providers = { ...world.config.providers, openrouter: none, [provider]: { apiKey: "key", baseUrl: server.url } };
    const container = givenContainer(world, { config: { providers } });
    try {
      expect(await container.turn(session, { user, alias, more })).toMatchObject({ status: 201, json: { finish_reason: "stop" } });
      expect(JSON.parse(asked)).toMatchObject(sent);
    } finally {
      await container.close();
      await server.close();
    }
  });

  it("is part of the request that a key stands for", async () => {
    const first = await runTurn(world, session, { user, key: "k", more: { seed: 1 } });
    expect(first.status).toBe(201);
    const again = await runTurn(world, session, { user, key: "k", more: { seed: 1 } });
    expect([again.text, again.headers.get("Idempotency-Replayed")]).toEqual([first.text, "true"]);
    for (const more of [{ seed: 2 }, {}, { seed: 1, fit_to_balance: true }, { seed: 1, stop: ["x"] }]) {
      expect((await runTurn(world, session, { user, key: "k", more })).json.code).toBe("idempotency_key_reused");
    }
  });

  it("is weighed where the model reads it: a schema is held for like a message of its length", async () => {
    const schema = { description: "x".repeat(4_000) };
    const format = { type: "json_schema", json_schema: { name: "s", schema } };
    await runTurn(world, session, { user, maxOutputTokens: 100 });
    await runTurn(world, await givenSession(world, user), { user, maxOutputTokens: 100, more: { response_format: format } });
    const [without, heavy] = (await turnsOf(world, user)).map(({ hold }) => Number(hold));
    const octets = JSON.stringify(schema).length;
    expect((heavy ?? 0) - (without ?? 0)).toBeCloseTo((Math.ceil((octets + 65) / 4) - 17) * 0.000035, 8);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a temperature above 2", { temperature: 2.1 }, "temperature"],
    ["a temperature below 0", { temperature: -0.1 }, "temperature"],
    ["a text for a temperature", { temperature: "1" }, "temperature"],
    ["a top_p above 1", { top_p: 1.1 }, "top_p"],
    ["no stops", { stop: [] }, "stop"],
    ["five stops", { stop: ["a", "b", "c", "d", "e"] }, "stop"],
    ["an empty stop", { stop: [""] }, "stop.0"],
    ["a stop with NUL", { stop: ["\u0000"] }, "stop.0"],
    ["a stop that is too long", { stop: ["x".repeat(65)] }, "stop.0"],
    ["a fraction for a seed", { seed: 1.5 }, "seed"],
    ["a seed that some providers do not take", { seed: 2_147_483_648 }, "seed"],
    ["another format", { response_format: { type: "xml" } }, "response_format.type"],
    ["a schema beside a plain object", { response_format: { type: "json_object", json_schema: {} } }, "response_format.json_schema"],
    [
      "a schema without a name",
      { response_format: { type: "json_schema", json_schema: { schema: {} } } },
      "response_format.json_schema.name",
    ],
    [
      "a list for a schema",
      { response_format: { type: "json_schema", json_schema: { name: "s", schema: [] } } },
      "response_format.json_schema.schema",
    ],
    [
      "a schema that is too large",
      { response_format: { type: "json_schema", json_schema: { name: "s", schema: { a: "x".repeat(16_384) } } } },
      "response_format.json_schema.schema",
    ],
    ["another effort", { reasoning_effort: "max" }, "reasoning_effort"],
  ])("is refused when it is %s", async (_name, more, path) => {
    const refused = await runTurn(world, session, { user, alias: "gemini-pro", more });
    expect(refused).toMatchObject({ status: 422, json: { code: "invalid_request", errors: [{ path }] } });
  });
});

describe("what an alias cannot do", () => {
  it.each<[string, string, Record<string, unknown>, string[]]>([
    ["a seed", "claude-haiku", { seed: 1 }, ["seed"]],
    ["top_p", "claude-sonnet", { top_p: 0.5, temperature: 0.5 }, ["top_p"]],
    ["a temperature above its own most", "claude-haiku", { temperature: 1.5 }, ["temperature"]],
    ["a temperature while it thinks", "claude-haiku", { temperature: 0.5, reasoning_effort: "high" }, ["temperature"]],
    ["JSON", "claude-haiku", { response_format: { type: "json_object" } }, ["response_format"]],
    ["a schema", "deepseek", { response_format: SAMPLED.response_format }, ["response_format"]],
    ["thinking", "gpt-4o", { reasoning_effort: "low" }, ["reasoning_effort"]],
    ["thinking, also none of it", "default", { reasoning_effort: "none" }, ["reasoning_effort"]],
    ["several", "claude-haiku", { ...SAMPLED, reasoning_effort: "none" }, ["top_p", "seed", "response_format"]],
  ])("is refused with what it can: %s by %s, nothing held and nobody asked", async (_name, alias, more, paths) => {
    const before = [await pictureOf(world), world.provider.calls()];
    const refused = await runTurn(world, session, { user, alias, more });
    expect([refused.status, refused.json.code]).toEqual([422, "unsupported_by_model"]);
    expect(refused.json.errors.map(({ path }: { path: string }) => path)).toEqual(paths);
    const can = MODELS[alias]?.capabilities;
    expect(refused.json).toMatchObject({
      model_alias: alias,
      capabilities: { sampling: can?.sampling, response_formats: can?.responseFormats, reasoning_effort: can?.reasoning },
    });
    expect([await pictureOf(world), world.provider.calls()]).toEqual(before);
  });

  it("is the session's alias too, and before a stream begins", async () => {
    const own = await givenSession(world, user, { model_alias: "claude-haiku" });
    const { response } = await streamed(world, world.deps, own, { user, more: { seed: 1 } });
    expect([response.status, await response.json()]).toMatchObject([422, { code: "unsupported_by_model", model_alias: "claude-haiku" }]);
    expect((await runTurn(world, own, { user, alias: "default", more: { seed: 1 } })).status).toBe(201);
  });

  it("is no cheaper alias of a 402", async () => {
    await givenEnforcement(world, true);
    await givenCredits(world, user, "0.01");
    const ask = async (more: Record<string, unknown>) => {
      const { status, json } = await runTurn(world, session, {
        user,
        alias: "gpt-4o",
        fit: false,
        more: { fit_to_balance: true, ...more },
      });
      expect(status).toBe(402);
      return json.cheaper_aliases.map(({ model_alias: name }: { model_alias: string }) => name);
    };
    const all = await ask({});
    const seeded = await ask({ seed: 1 });
    await givenEnforcement(world, null);
    expect(all).toContain("claude-haiku");
    expect(seeded).toEqual(all.filter((name: string) => MODELS[name]?.capabilities.sampling.includes("seed")));
  });
});
