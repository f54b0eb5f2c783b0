// The days that a query asks for: `from` and `to`, UTC, both included. The reports' older names of them are taken as well.

import type { InputFault } from "@pantheon/contract/error.ts";
import { invalidRequest } from "./faults.ts";

/** First and last day; null leaves that end open. */
type Days = { readonly from: string | null; readonly to: string | null };

const FIRST = ["from", "from_date", "start_date"] as const;
const LAST = ["to", "to_date", "end_date"] as const;

type Asked = { readonly [name in (typeof FIRST)[number] | (typeof LAST)[number]]?: string | undefined };

/** The days asked for. 422 for a day that is given by two names and differs, and for a last day before the first, under the name it was given by. */
export function daysOf(asked: Asked): Days {
  const faults: InputFault[] = [];
  const from = oneOf(asked, FIRST, faults);
  const to = oneOf(asked, LAST, faults);
  if (from !== null && to !== null && to.day < from.day) faults.push({ path: to.name, message: "must not lie before the first day" });
  if (faults.length > 0) throw invalidRequest(faults);
  return { from: from?.day ?? null, to: to?.day ?? null };
}

function oneOf(asked: Asked, names: readonly (keyof Asked)[], faults: InputFault[]) {
  const given = names.flatMap((name) => (asked[name] === undefined ? [] : [{ name, day: asked[name] }]));
  const [first] = given;
  for (const { name, day } of given) {
    if (first !== undefined && day !== first.day) faults.push({ path: name, message: `must be the same day as ${first.name}` });
  }
  return first ?? null;
}

const DAY_MS = 86_400_000; // a UTC day: no clock change ever makes it longer

/**
 * The days of a report that must be bounded: an open last day is today, an open first day makes it `usual` days. 422 for more than `most`.
 */
export function boundedDays(asked: Asked, now: number, { usual, most }: { usual: number; most: number }): { from: string; to: string } {
  const days = daysOf(asked);
  const to = days.to ?? dayAt(now);
  const from = days.from ?? dayAt(Math.max(FIRST_DAY, Date.parse(to) - (usual - 1) * DAY_MS));
  if (to < from) throw invalidRequest([{ path: "from", message: "must not lie behind today, when no last day is given" }]);
  const count = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (count > most) throw invalidRequest([{ path: "from", message: `must be so that there are at most ${most} days` }]);
  return { from, to };
}

/** The first day that the notation can name. */
const FIRST_DAY = Date.parse("0001-01-01");

function dayAt(time: number): string {
  return new Date(time).toISOString().slice(0, "YYYY-MM-DD".length);
}
