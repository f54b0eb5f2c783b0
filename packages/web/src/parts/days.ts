// Days are days of UTC, as the ledger counts them: the reader's own zone never moves one. Single moments are in the reader's time.

const DAY_MS = 86_400_000;

/** The last `count` days that end with today, oldest first, as YYYY-MM-DD. `before` skips as many days back. */
export function lastDays(count: number, before = 0): string[] {
  const end = Date.now() - before * DAY_MS;
  return Array.from({ length: count }, (_none, index) => new Date(end - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10));
}

/** The first and the last of these days, as reports are asked for them. */
export function rangeOf(days: readonly string[]): { from_date: string; to_date: string } {
  return { from_date: days[0] ?? "", to_date: days.at(-1) ?? "" };
}

const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "long", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const WHOLE = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

export const shortDay = (day: string): string => SHORT.format(new Date(day));
export const longDay = (day: string): string => LONG.format(new Date(day));
/** A moment as rows show it, in the reader's own time. */
export const moment = (time: string): string => MOMENT.format(new Date(time));
/** A moment with its year, second and zone. */
export const wholeMoment = (time: string): string => WHOLE.format(new Date(time));
