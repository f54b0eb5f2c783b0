// A page of people's text leaves by a function that may answer 6 MB at most: it ends before that, wherever its rows are large, and a
// walk meets every row all the same.

import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGE_OCTETS } from "@pantheon/contract/page.ts";
import { listMessages, listTurns } from "@pantheon/core/turns/history.ts";
import { givenAnswer } from "../support/given-answer.ts";
import { givenContainer, providedBy } from "../support/container.ts";
import { givenHistory } from "../support/given-history.ts";
import { givenSession, runTurn } from "../support/given.ts";
import { testWorld, type Answer, type Json, type TestWorld } from "../support/world.ts";

const USER = "writer";
const ROWS = 24;
const MIB = 1_024 * 1_024;
/** What Lambda takes from a function that answers at once, its envelope included. */
const LAMBDA_OCTETS = 6 * MIB;

let world: TestWorld;
let session: string;
beforeAll(async () => {
  world = await testWorld();
  session = await givenHistory(world, USER, ROWS);
  await givenLargeTurns();
  await givenLargeSessions();
});
afterAll(() => world.end());

/** Turns whose answers are 1 MiB or little: plain, of quotes, of line ends, and of letters that are three octets long. */
async function givenLargeTurns(): Promise<void> {
  await sql`
    update turns set assistant_output = said, response_body = left(response_body, -1) || ',"assistant_output":' || to_json(said)::text || '}'
      from (select n, case n % 6 when 0 then repeat('a', ${MIB}::int)
                                 when 1 then repeat('"', ${MIB}::int)
                                 when 2 then repeat(E'\n', ${MIB / 2}::int)
                                 when 3 then repeat('語', ${MIB / 4}::int)
                                 else 'little' end as said
              from generate_series(1, ${ROWS}::int) n) answers
     where session_id = ${session}::uuid and turn_index = n`.execute(world.deps.db.query);
}

/** Sessions with prompts of 32,000 characters, which their list leaves out. */
async function givenLargeSessions(): Promise<void> {
  await sql`
    insert into sessions (user_id, title, system_prompt)
    select ${USER}, 'session ' || n, repeat(chr(1), 32000) from generate_series(1, 60) n`.execute(world.deps.db.query);
}

const LISTS = [
  { name: "turns", path: () => `/api/v1/sessions/${session}/turns`, total: ROWS, pages: 3 },
  { name: "messages", path: () => `/api/v1/sessions/${session}/messages`, total: 2 * ROWS, pages: 3 },
  { name: "sessions", path: () => "/api/v1/sessions", total: ROWS + 61, pages: 1 },
];

const get = (path: string, query: string): Promise<Answer> => world.call("GET", `${path}?${query}`, { user: USER });

/** As Lambda carries it: the body as a string of a JSON document. */
function octetsOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

describe.each(LISTS)("the list of $name", ({ name, path, total, pages }) => {
  const whole = name === "sessions" ? "" : "texts=whole&";

  it("ends a page before it is too large for Lambda, and is walked by cursor through every row once", async () => {
    const met: string[] = [];
    const sizes: { rows: number; octets: number }[] = [];
    let cursor: string | null = null;
    do {
      const { status, text, json }: Answer = await get(path(), `${whole}limit=200${cursor === null ? "" : `&cursor=${cursor}`}`);
      expect([status, json.total]).toEqual([200, total]);
      met.push(...json[name].map((row: { id: string }) => row.id));
      sizes.push({ rows: json[name].length, octets: octetsOf(text) });
      cursor = json.next_cursor;
    } while (cursor !== null && sizes.length < 2 * total);
    expect([met.length, new Set(met).size]).toEqual([total, total]);
    expect(sizes.filter(({ rows, octets }) => octets > (rows > 1 ? PAGE_OCTETS + 1_024 : LAMBDA_OCTETS))).toEqual([]);
    expect(sizes.length).toBeGreaterThanOrEqual(pages);
  });

  it("is walked by offset too, by the number of rows that came", async () => {
    const met: string[] = [];
    for (let rows = -1; rows !== 0;) {
      const { json } = await get(path(), `${whole}limit=200&offset=${met.length}`);
      rows = json[name].length;
      met.push(...json[name].map((row: { id: string }) => row.id));
      expect(json.next_cursor === null).toBe(met.length === total);
    }
    expect([met.length, new Set(met).size]).toEqual([total, total]);
  });

  it("holds the rows that were asked for where they fit", async () => {
    const { json } = await get(path(), "limit=1");
    expect([json[name].length, typeof json.next_cursor]).toEqual([1, "string"]);
  });
});

