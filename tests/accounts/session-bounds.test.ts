// How many sessions a person may have, and how long their prompts may be together: exact, however many requests race.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runJob } from "@pantheon/functions/maintenance/jobs.ts";
import { atOnce, refusalOf } from "../support/admin.ts";
import { givenSession } from "../support/given.ts";
import { testWorld, type Answer, type TestWorld } from "../support/world.ts";

const MOST = 5;
const BYTES = 1_000;

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({
    environment: { SESSION_USER_MAX: String(MOST), PROMPT_USER_MAX_BYTES: String(BYTES), DELETED_TEXT_DAYS: "0" },
  });
});
afterAll(() => world.end());

const open = (user: string, body: object = {}, key?: string): Promise<Answer> =>
  world.call("POST", "/api/v1/sessions", { user, body, ...(key !== undefined && { key }) });
const remove = (user: string, id: string) => world.call("DELETE", `/api/v1/sessions/${id}`, { user });
const patch = (user: string, id: string, body: object, key?: string) =>
  world.call("PATCH", `/api/v1/sessions/${id}`, { user, body, ...(key !== undefined && { key }) });
const prompt = (bytes: number) => ({ system_prompt: "x".repeat(bytes) });
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);

/** What is counted of somebody, and what there is. */
async function counted(user: string): Promise<{ told: unknown; true: unknown }> {
  const told = await world.owner.query
    .selectFrom("session_usage")
    .select(["sessions", "prompt_bytes"])
    .where("user_id", "=", user)
    .execute();
  const { rows } = await sql`
    select (count(*) filter (where deleted_at is null))::int as sessions, coalesce(sum(octet_length(system_prompt)), 0)::text as prompt_bytes
      from sessions where user_id = ${user}`.execute(world.owner.query);
  return { told, true: rows };
}

async function expectExact(user: string, sessions: number, bytes: number): Promise<void> {
  const { told, true: found } = await counted(user);
  expect(told).toEqual([{ sessions, prompt_bytes: String(bytes) }]);
  expect(found).toEqual(told);
}

describe("the sessions of a person", () => {
  it("are never more than the stage allows, also for one who has none yet and opens many at once", async () => {
    const answers = await atOnce(20, () => open("ada"));
    expect(statuses(answers)).toEqual([...Array<number>(MOST).fill(201), ...Array<number>(15).fill(409)]);
    const refused = answers.find(({ status }) => status === 409);
    expect([refused?.json.code, refused?.json.detail]).toEqual(["conflict", "There are 5 sessions already. Delete one first."]);
    await expectExact("ada", MOST, 0);
  });

  it("are another person's business in no way", async () => {
    expect((await open("bea")).status).toBe(201);
  });

  it("make room when one is deleted, once however often it is", async () => {
    const { json } = await world.call("GET", "/api/v1/sessions", { user: "ada" });
    await atOnce(5, () => remove("ada", json.sessions[0].id));
    expect(statuses(await atOnce(4, () => open("ada")))).toEqual([201, 409, 409, 409]);
    await expectExact("ada", MOST, 0);
  });

  it("take no key when they are refused: the same key opens one when there is room", async () => {
    expect(refusalOf(await open("ada", {}, "a-key"))).toBe("409 conflict");
    const { json } = await world.call("GET", "/api/v1/sessions", { user: "ada" });
    await remove("ada", json.sessions[0].id);
    const opened = await atOnce(8, () => open("ada", {}, "a-key"));
    expect(new Set(opened.map(({ status, json: body }) => `${status} ${body.id}`)).size).toBe(1);
    expect((await open("ada", {}, "a-key")).json.id).toBe(opened[0]?.json.id);
    await expectExact("ada", MOST, 0);
  });
});

describe("the prompts of a person", () => {
  it("are never longer together than the stage allows, when they are opened or changed at once", async () => {
    expect(statuses(await atOnce(4, () => open("cid", prompt(400))))).toEqual([201, 201, 413, 413]);
    const { json } = await world.call("GET", "/api/v1/sessions", { user: "cid" });
    const ids = json.sessions.map(({ id }: { id: string }) => id);
    const patched = await atOnce(6, (index) => patch("cid", ids[index % 2], prompt(500 + index)));
    expect(patched.map(({ status }) => status).filter((status) => ![200, 413].includes(status))).toEqual([]);
    const { told, true: found } = await counted("cid");
    expect(found).toEqual(told);
    expect(Number((told as { prompt_bytes: string }[])[0]?.prompt_bytes)).toBeLessThanOrEqual(BYTES);
  });

  it("may be made shorter, and are refused by name when they are too long", async () => {
    const id = await givenSession(world, "dan", prompt(900));
    const refused = await patch("dan", id, prompt(1_001), "dans-key");
    expect([refused.status, refused.json.code]).toEqual([413, "payload_too_large"]);
    expect(refused.json.detail).toBe(
      "Your sessions' prompts may have 1000 bytes together, those of deleted sessions until they are erased.",
    );
    expect((await patch("dan", id, prompt(10), "dans-key")).status).toBe(200);
    await expectExact("dan", 1, 10);
  });

  it("count until they are erased, and not after", async () => {
    const id = await givenSession(world, "eve", prompt(900));
    await remove("eve", id);
    await expectExact("eve", 0, 900);
    expect((await open("eve", prompt(900))).status).toBe(413);
    await runJob(world.deps, { job: "sweep" });
    await expectExact("eve", 0, 0);
    expect((await open("eve", prompt(900))).status).toBe(201);
    await world.call("DELETE", "/api/v1/users/me/data", { user: "eve" });
    await expectExact("eve", 0, 0);
  });

  it("stay exact while sessions are opened, changed, deleted and erased at once", async () => {
    const ids = [await givenSession(world, "fay", prompt(100)), await givenSession(world, "fay", prompt(100))];
    const ways = [
      () => open("fay", prompt(50)),
      () => patch("fay", ids[0] ?? "", prompt(30)),
      () => patch("fay", ids[1] ?? "", prompt(200)),
      () => remove("fay", ids[0] ?? ""),
      () => world.call("DELETE", "/api/v1/users/me/data", { user: "fay" }),
    ];
    const answers = await atOnce(40, (index) => ways[index % ways.length]?.() ?? open("fay"));
    expect(answers.filter(({ status }) => status >= 500).map(({ text }) => text)).toEqual([]);
    const { told, true: found } = await counted("fay");
    expect(found).toEqual(told);
  });
});
