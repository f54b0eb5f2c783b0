// What is erased: texts of deleted sessions, of people who ask, of old turns (responses of keys: expiry.test.ts). What stays is every row,
// every figure, and that nothing is ever charged or granted again.

import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { reopenTurn } from "@pantheon/core/ledger/statements/reopen-turn.ts";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { ROOT, refusalOf } from "../support/admin.ts";
import { foundIn } from "../support/found-in.ts";
import { givenFile } from "../support/given-file.ts";
import { givenCredits, givenPrice, givenSession, modelsWith, runTurn } from "../support/given.ts";
import { gateInput, openDirectly } from "../support/direct-turn.ts";
import { testWorld, type Json, type TestWorld } from "../support/world.ts";

const SECRET = "my-secret-words";
const TITLE = "a-secret-title";

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ models: modelsWith("fake-500"), environment: { ADMIN_USER_IDS: ROOT, TEXT_DAYS: "100" } });
});
afterEach(() => world.assertLedger());
afterAll(() => world.end());

const figures = ({ transactions }: Json) => transactions.map(({ description: _said, ...row }: Json) => row);
const sweep = () => runJob(world.deps, { job: "sweep" });
const erase = (user: string) => world.call("DELETE", "/api/v1/users/me/data", { user });

/** A session with a title and a prompt, and a turn under a key in it. */
async function given(user: string, words = SECRET): Promise<string> {
  const body = { title: `${TITLE}-${user}`, system_prompt: `${words}-${user}` };
  const { json } = await world.call("POST", "/api/v1/sessions", { user, body, key: `session-${user}` });
  await givenCredits(world, user, "10");
  const turn = await runTurn(world, json.id, { user, message: `${words}-${user}`, key: `turn-${user}` });
  expect(turn.status).toBe(201);
  return json.id;
}

describe("a person who has their data erased", () => {
  it("leaves no word anywhere, and every figure; nothing is charged again under any key", async () => {
    const session = await given("ada");
    const before = (await world.call("GET", "/api/v1/users/me/transactions", { user: "ada" })).json;
    const { status, json } = await erase("ada");
    expect([status, json]).toEqual([200, { sessions: 1, turns: 1, complete: true }]);
    expect([await foundIn(world, `${SECRET}-ada`), await foundIn(world, `${TITLE}-ada`)]).toEqual([[], []]);

    const after = (await world.call("GET", "/api/v1/users/me/transactions", { user: "ada" })).json;
    expect(figures(after)).toEqual(figures(before));
    const again = await runTurn(world, session, { user: "ada", message: `${SECRET}-ada`, key: "turn-ada" });
    expect(refusalOf(again)).toBe("409 idempotency_expired");
    const body = { title: `${TITLE}-ada`, system_prompt: `${SECRET}-ada` };
    const session2 = await world.call("POST", "/api/v1/sessions", { user: "ada", body, key: "session-ada" });
    expect(refusalOf(session2)).toBe("409 idempotency_expired");
    expect((await world.call("GET", "/api/v1/users/me/transactions", { user: "ada" })).json.total).toBe(before.total);
    expect(refusalOf(await world.call("GET", `/api/v1/sessions/${session}`, { user: "ada" }))).toBe("404 not_found");
    const [
      {
        transactions: [debit],
      },
    ] = [after];
    expect((await world.call("GET", `/api/v1/users/me/transactions/${debit.id}/receipt`, { user: "ada" })).json.matches).toBe(true);
    expect((await erase("ada")).json).toEqual({ sessions: 0, turns: 0, complete: true });
  });

  it("has their files erased with the rest, and what they took is free again", async () => {
    const session = await givenSession(world, "jan");
    await givenFile(world, session, "jans-words", { user: "jan", filename: "jans-words.txt" });
    await erase("jan");
    expect(await foundIn(world, "jans-words")).toEqual([]);
    const used = await world.deps.db.query.selectFrom("file_usage").selectAll().where("user_id", "=", "jan").execute();
    expect(used).toMatchObject([{ files: 0, bytes: "0" }]);
  });

  it("leaves no answer of a call that was kept for its key, and the call is not run again", async () => {
    const call = () =>
      world.call("POST", "/v1/chat/completions", {
        user: "joy",
        key: "joys-call",
        body: { model: "default", messages: [{ role: "user", content: "joys-words" }] },
      });
    await givenCredits(world, "joy", "10");
    expect((await call()).status).toBe(200);
    expect(await foundIn(world, "joys-words")).toEqual(["turns"]);
    await sql`update turns set response_body = (response_body::jsonb || '{"requested_calls":[{"id":"1","name":"a","arguments":"joys-words"}]}')::text
               where user_id = 'joy'`.execute(world.owner.query);
    expect((await erase("joy")).json).toEqual({ sessions: 0, turns: 1, complete: true });
    expect(await foundIn(world, "joys-words")).toEqual([]);
    const calls = world.provider.calls();
    expect((await call()).status).toBe(409);
    expect(world.provider.calls()).toBe(calls);
  });

  it("erases nobody else's", async () => {
    const session = await given("bob", "bobs-words");
    await given("eve", "eves-words");
    await erase("eve");
    expect(await foundIn(world, "eves-words")).toEqual([]);
    expect((await world.call("GET", `/api/v1/sessions/${session}/turns`, { user: "bob" })).json.turns[0].user_input).toBe("bobs-words-bob");
    expect(
      (await runTurn(world, session, { user: "bob", message: "bobs-words-bob", key: "turn-bob" })).headers.get("Idempotency-Replayed"),
    ).toBe("true");
  });

  it("has a turn that still runs erased once it is over", async () => {
    const session = await given("cid", "cids-words");
    await openDirectly(world, { user: "cid", session });
    expect((await erase("cid")).json).toEqual({ sessions: 1, turns: 1, complete: false });
    await sql`update turns set lease_until = clock_timestamp() - interval '1 second' where user_id = 'cid' and status = 'running'`.execute(
      world.owner.query,
    );
    expect(await sweep()).toEqual({ voided: 1, erased: 1 });
    expect(await foundIn(world, "cids-words")).toEqual([]);
    expect((await erase("cid")).json.complete).toBe(true);
  });

  it("may begin anew", async () => {
    await erase("ada");
    const session = await givenSession(world, "ada");
    expect((await runTurn(world, session, { user: "ada", key: "another" })).status).toBe(201);
  });
});

