// One line a turn, JSON or streamed, which says all that is asked of a turn later and has no word of anybody's; and the metrics that it
// carries, read back as CloudWatch reads them.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { givenContainer, type Container } from "../support/container.ts";
import { givenCredits, givenEnforcement, givenPrice, givenSession, modelsWith } from "../support/given.ts";
import { metricsOf } from "../support/metrics.ts";
import { streamed } from "../support/streamed-turn.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

const NAMES = ["fake-500", "fake-cut-3", "fake-no-usage", "fake-flaky-1"];

let world: TestWorld;
let container: Container;
beforeAll(async () => {
  world = await testWorld({ models: modelsWith(...NAMES) });
  for (const name of NAMES) await givenPrice(world, name, "1");
});
afterEach(() => container.close());
afterAll(() => world.end());

const MESSAGE = "canary-message";

/** Runs a turn in a container of its own, as JSON or as a stream; answers what the caller got last, and the turn's lines. */
async function run(user: string, alias: string, how: string): Promise<{ answer: Json; lines: Json[] }> {
  container = givenContainer(world);
  const session = await givenSession(world, user);
  const options = { user, alias, message: MESSAGE };
  const answer =
    how === "json"
      ? (await container.turn(session, options)).json
      : (await (await streamed(world, container.deps, session, options)).rest()).at(-1);
  expect(JSON.stringify(container.log.lines)).not.toContain("canary");
  return { answer, lines: container.log.lines.filter(({ message }) => message === "turn").map(({ fields }) => fields) };
}

test.each(["json", "stream"])("a turn that is answered leaves one line with all that it was (%s)", async (how) => {
  const { answer, lines } = await run("answered", "default", how);
  const { usage } = answer;
  expect(lines).toEqual([
    {
      request_id: expect.any(String),
      tool_calls: 0,
      user_id: "answered",
      session_id: answer.session_id,
      turn_id: answer.id,
      turn_index: 1,
      attempt: 1,
      model_alias: "default",
      streamed: how === "stream",
      provider: "openrouter",
      provider_model: answer.provider_model,
      provider_request_id: expect.stringMatching(/^gen-/),
      provider_attempts: 1,
      input_tokens_fresh: usage.input_tokens_fresh,
      input_tokens_cached: 0,
      output_tokens: usage.output_tokens,
      reasoning_tokens: 0,
      credits_charged: answer.credits_charged,
      usage_source: "reported",
      finish_reason: "stop",
      summary_used_fallback: false,
      prune_triggered: false,
      outcome: "completed",
      first_byte_ms: expect.any(Number),
      settle_ms: expect.any(Number),
      ms: expect.any(Number),
    },
  ]);
  const [{ first_byte_ms: first, settle_ms: settle, ms }] = lines as [Json];
  expect([first >= 0, settle >= 0, first + settle <= ms + 1]).toEqual([true, true, true]);
});

test.each([
  ["json", "fake-500", { outcome: "provider_failed", provider_attempts: 3 }],
  ["stream", "fake-500", { outcome: "provider_failed", provider_attempts: 3 }],
  ["stream", "fake-cut-3", { outcome: "completed", finish_reason: "cut", usage_source: "estimated" }],
  ["json", "fake-no-usage", { outcome: "completed", finish_reason: "stop", usage_source: "estimated" }],
  ["json", "fake-flaky-1", { outcome: "completed", provider_attempts: 2 }],
])("one that goes otherwise says so (%s of %s)", async (how, alias, said) => {
  const { lines } = await run("otherwise", alias, how);
  expect(lines).toMatchObject([said]);
  expect(lines).toHaveLength(1);
  if (said.outcome !== "completed") expect(lines[0]).not.toHaveProperty("first_byte_ms");
});

test("what is refused when it opens, and what is told again, is no turn and has no such line", async () => {
  container = givenContainer(world, { config: { enforcementDefault: true } });
  const session = await givenSession(world, "poor");
  expect((await container.turn(session, { user: "poor" })).status).toBe(402);
  expect(container.log.counted("turn")).toBe(0);
  expect(container.log.counted("insufficient_credits")).toBe(1);
  await givenCredits(world, "poor", "1");
  for (let times = 0; times < 2; times += 1) await container.turn(session, { user: "poor", key: "k" });
  expect(container.log.counted("turn")).toBe(1);
});

// Read back as CloudWatch does: every line with `_aws`, by its namespace and its sets of dimensions.
test("the metrics of a day: turns by outcome, 402s, provider failures by route, estimated usage, first byte, settle", async () => {
  const lines: Json[] = await metricsOf(world, async (measured) => {
    const session = await givenSession(world, "measured");
    await measured.turn(session, { user: "measured" });
    await measured.turn(session, { user: "measured", alias: "fake-500" });
    await measured.turn(session, { user: "measured", alias: "fake-no-usage" });
    await givenEnforcement(world, true);
    await measured.turn(await givenSession(world, "broke"), { user: "broke" });
    await givenEnforcement(world, null);
  });
  container = givenContainer(world);
  const sum = (name: string, by: Record<string, string>) =>
    lines
      .filter(({ metric, dimensions }) => metric === name && JSON.stringify(dimensions) === JSON.stringify(by))
      .reduce((total, { value }) => total + value, 0);
  const every = { function: "turns", stage: "test" };
  expect({
    turns: sum("turn", every),
    completed: sum("turn", { ...every, outcome: "completed" }),
    failed: sum("turn", { ...every, outcome: "provider_failed" }),
    refused: sum("insufficient_credits", every),
    estimated: sum("estimated_usage", every),
    attempts: sum("provider_failed", every),
    byRoute: sum("provider_failed", { ...every, provider: "openrouter", provider_model: "fake-500" }),
  }).toEqual({ turns: 3, completed: 2, failed: 1, refused: 1, estimated: 1, attempts: 3, byRoute: 3 });
  for (const name of ["first_byte_ms", "settle_ms"]) {
    const measured = lines.filter(({ metric, dimensions }) => metric === name && Object.keys(dimensions).length === 2);
    expect(measured.map(({ unit, value }) => [unit, value >= 0])).toEqual([
      ["Milliseconds", true],
      ["Milliseconds", true],
    ]);
  }
});
