// Limits in words.

import type { Limits } from "../api/shapes.ts";

type Name = keyof Limits;

export const LIMIT_WORDS: Readonly<Record<Name, string>> = {
  credits_per_day: "Credits a day",
  credits_per_month: "Credits a month",
  credits_total: "Credits in all",
  calls_per_minute: "Calls a minute",
  calls_per_hour: "Calls an hour",
  running: "Turns at once",
};

/** In the order in which they are shown. */
export const LIMIT_NAMES = Object.keys(LIMIT_WORDS).filter((name): name is Name => name in LIMIT_WORDS);

export const NO_LIMITS: Limits = {
  credits_per_day: null,
  credits_per_month: null,
  credits_total: null,
  calls_per_minute: null,
  calls_per_hour: null,
  running: null,
};

/** Whether it counts credits; the others count whole things. */
export function isOfCredits(name: Name): boolean {
  return name.startsWith("credits_");
}

/** The limits that are set, each in words. */
export function limitsInWords(limits: Limits | null): readonly string[] {
  return LIMIT_NAMES.flatMap((name) => {
    const most = limits?.[name] ?? null;
    return most === null ? [] : [`${LIMIT_WORDS[name].toLowerCase()}: ${most}`];
  });
}
