// What no positive decimal of the API may be, as it stands in JSON: whatever the field, its maximum and its decimals.

const NUMBERS = "0 -0 -1 -0.5 1e400 -1e400 1e-9 1e21 5e-324 123456789012345678901234567890".split(" ");
const OTHERS = ["null", "true", "[]", "[1]", "{}", '{"amount":1}'];
const SPACED = ["", " ", " 1", "1 ", "1\n", "1\u0000"];
const TEXTS = "0 0.0 -0 -1 +1 01 1. .5 1e1 1E1 1e-1 NaN Infinity -Infinity null 0x1 1,5 1_0 １ ٣ −1".split(" ");

export const BAD_DECIMALS: readonly { what: string; json: string }[] = [
  ...[...NUMBERS, ...OTHERS, ...[...SPACED, ...TEXTS].map((text) => JSON.stringify(text))].map((json) => ({ what: json, json })),
  { what: "five thousand digits", json: `"${"1".repeat(5_000)}"` },
];
