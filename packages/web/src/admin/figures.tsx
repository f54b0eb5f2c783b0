// The strip of figures: each of these days, against as many days before where that says something.

import { useQuery } from "@tanstack/preact-query";
import { amount, type Amount, roundHalfUp, ZERO } from "@pantheon/contract/money.ts";
import { ask } from "../api/ask.ts";
import type { Margin } from "../api/shapes.ts";
import { count, Credits, Usd, usd } from "../money/amount.tsx";
import { Figure } from "./figure.tsx";

type Range = { readonly from_date: string; readonly to_date: string };
type FiguresProps = { readonly range: Range; readonly margin: Margin; readonly before: Margin | undefined };

export function Figures({ range, margin, before }: FiguresProps) {
  const summary = useQuery(ask("GET /admin/usage/summary", { query: range }));
  const active = useQuery(ask("GET /admin/analytics/active-users", { query: { window: "week", as_of: range.to_date } }));
  return (
    <dl className="figures">
      <Figure name="Margin" note={shareOf(margin)} isBad={margin.margin_usd.startsWith("-")}>
        <Usd value={margin.margin_usd} />
      </Figure>
      <Figure name="Revenue" note={changeOf(margin.revenue_usd, before?.revenue_usd)}>
        <Usd value={margin.revenue_usd} />
      </Figure>
      <Figure name="Paid for" note={`${usd(margin.revenue_granted_usd)} gifts, ${usd(margin.revenue_unpaid_usd)} unpaid`}>
        <Usd value={margin.revenue_paid_usd} />
      </Figure>
      <Figure name="Provider cost" note={changeOf(margin.provider_cost_usd, before?.provider_cost_usd)}>
        <Usd value={margin.provider_cost_usd} />
      </Figure>
      <Figure name="Credits charged" note={summary.data && `${count(summary.data.total_llm_calls)} calls`}>
        {summary.data && <Credits value={summary.data.total_credits_charged} short />}
      </Figure>
      <Figure name="Active users" note={active.data && `in 7 days, ${count(active.data.new_users)} new`}>
        {active.data && count(active.data.active_users)}
      </Figure>
      <Figure name="Would be refused" note="turns, if enforced">
        {summary.data && count(summary.data.would_have_been_refused)}
      </Figure>
      <Figure name="Liability" note={`${usd(margin.liability_usd)}, owed now`}>
        <Credits value={margin.liability_credits} short />
      </Figure>
    </dl>
  );
}

function shareOf({ margin_usd: margin, revenue_usd: revenue }: Margin): string {
  const whole = amount(revenue);
  return whole.eq(ZERO) ? "no revenue" : `${percent(amount(margin).div(whole), 1)} of revenue`;
}

/** Against as many days before. */
function changeOf(now: string, before: string | undefined): string {
  if (before === undefined) return "·";
  const base = amount(before);
  if (base.eq(ZERO)) return "nothing before";
  const change = amount(now).div(base).minus(amount("1"));
  return `${change.lt(ZERO) ? "▾" : "▴"} ${percent(change.abs(), 0)} on before`;
}

function percent(share: Amount, decimals: number): string {
  return `${roundHalfUp(share.times(amount("100")), decimals)
    .toFixed(decimals)
    .replace("-", "−")} %`;
}