// 200 rows of 1 MiB would be more than a small function has.
it("reads no more rows than a page can hold", async () => {
  const page = { limit: 200, offset: 0, after: null };
  const { db } = world.deps;
  const read = {
    turns: (await listTurns(db, USER, session, "whole").read(page)).rows.map((row) => row.response_body ?? ""),
    messages: (await listMessages(db, USER, session, "whole").read(page)).rows.map((row) => row.content),
  };
  for (const texts of Object.values(read)) {
    const octets = texts.slice(0, -1).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(octets).toBeLessThan(PAGE_OCTETS);
    expect(texts.length).toBeGreaterThan(1);
  }
});

describe("a list that is not asked for whole texts", () => {
  const MOST = 1_000;

  it("has the beginning of each, says how long it is in all, and holds every row in one page", async () => {
    const turns = (await get(`/api/v1/sessions/${session}/turns`, "limit=200")).json;
    expect([turns.turns.length, turns.next_cursor]).toEqual([ROWS, null]);
    const cut = turns.turns.filter(({ shortened }: Json) => shortened !== undefined);
    const lengths: number[] = cut.map(({ shortened }: Json) => shortened.assistant_output);
    expect(lengths.toSorted((a, b) => a - b)).toEqual([MIB / 4, MIB / 2, MIB, MIB].flatMap((length) => Array<number>(4).fill(length)));
    expect(cut.map(({ assistant_output: said }: Json) => [...said].length)).toEqual(Array<number>(16).fill(MOST));
    expect(turns.turns.filter(({ assistant_output: said }: Json) => said === "little").length).toBe(8);
    const messages = (await get(`/api/v1/sessions/${session}/messages`, "limit=200")).json;
    expect([messages.messages.length, messages.next_cursor]).toEqual([2 * ROWS, null]);
    expect(messages.messages.filter(({ shortened }: Json) => shortened !== undefined).length).toBe(16);
    expect(messages.messages.filter(({ content }: Json) => [...content].length > MOST)).toEqual([]);
  });

  it("leaves a text of just so many characters whole, whatever they are, and the turn itself has all of a longer one", async () => {
    const own = await givenSession(world, "author");
    const texts = ["語".repeat(MOST), `${"語".repeat(MOST)}!`];
    const ids: string[] = [];
    for (const message of texts) ids.push((await runTurn(world, own, { user: "author", message })).json.id);
    const { json } = await world.call("GET", `/api/v1/sessions/${own}/turns`, { user: "author" });
    expect(json.turns.map(({ user_input: said, shortened }: Json) => [said, shortened?.user_input])).toEqual([
      [texts[0], MOST + 1],
      [texts[0], undefined],
    ]);
    const { json: whole } = await world.call("GET", `/api/v1/users/me/turns/${ids[1]}`, { user: "author" });
    expect(whole.turn).toMatchObject({ user_input: texts[1] });
    expect(whole.turn).not.toHaveProperty("shortened");
    const asked = await world.call("GET", `/api/v1/sessions/${own}/turns?texts=whole`, { user: "author" });
    expect(asked.json.turns.map(({ user_input: said }: Json) => said)).toEqual(texts.toReversed());
    expect((await world.call("GET", `/api/v1/sessions/${own}/turns?texts=none`, { user: "author" })).status).toBe(422);
  });
});

describe("an answer of characters that JSON writes in six octets", () => {
  let provider: Awaited<ReturnType<typeof givenAnswer>>;
  beforeAll(async () => {
    provider = await givenAnswer("\u0001".repeat(MIB), { prompt_tokens: 10, completion_tokens: 10 });
  });
  afterAll(() => provider.close());

  it("is kept as far as it can be sent: the turn, its replay and each list can be read", async () => {
    const own = await givenSession(world, "teletype");
    const container = givenContainer(world, { config: providedBy(world.config, provider.url) });
    const turn = await container.turn(own, { user: "teletype", key: "k" });
    await container.close();
    expect(turn.status).toBe(201);
    expect(turn.json.assistant_output.length).toBeGreaterThan(MIB / 2);
    const lists = await Promise.all(
      ["turns", "messages"].map((list) => world.call("GET", `/api/v1/sessions/${own}/${list}?texts=whole`, { user: "teletype" })),
    );
    const again = await container.turn(own, { user: "teletype", key: "k" });
    for (const { text } of [turn, again, ...lists]) expect(octetsOf(text)).toBeLessThan(LAMBDA_OCTETS);
    expect(again.text).toBe(turn.text);
  });
});
