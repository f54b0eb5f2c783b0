// A turn with tools that cannot go on: a search provider that fails, a wallet that ends in the middle, a container that dies at every step.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "@pantheon/contract/id.ts";
import { amount, format } from "@pantheon/contract/money.ts";
import { sweepUser } from "@pantheon/core/turns/sweep.ts";
import { streamTurn } from "@pantheon/core/turns/stream.ts";
import { createToolbox } from "@pantheon/core/tools/toolbox.ts";
import { NO_FILES } from "@pantheon/core/tools/file-texts.ts";
import { runTurn as run, type TurnDeps } from "@pantheon/core/turns/run.ts";
import { inPerson } from "@pantheon/core/accounts/caller.ts";
import { givenCredits, runTurn } from "../support/given.ts";
import { debitsOf, lapse, turnsOf, walletOf } from "../support/ledger.ts";
import { call, givenToolSession, runToolTurn, steps, toldOf, toolRequest, usesOf } from "../support/tool-turn.ts";
import { testWorld, type TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ environment: { CREDIT_ENFORCEMENT_ENABLED: "true" } });
  await givenCredits(world, "ada", "100");
});
afterAll(() => world.end());

const search = (query: string): string => call("search", { query });

describe("a search that fails is told to the model in our words, and costs nothing:", () => {
  test.each([
    ["a refusal", "fake-401", "The search provider refused the search."],
    ["a limit", "fake-429", "The search provider is busy."],
    ["a fault", "fake-500", "The search provider refused the search."],
    ["a redirect, which is not followed", "fake-redirect", "The search provider refused the search."],
    ["no JSON", "fake-garbage", "The search provider's response could not be read."],
    ["a megabyte", "fake-big", "The search provider's response was too large."],
    ["silence", "fake-silent", "The tool took too long."],
  ])("%s", async (_what, query, detail) => {
    const session = await givenToolSession(world);
    const { status, json } = await runTurn(world, session, { message: search(query) });
    expect([status, json.tool_calls]).toMatchObject([201, [{ tool_name: "search", status: "error", credits_charged: "0" }]]);
    expect(toldOf(world)).toEqual([{ error: "tool_error", detail }]);
  });

  test("without a key the model is told so, and nothing is sent", async () => {
    const session = await givenToolSession(world);
    const place = { ...world.config.search, apiKey: null };
    const toolbox = createToolbox({ search: place, files: NO_FILES, log: world.log });
    const searches = world.search.requests.length;
    await runToolTurn({ ...world.deps, toolbox: () => Promise.resolve(toolbox) }, toolRequest(world, session, search("q")));
    expect(toldOf(world)).toMatchObject([{ detail: "Search is not configured here." }]);
    expect(world.search.requests.length).toBe(searches);
  });

  test("hostile results are cut to what a result is: addresses of the web, text, bounded", async () => {
    const session = await givenToolSession(world);
    await runTurn(world, session, { message: call("search", { query: "fake-hostile", max_results: 10 }) });
    const [{ result }] = toldOf(world);
    const addresses = result.results.map(({ url }: { url: string }) => url);
    expect(addresses).toEqual(["http://169.254.169.254/latest/meta-data/", "https://example.com/none", "https://example.com/nul"]);
    expect(result.results.at(-1)).toMatchObject({ title: "nul" });
    expect(Buffer.byteLength(result.results.at(-1).snippet)).toBeLessThanOrEqual(1_200);
  });
});

/** What the first call holds and some more: too little for a second one. */
async function broke(user: string, message: string) {
  const session = await givenToolSession(world, user);
  await givenCredits(world, user, "0.001");
  return runTurn(world, session, { user, message });
}

describe("a wallet that ends in the middle", () => {
  test("ends the turn with what it has said: finish_reason budget, and paid", async () => {
    const { status, json } = await broke("spoke", `say I looked at it already.\n${search("more")}`);
    expect([status, json.finish_reason, json.assistant_output]).toEqual([201, "budget", "I looked at it already."]);
    expect(json.tool_calls).toMatchObject([{ tool_name: "search", status: "success" }]);
    const [debit, ...others] = await debitsOf(world, "spoke");
    expect([others, format(amount(debit?.amount ?? "0"))]).toEqual([[], `-${json.credits_charged}`]);
    expect((await walletOf(world, "spoke"))?.held).toBe("0.00000000");
  });

  test("voids a turn that has said nothing: 402, nothing is charged, and what it cost is lost revenue", async () => {
    const { status, json } = await broke("silent", search("more"));
    expect([status, json]).toMatchObject([402, { code: "insufficient_credits", balance: "0.001", cheaper_aliases: [] }]);
    expect(await debitsOf(world, "silent")).toEqual([]);
    expect(await usesOf(world, "silent")).toEqual([]);
    const [turn] = await turnsOf(world, "silent");
    expect([turn?.status, (await walletOf(world, "silent"))?.held]).toEqual(["failed", "0.00000000"]);
    const lost = world.deps.db.query.selectFrom("lost_answers").selectAll().where("user_id", "=", "silent");
    expect(await lost.execute()).toMatchObject([{ turn_id: turn?.id }]);
  });

  test("cannot be emptied of what it costs us: after three void turns within an hour its owner is answered without tools, and pays", async () => {
    const session = await givenToolSession(world, "again");
    await givenCredits(world, "again", "0.001");
    const ask = () => runTurn(world, session, { user: "again", key: "same", message: search("more") });
    for (let time = 0; time < 3; time += 1) expect((await ask()).status).toBe(402);
    const { status, json } = await ask();
    expect([status, json]).toMatchObject([201, { finish_reason: "stop", tool_calls: [] }]);
    expect(world.provider.requests.at(-1)?.tools).toBeUndefined();
    expect(await debitsOf(world, "again")).toHaveLength(1);
    expect((await runTurn(world, session, { user: "again", message: search("more") })).status).toBe(402); // nothing is left
    await givenCredits(world, "again", "10");
    await sql`update turns set lease_until = now() - interval '61 minutes' where user_id = 'again'`.execute(world.owner.query);
    const later = await runTurn(world, session, { user: "again", message: search("more") });
    expect(later.json.tool_calls).toMatchObject([{ tool_name: "search", status: "success" }]);
  });

  test("is not met by a turn that is fitted to it, which answers more shortly", async () => {
    const session = await givenToolSession(world, "fitted");
    await givenCredits(world, "fitted", "0.35"); // most of it for what a prompt with two tools may weigh at most
    const { status, json } = await runTurn(world, session, { user: "fitted", fit: true, message: search("more"), maxOutputTokens: 2_000 });
    expect([status, json.finish_reason]).toEqual([201, "stop"]);
    expect(world.provider.requests.at(-1)?.maxTokens).toBeLessThan(2_000);
    expect(Number((await walletOf(world, "fitted"))?.balance)).toBeGreaterThanOrEqual(0);
  });
});