describe("a deleted session", () => {
  it("is erased when its time has come, and not before", async () => {
    const session = await given("dan", "dans-words");
    expect((await world.call("DELETE", `/api/v1/sessions/${session}`, { user: "dan" })).status).toBe(204);
    await sweep();
    expect(await foundIn(world, "dans-words")).toEqual(["idempotency_keys", "sessions", "turns"]);
    await sql`update sessions set erase_at = clock_timestamp() where id = ${session}::uuid`.execute(world.owner.query);
    expect(await sweep()).toEqual({ voided: 0, erased: 1 });
    expect(await foundIn(world, "dans-words")).toEqual(["idempotency_keys"]);
    expect(await sweep()).toEqual({ voided: 0 });
    const again = await runTurn(world, session, { user: "dan", message: "dans-words-dan", key: "turn-dan" });
    expect(refusalOf(again)).toBe("409 idempotency_expired");
  });

  it("does not run a failed turn again that was erased", async () => {
    const session = await givenSession(world, "fay");
    await sql`insert into model_pricing (pricing_version, model_alias, multiplier) values ('2026-02-20', 'fake-500', 1)
              on conflict do nothing`.execute(world.owner.query);
    expect((await runTurn(world, session, { user: "fay", alias: "fake-500", key: "failing" })).status).toBe(502);
    await erase("fay");
    const again = await runTurn(world, session, { user: "fay", alias: "fake-500", key: "failing" });
    expect(refusalOf(again)).toBe("409 idempotency_expired");
  });
});

describe("a failed turn that was erased while its repeat was on its way", () => {
  it("is not begun again by the statement that gets to it then", async () => {
    await givenPrice(world, "fake-500", "1");
    const session = await givenSession(world, "mia");
    expect((await runTurn(world, session, { user: "mia", alias: "fake-500", key: "mias" })).status).toBe(502);
    const { rows } = await sql<{ id: string }>`
      update turns set user_input = '', request_hash = 'erased', erased_at = now() where user_id = 'mia' returning id`.execute(
      world.owner.query,
    );
    const catalog = await world.deps.catalog.current();
    const again = gateInput(catalog, { user: "mia", session }, { turn: rows[0]?.id ?? "" });
    await expect(world.deps.db.run(reopenTurn, again)).resolves.toMatchObject([{ turn: null }]);
  });
});

describe("texts that are older than they live", () => {
  it("are erased in a session that goes on, and its next turns are shown nothing of them", async () => {
    const session = await given("gil", "gils-words");
    const { rows } = await sql<{ id: string }>`select id from turns where user_id = 'gil'`.execute(world.deps.db.query);
    await world.owner.query.updateTable("maintenance_runs").set({ progress: "{}" }).where("job", "=", "sweep").execute();
    const now = Date.now() + 101 * 86_400_000;
    expect(await runJob({ ...world.deps, clock: () => now }, { job: "sweep" })).toMatchObject({ erased: expect.any(Number) });
    expect(await foundIn(world, "gils-words")).toEqual(["idempotency_keys", "sessions"]); // the prompt lives with its session
    const list = (await world.call("GET", `/api/v1/sessions/${session}/turns`, { user: "gil" })).json;
    expect(list.turns).toMatchObject([{ id: rows[0]?.id, user_input: "", assistant_output: "", status: "completed", turn_index: 1 }]);
    const context = (await world.call("GET", `/api/v1/sessions/${session}/context`, { user: "gil" })).json;
    expect(JSON.stringify(context)).not.toContain('"content":""');
    expect((await runTurn(world, session, { user: "gil" })).json.turn_index).toBe(2);
  });
});
