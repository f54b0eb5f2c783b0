// What of the revenue was bought, given, or below zero: some histories by hand, random ones against an oracle that walks each ledger row
// by row in whole units, and a person who is given credits, pays, and runs out.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { createDatabase, type Database } from "@pantheon/core/db/database.ts";
import { readMargin } from "@pantheon/core/reports/margin.ts";
import { amount } from "@pantheon/contract/money.ts";
import { adminWorld, operate } from "../support/admin.ts";
import { givenCredits, givenSession, runTurn } from "../support/given.ts";
import { givenTopUp, succeededOf } from "../support/given-top-up.ts";
import { postEvent } from "../support/payment-event.ts";
import { DAY, givenMovements, TOKENS, UNIT, units, type Move } from "../support/given-movements.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { quietLog } from "../support/quiet-log.ts";

const gift = (credits: number): Move => ({ kind: "grant", source: "admin", credits });
const payment = (credits: number): Move => ({ kind: "grant", source: "top_up", credits });
const takenBack = (credits: number): Move => ({ kind: "refund", source: "reversal", credits: -credits });
const deducted = (credits: number): Move => ({ kind: "debit", source: "admin", credits: -credits });
const turn = (...credits: number[]): Move => ({
  kind: "debit",
  source: "turn",
  day: DAY,
  calls: credits.map((each) => ({ alias: "default", credits: each, usd: "1" })),
});

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  db = createDatabase({ url: database.url, log: quietLog(), clock: Date.now, maxConnections: 2 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const WHOLE = { from: null, to: null };
const HISTORIES: [what: string, moves: Move[], paid: string, granted: string, unpaid: string][] = [
  ["a gift is spent before what was bought, whichever came first", [payment(10), gift(4), turn(6)], "2", "4", "0"],
  ["what was bought is spent when the gifts are gone", [gift(4), payment(10), turn(3), turn(3), turn(3)], "5", "4", "0"],
  ["a gift that comes later changes nothing of before", [payment(10), turn(6), gift(9), turn(1)], "6", "1", "0"],
  ["what nobody had is unpaid, and a payment of later does not say otherwise", [turn(2), payment(5), turn(1)], "1", "0", "2"],
  ["a turn may spend all three", [gift(1), payment(2), turn(6)], "2", "1", "3"],
  ["its calls share them in their order", [gift(1), payment(2), turn(0.5, 1, 2.5, 0.25)], "2", "1", "1.25"],
  ["a gift that fills a debt is gone with it", [turn(3), gift(4), turn(2)], "0", "1", "4"],
  ["a payment that is taken back takes what was bought", [gift(5), payment(5), takenBack(5), turn(5)], "0", "5", "0"],
  ["and gifts where nothing else is left", [payment(5), turn(5), gift(5), takenBack(3), turn(4)], "5", "2", "2"],
  ["a payment that is given back can be spent again", [payment(5), takenBack(5), takenBack(-5), turn(5)], "5", "0", "0"],
  ["what an admin takes back takes gifts first, and is no revenue", [gift(5), payment(5), deducted(3), turn(4)], "2", "2", "0"],
];

it.each(HISTORIES)("%s", async (_what, moves, paid, granted, unpaid) => {
  await givenMovements(db, [moves]);
  expect(await partsOf()).toMatchObject({ revenue_paid_usd: paid, revenue_granted_usd: granted, revenue_unpaid_usd: unpaid });
});

test("the parts of random ledgers are the oracle's, by model, by day, by person and together, and they add up to the revenue", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ledger, { minLength: 1, maxLength: 4 }), async (ledgers) => {
      await givenMovements(db, ledgers);
      const spent = ledgers.flatMap(walk);
      const margin = await readMargin(db, WHOLE, "day", amount("0.03"));
      expect(figures(margin)).toEqual(sumOf(spent));
      for (const row of margin.by_model) expect(figures(row)).toEqual(sumOf(spent.filter(({ alias }) => alias === row.model_alias)));
      for (const row of margin.buckets) expect(figures(row)).toEqual(sumOf(spent.filter(({ day }) => day === row.date)));
      const one = await readMargin(db, { from: DAYS[1] ?? "", to: DAYS[1] ?? "" }, null, amount("0.03"));
      expect(figures(one)).toEqual(sumOf(spent.filter(({ day }) => day === DAYS[1])));
      for (const [person, moves] of ledgers.entries()) {
        const theirs = await readMargin(db, WHOLE, null, amount("0.03"), `person-${person}`);
        expect(figures(theirs)).toEqual(sumOf(walk(moves)));
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);

describe("a person", () => {
  it("who is given credits, pays and runs out is counted in all three parts", async () => {
    const world = await adminWorld({ USD_PER_CREDIT: "0.05" });
    try {
      await givenCredits(world, "ada", "0.0001");
      const session = await givenSession(world);
      const charges = [(await runTurn(world, session)).json.credits_charged];
      const topUp = await givenTopUp(world, { amountUsd: "1.00", credits: "20" });
      expect((await postEvent(world, succeededOf(topUp))).status).toBe(200);
      charges.push((await runTurn(world, session)).json.credits_charged);
      const total = charges.reduce((sum, each) => sum.plus(amount(each)), amount("0"));
      const { json } = await operate(world, "GET analytics/margin");
      const [granted, unpaid, paid] = [json.revenue_granted_usd, json.revenue_unpaid_usd, json.revenue_paid_usd].map(amount);
      expect(json.revenue_usd).toBe(total.times(amount("0.05")).toFixed());
      expect(granted?.toFixed()).toBe("0.000005");
      expect(unpaid?.toFixed()).toBe(amount(charges[0]).minus(amount("0.0001")).times(amount("0.05")).toFixed());
      expect(paid?.toFixed()).toBe(amount(charges[1]).times(amount("0.05")).toFixed());
    } finally {
      await world.end();
    }
  });
});

const DAYS = ["2026-02-27", "2026-02-28", "2026-03-01"];
const someCredits = fc
  .oneof(
    fc.integer({ min: 1, max: 9 }).map((some) => some * UNIT),
    fc.integer({ min: 1, max: 12 * UNIT }),
  )
  .map((some) => some / UNIT);
const tokens = fc.integer({ min: 1, max: 60_000 }).map((some) => some / TOKENS);
const call = fc.record({ alias: fc.constantFrom("default", "gpt-4o"), credits: tokens, usd: fc.constantFrom("0.03", "0.05", "1") });
const ledger: fc.Arbitrary<Move[]> = fc
  .array(
    fc.oneof(
      fc.record({
        kind: fc.constant("grant" as const),
        source: fc.constantFrom("admin", "seed", "promo", "top_up", "top_up"),
        credits: someCredits,
      }),
      fc.record({
        kind: fc.constant("refund" as const),
        source: fc.constant("reversal" as const),
        credits: someCredits.map((some) => -some),
      }),
      fc.record({ kind: fc.constant("refund" as const), source: fc.constant("reversal" as const), credits: someCredits }),
      fc.record({ kind: fc.constant("debit" as const), source: fc.constant("admin" as const), credits: someCredits.map((some) => -some) }),
      {
        arbitrary: fc
          .array(call, { minLength: 1, maxLength: 3 })
          .map((calls) => ({ kind: "debit" as const, source: "turn" as const, day: "", calls })),
        weight: 4,
      },
    ),
    { maxLength: 14 },
  )
  .map((moves) =>
    moves.map((move, index) => ("calls" in move ? { ...move, day: DAYS[Math.floor((index * DAYS.length) / moves.length)] ?? DAY } : move)),
  );

type Spent = { readonly day: string; readonly alias: string; readonly paid: bigint; readonly granted: bigint; readonly unpaid: bigint };

/** The rule, row by row: two purses and a debt. In units of 1e-8 credits, times the price in units of 1e-2 USD. */
function walk(moves: readonly Move[]): Spent[] {
  let [gifts, bought, debt] = [0n, 0n, 0n];
  const put = (some: bigint) => {
    const fills = least(some, debt);
    debt -= fills;
    return some - fills;
  };
  const take = (some: bigint, first: "gifts" | "bought") => {
    const from = { gifts: 0n, bought: 0n };
    for (const purse of [first, first === "gifts" ? "bought" : "gifts"] as const) {
      from[purse] = least(some - from.gifts - from.bought, purse === "gifts" ? gifts : bought);
    }
    gifts -= from.gifts;
    bought -= from.bought;
    const unpaid = some - from.gifts - from.bought;
    debt += unpaid;
    return { ...from, unpaid };
  };
  return moves.flatMap((move) => {
    if ("calls" in move) {
      return move.calls.map(({ alias, credits: charged, usd }) => {
        const { gifts: granted, bought: paid, unpaid } = take(units(charged), "gifts");
        const cents = BigInt(Math.round(Number(usd) * 100));
        return { day: move.day, alias, paid: paid * cents, granted: granted * cents, unpaid: unpaid * cents };
      });
    }
    const some = units(Math.abs(move.credits));
    if (move.kind === "debit") take(some, "gifts");
    else if (move.credits < 0) take(some, "bought");
    else if (move.kind === "grant" && move.source !== "top_up") gifts += put(some);
    else bought += put(some);
    return [];
  });
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function sumOf(spent: readonly Spent[]) {
  const of = (name: "paid" | "granted" | "unpaid") => spent.reduce((sum, each) => sum + each[name], 0n);
  return { paid: of("paid"), granted: of("granted"), unpaid: of("unpaid"), revenue: of("paid") + of("granted") + of("unpaid") };
}

type Parts = Record<"revenue_usd" | "revenue_paid_usd" | "revenue_granted_usd" | "revenue_unpaid_usd", string>;

function figures(parts: Parts) {
  return {
    paid: scaled(parts.revenue_paid_usd),
    granted: scaled(parts.revenue_granted_usd),
    unpaid: scaled(parts.revenue_unpaid_usd),
    revenue: scaled(parts.revenue_usd),
  };
}

/** USD in units of 1e-10: credits have eight decimals here, their prices two. */
function scaled(text: string): bigint {
  return BigInt(amount(text).times(amount("10000000000")).toFixed());
}

const partsOf = () => readMargin(db, WHOLE, null, amount("0.03"));