const SCRIPT = steps(`say First.\n${search("one")}`, search("two"), search("three"));
/** Open, three raises, settle. */
const STATEMENTS = 5;

/** Deps whose container dies with its statement number `fatal`: before it is sent, or once it was. */
function dying(fatal: number, isSent: boolean): { deps: TurnDeps; dead: Promise<void> } {
  let [sent, die] = [0, () => {}];
  const dead = new Promise<void>((resolve) => (die = resolve));
  const { db } = world.deps;
  const runOne: typeof db.run = async (statement, input) => {
    sent += 1;
    if (sent < fatal) return db.run(statement, input);
    if (sent === fatal && isSent) await db.run(statement, input);
    die();
    return new Promise(() => {});
  };
  return { deps: { ...world.deps, db: { ...db, run: runOne } }, dead };
}

test.each(Array.from({ length: STATEMENTS }, (_, at) => at + 1))(
  "a loop that is killed at its statement %i, before or after it, is one debit or none and void; its key runs again",
  async (fatal) => {
    for (const isSent of [false, true]) {
      const user = `killed-${fatal}-${isSent}`;
      const session = await givenToolSession(world, user);
      await givenCredits(world, user, "10");
      const request = toolRequest(world, session, SCRIPT, { caller: inPerson(user), key: { value: newId(), hash: "h" } });
      const { deps, dead } = dying(fatal, isSent);
      void run(deps, request);
      await dead;
      await lapse(world, user);
      await sweepUser(world.deps, user);
      const isSettled = fatal === STATEMENTS && isSent;
      expect((await debitsOf(world, user)).length).toBe(isSettled ? 1 : 0);
      expect((await walletOf(world, user))?.held).toBe("0.00000000");
      const again = JSON.parse((await run(world.deps, request)).body);
      expect(again).toMatchObject({ status: "completed", tool_calls: [{}, {}, {}] });
      expect(await debitsOf(world, user)).toHaveLength(1);
      expect(await usesOf(world, user)).toHaveLength(3);
    }
    await world.assertLedger();
  },
);

test("a turn without tools is two statements, and each further call is one more", async () => {
  let sent = 0;
  const { db } = world.deps;
  const counted: typeof db.run = (statement, input) => {
    sent += 1;
    return db.run(statement, input);
  };
  const deps = { ...world.deps, db: { ...db, run: counted } };
  const session = await givenToolSession(world);
  await runToolTurn(deps, toolRequest(world, session, "Hello."));
  expect(sent).toBe(2);
  await runToolTurn(deps, toolRequest(world, session, SCRIPT));
  expect(sent).toBe(2 + STATEMENTS);
});

test("a turn that was given up while its tools ran raises nothing and is charged nothing", async () => {
  const user = "given-up";
  const session = await givenToolSession(world, user);
  await givenCredits(world, user, "10");
  const toolbox = await world.deps.toolbox();
  const giving: TurnDeps = {
    ...world.deps,
    toolbox: () =>
      Promise.resolve({
        ...toolbox,
        use: async (...given) => {
          await lapse(world, user);
          await sweepUser(world.deps, user);
          return toolbox.use(...given);
        },
      }),
  };
  const request = toolRequest(world, session, search("late"), { caller: inPerson(user) });
  await expect(run(giving, request)).rejects.toMatchObject({ code: "out_of_time" });
  expect(await debitsOf(world, user)).toEqual([]);
  expect((await walletOf(world, user))?.held).toBe("0.00000000");
});

test("a stream whose reader leaves while a tool runs is settled with what it had said", async () => {
  const user = "left";
  const session = await givenToolSession(world, user);
  await givenCredits(world, user, "10");
  const request = toolRequest(world, session, `say First.\n${search("one")}`, { caller: inPerson(user) });
  const stream = await streamTurn(world.deps, request);
  for (;;) {
    const event = await stream.next();
    if (event === null || event.type === "tool") break;
  }
  await stream.leave();
  expect(await debitsOf(world, user)).toHaveLength(1);
  expect((await walletOf(world, user))?.held).toBe("0.00000000");
});
