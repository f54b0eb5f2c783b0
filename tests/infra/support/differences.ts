// Where two descriptions differ, as lines of path, what is there and what should be.

import { isDeepStrictEqual } from "node:util";

export function differences(actual: unknown, expected: unknown, path = ""): string[] {
  if (isDeepStrictEqual(actual, expected)) return [];
  if (!isRecord(actual) || !isRecord(expected)) return [`${path}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys].flatMap((key) => differences(actual[key], expected[key], path === "" ? key : `${path} › ${key}`));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
