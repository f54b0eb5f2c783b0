// How long the wallet lasts at the pace of the last days.

import { useQuery } from "@tanstack/preact-query";
import { amount, roundHalfUp, ZERO } from "@pantheon/contract/money.ts";
import { ask } from "../api/ask.ts";
import { count, Credits } from "../money/amount.tsx";
import { lastDays, longDay, rangeOf } from "../parts/days.ts";

const DAYS = 7;
const DAY_MS = 86_400_000;
const FAR_DAYS = 365;
const DECIMALS = 4;

/** Nothing where nothing was used, or nothing is left. */
export function Pace({ available }: { readonly available: string }) {
  const { from_date: from, to_date: to } = rangeOf(lastDays(DAYS));
  const used = useQuery(ask("GET /users/me/usage/summary", { query: { from, to } }));
  const spent = amount(used.data?.total.credits_charged ?? "0");
  const left = amount(available);
  if (!spent.gt(ZERO) || !left.gt(ZERO)) return null;
  const aDay = spent.div(amount(String(DAYS)));
  const days = Number(left.div(aDay).toFixed(2)); // becomes a date, not an amount
  return (
    <p className="quiet">
      <Credits value={roundHalfUp(aDay, DECIMALS).toFixed()} /> credits a day in the last {DAYS} days: at this pace it lasts{" "}
      {untilWhen(days)}.
    </p>
  );
}

function untilWhen(days: number): string {
  if (days > FAR_DAYS) return "more than a year";
  if (days < 1) return "less than a day";
  const day = longDay(new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10));
  return `about ${count(Math.floor(days))} ${days < 2 ? "day" : "days"}, until ${day}`;
}
