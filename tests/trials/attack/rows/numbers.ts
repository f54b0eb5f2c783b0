// Rows 1 to 15: numbers that are none, too large, too small or not exactly what they seem.

import { expect } from "vitest";
import { BAD_DECIMALS } from "../../../support/bad-decimals.ts";
import { BAD_BODIES } from "../../../support/bad-requests.ts";
import type { Row } from "../row.ts";
import { ROOT_NAME } from "../row.ts";
import { decimals, POST_TOP_UP, sends, shared, tokenCounts } from "./requests.ts";

const isText = (json: string) => json.startsWith('"');
const isNumber = (json: string) => /^-?[\d.]/.test(json);
const BAD = BAD_DECIMALS.map(({ json }) => json);
const ODD_TEXTS = ["0x10", "1_000", " 1 ", "１", "١", "+1", "1,5", ""].map((text) => JSON.stringify(text));
const GRANT = "POST /api/v1/admin/wallets/numeric/grant";
const asRoot = { as: ROOT_NAME };

export const NUMBERS: readonly Row[] = [
  { id: 1, what: "1e400, which is Infinity to a parser", requests: () => [...decimals(["1e400"]), ...tokenCounts(["1e400"])] },
  { id: 2, what: "-1e400", requests: () => [...decimals(["-1e400"]), ...tokenCounts(["-1e400"])] },
  {
    id: 3,
    what: "bare NaN and Infinity are no JSON",
    requests: () => [
      ...decimals(["NaN", "Infinity", "-Infinity"], 400),
      ...tokenCounts(["NaN", "Infinity"], 400),
      ...BAD_BODIES.filter(({ what }) => /bare|in hex|with a plus/.test(what)).map(shared),
    ],
  },
  {
    id: 4,
    what: "NaN and Infinity as text",
    requests: () => [...decimals(['"NaN"', '"Infinity"', '"-Infinity"', '"nan"', '"inf"']), ...tokenCounts(['"NaN"', '"Infinity"'])],
  },
  {
    id: 5,
    what: "nothing, less than nothing, and minus nothing",
    requests: () => [...decimals(["-1", "-0", "0", '"-0"', '"0"', ...BAD.filter(isNumber)]), ...tokenCounts(["-1", "-0", "0"])],
  },
  { id: 6, what: "below the smallest unit", requests: () => decimals(["0.000000001", '"0.000000001"', "1e-9", '"0.0000000000001"']) },
  {
    id: 7,
    what: "a tenth, ten times, is one",
    story: async ({ send, world }) => {
      for (let time = 0; time < 10; time += 1) await send(sends(GRANT, '{"amount":0.1,"create":true}', { status: 200 }, asRoot));
      await send(sends(GRANT, '{"amount":0.2}', { status: 200 }, asRoot));
      const { json } = await world.call("GET", "/api/v1/admin/wallets/numeric", { user: ROOT_NAME });
      expect(json.balance).toBe("1.2");
    },
  },
  {
    id: 8,
    what: "exponents that would fill the memory",
    requests: () => [...decimals(['"1e9000000"', '"1e-30000000"', "1e-30000000", '"1E308"']), ...tokenCounts(['"1e9000000"'])],
  },
  {
    id: 9,
    what: "ten thousand digits",
    requests: () => {
      const digits = "7".repeat(10_000);
      return [...decimals([digits, `"${digits}"`, `"0.${digits}"`, `-${digits}`]), ...tokenCounts([digits, `"${digits}"`])];
    },
  },
  {
    id: 10,
    what: "a number that no double holds",
    requests: () => [...decimals(["9007199254740993", '"9007199254740993"']), ...tokenCounts(["9007199254740993"])],
  },
  {
    id: 11,
    what: "texts that are nearly a number",
    requests: () => [...decimals([...ODD_TEXTS, ...BAD.filter(isText)]), ...tokenCounts(ODD_TEXTS)],
  },
  {
    id: 12,
    what: "values of another kind",
    requests: () => [
      ...decimals([...BAD.filter((json) => !isText(json) && !isNumber(json)), '{"$gt":0}', "false"]),
      ...tokenCounts(["true", "null", "[]", "[1]", "{}", '{"$gt":0}']),
    ],
  },
  {
    id: 13,
    what: "a property twice: the last one counts, and a key stands for it",
    story: async ({ send }) => {
      const keyed = { ...asRoot, headers: { "Idempotency-Key": "twice-1" } };
      await send(sends(GRANT, '{"amount":1,"amount":1000000}', { status: 422, at: "amount" }, asRoot));
      const first = await send(sends(GRANT, '{"amount":1000000,"amount":1,"create":true}', { status: 200 }, keyed));
      const again = await send(sends(GRANT, '{"amount":1,"create":true}', { status: 200 }, keyed));
      expect([again.text, again.headers.get("idempotency-replayed")]).toEqual([first.text, "true"]);
      await send(sends(GRANT, '{"amount":2}', { status: 422, code: "idempotency_key_reused" }, keyed));
    },
  },
  {
    id: 14,
    what: "a count of tokens that no model has",
    requests: () => [
      ...tokenCounts(["2147483648", "1e21", "8193", "1.5", "4294967297"]),
      ...BAD_BODIES.filter(({ at }) => at === "max_output_tokens").map(shared),
    ],
  },
  {
    id: 15,
    what: "amounts beyond the column and the maximum",
    requests: () => [
      ...decimals(["999999999999.99", "1e12", '"999999999999.99"', '"99999999999999999999999999"', "10000.01"]),
      ...["0.99", "500.01", '"0.999"', "1.001"].map((value) =>
        sends(POST_TOP_UP, `{"amount_usd":${value}}`, {
          status: 422,
          at: "amount_usd",
          also: ({ json }) => (json.detail === "amount_usd must be between 1.00 and 500.00" ? null : `detail ${json.detail}`),
        }),
      ),
    ],
  },
];
