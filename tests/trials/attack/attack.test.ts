// Every row of the attack list, and mutations of valid requests to every route, in the size that fits a test; `npm run attack` is the rest.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doorOperationsOf, operationsOf, type Operation } from "../../support/openapi-document.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";
import { readProjectFile } from "../../support/project-files.ts";
import { say } from "../../support/say.ts";
import { attackWorld, type AttackWorld } from "./attack-world.ts";
import { faultText } from "./report.ts";
import { GROUPS, type Group, type Row } from "./row.ts";
import { LAST, NEVER_THERE, ROWS, WAITING } from "./rows.ts";
import { runMutations } from "./run-mutations.ts";
import { runRows } from "./run-rows.ts";

const SEED = 20_261_120;
const MUTATIONS = 12;
const PATIENCE_MS = 180_000;

let database: TestDatabase;
let world: AttackWorld;
let operations: Operation[];
let door: Operation[];

beforeAll(async () => {
  database = await freshDatabase();
  world = await attackWorld(database.url);
  const document = await readProjectFile("docs/openapi.json");
  [operations, door] = [operationsOf(document), doorOperationsOf(document)];
}, PATIENCE_MS);

afterAll(async () => {
  await world.end();
  await database.drop();
});

describe("the attack list", () => {
  const all = Object.values(ROWS).flat();

  it("is whole: every number runs or waits, none twice", () => {
    const numbers = Array.from({ length: LAST }, (_none, index) => index + 1).filter((id) => !NEVER_THERE.includes(id));
    const there = [...all.map(({ id }) => id), ...Object.keys(WAITING).map(Number)];
    expect(there.toSorted((a, b) => a - b)).toEqual(numbers);
    expect(all.filter(({ requests, story }) => !requests && !story)).toEqual([]);
    expect(NEVER_THERE).toEqual([91, 94]);
  });

  it("waits for nothing, and one row for no more than this", () => {
    expect(WAITING).toEqual({});
    expect(all.filter(({ waits }) => waits !== undefined).map(({ id }) => id)).toEqual([118]);
  });

  it.each(GROUPS.filter((group) => group !== "mutations"))(
    "is withstood: %s",
    async (group) => {
      const rows = { [group]: ROWS[group] } as Record<Group, readonly Row[]>;
      const { faults, notes } = await runRows({ world, operations, rows, full: false, seed: SEED });
      for (const note of notes) say(note);
      expect(faults.map(faultText).join("\n")).toBe("");
    },
    PATIENCE_MS,
  );
});

it(
  `mutations of valid requests to every route get what the document promises, and write nothing when they are refused (seed ${SEED})`,
  async () => {
    const everywhere = [...operations, ...door];
    const { faults, routes } = await runMutations({ world, operations: everywhere, perRoute: MUTATIONS, seed: SEED });
    expect(faults.map(faultText).join("\n")).toBe("");
    expect(routes.map(({ name, sent }) => [name, sent])).toEqual(expect.arrayContaining(everywhere.map(({ name }) => [name, MUTATIONS])));
  },
  PATIENCE_MS,
);

it("no secret was ever logged, and the ledger holds", async () => {
  expect(world.captured.printed()).toBeGreaterThan(1_000);
  expect(world.met).toEqual([]);
  expect(await world.broken()).toEqual([]);
});
