// Grants that must not be: each is refused at both addresses, and nothing is written, not even a wallet.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BAD_DECIMALS } from "../support/bad-decimals.ts";
import { operate, adminWorld, refusalOf } from "../support/admin.ts";
import { tracesOf } from "../support/traces.ts";
import type { TestWorld } from "../support/world.ts";

let world: TestWorld;
beforeAll(async () => {
  world = await adminWorld();
});
afterAll(() => world.end());

describe.each(["wallets/{user}/grant", "users/{user}/wallet/grant"])("POST %s refuses, and leaves no trace, when", (path) => {
  const refused = async (raw: string, user = "nobody-yet") => {
    const before = await tracesOf(world);
    const answer = await operate(world, `POST ${path.replace("{user}", user)}`, { raw, key: "a-key-that-stays-free" });
    expect(await tracesOf(world)).toEqual(before);
    return refusalOf(answer);
  };
  const OUT_OF_RANGE = ["10000.00000001", "10001", "1e5", "0.000000001", "1.000000001"];

  it.each([...BAD_DECIMALS, ...OUT_OF_RANGE.flatMap((text) => [text, `"${text}"`]).map((json) => ({ what: json, json }))])(
    "the amount is $what",
    async ({ json }) => {
      expect(await refused(`{"amount":${json}}`)).toBe("422 invalid_request at amount");
    },
  );

  it.each([
    ["a note of 257 characters", JSON.stringify("n".repeat(257))],
    ["a note of 257 characters of four octets", JSON.stringify("😀".repeat(257))],
    ["a note with NUL", String.raw`"a\u0000b"`],
    ["a note with half a character", String.raw`"\ud83d"`],
    ["a note that is a number", "7"],
    ["a note that is a list", '["n"]'],
  ])("there is %s", async (_what, note) => {
    expect(await refused(`{"amount":1,"note":${note}}`)).toBe("422 invalid_request at note");
  });

  it.each<[raw: string, expected: string]>([
    ["{}", "422 invalid_request at amount"],
    ["[]", "422 invalid_request at "],
    ["7", "422 invalid_request at "],
    ["", "400 malformed_request"],
    ['{"amount":1', "400 malformed_request"],
    ['{"amount":NaN}', "400 malformed_request"],
    ...["user_id", "initiated_by", "source", "kind", "credits", "reference_id", "Amount"].map((name): [string, string] => [
      `{"amount":1,"${name}":"x"}`,
      `422 invalid_request at ${name}`,
    ]),
  ])("the body is %s", async (raw, expected) => {
    expect(await refused(raw)).toBe(expected);
  });

  it.each([
    ["65 characters", "u".repeat(65)],
    ["65 characters of four octets", encodeURIComponent("😀".repeat(65))],
    ["4 000 characters", "u".repeat(4_000)],
    ["NUL", "%00"],
    ["NUL in it", "a%00b"],
    ["a line break", "a%0Ab"],
    ["a control character of the second page", "a%C2%85b"],
    ["delete", "%7F"],
  ])("the user id is or has %s", async (_what, user) => {
    expect(await refused('{"amount":1}', user)).toBe("404 not_found");
  });

  it("the balance would be larger than a wallet can hold", async () => {
    const user = `rich-${path.startsWith("users") ? "a" : "b"}`;
    const { query } = world.deps.db;
    await query.insertInto("credit_wallets").values({ user_id: user, balance: "9999999999.5", seq: "1" }).execute();
    const given = {
      user_id: user,
      seq: "1",
      kind: "grant",
      source: "promo",
      amount: "9999999999.5",
      balance_after: "9999999999.5",
    } as const;
    await query
      .insertInto("credit_transactions")
      .values({ ...given, reference_id: user })
      .execute();
    expect(await refused('{"amount":"0.5"}', user)).toBe("422 invalid_request");
    expect((await operate(world, `POST ${path.replace("{user}", user)}`, { body: { amount: "0.49999999" } })).status).toBe(200);
  });

  it("takes the longest note that fits, of characters and not of octets", async () => {
    const body = { amount: 1, note: "😀".repeat(256), create: true };
    expect((await operate(world, `POST ${path.replace("{user}", "noted")}`, { body })).status).toBe(200);
  });
});
