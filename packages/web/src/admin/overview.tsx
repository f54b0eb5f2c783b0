// How it stands: what was earned and what it cost, who was here, whether the books close, and what is deployed.

import { useQuery } from "@tanstack/preact-query";
import { ask } from "../api/ask.ts";
import type { Margin, MarginBucket } from "../api/shapes.ts";
import { Lines } from "../chart/lines.tsx";
import type { Series } from "../chart/series.ts";
import { usd } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { lastDays, rangeOf } from "../parts/days.ts";
import { Days, RANGES, useFilters } from "../parts/filters.ts";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked } from "../parts/states.tsx";
import { Books } from "./books.tsx";
import { Builds } from "./builds.tsx";
import { Figures } from "./figures.tsx";
import { MarginByModel } from "./margin-by-model.tsx";
import { TopUse } from "./top-use.tsx";

export function OverviewPage() {
  const [{ days: chosen }, change] = useFilters({ days: Days });
  const days = lastDays(Number(chosen));
  const range = rangeOf(days);
  const margin = useQuery(ask("GET /admin/analytics/margin", { query: { ...range, bucket: "day" } }));
  const before = useQuery(ask("GET /admin/analytics/margin", { query: rangeOf(lastDays(Number(chosen), Number(chosen))) }));
  return (
    <>
      <PageHead
        title="Overview"
        note="Days are UTC; sums are exact at this moment."
        aside={<Choice label="Range" options={RANGES} value={chosen} onChange={(value) => change({ days: value })} />}
      />
      <Asked of={margin} lines={8}>
        {(data) => (
          <>
            <Figures range={range} margin={data} before={before.data} />
            <Earned days={days} margin={data} />
          </>
        )}
      </Asked>
      <TopUse range={range} />
      <div className="halves">
        <Books shown={4} />
        <Builds />
      </div>
    </>
  );
}

function Earned({ days, margin }: { readonly days: readonly string[]; readonly margin: Margin }) {
  return (
    <div className="halves">
      <Section title="Revenue and provider cost" note="USD by day; red where cost is above revenue">
        <Lines label="Revenue and provider cost in USD by day" days={days} series={seriesOf(days, margin.buckets)} format={dollars} />
      </Section>
      <MarginByModel rows={margin.by_model} />
    </div>
  );
}

function seriesOf(days: readonly string[], buckets: readonly MarginBucket[]): Series[] {
  const at = new Map(buckets.map((bucket) => [bucket.date, bucket]));
  const values = (name: "revenue_usd" | "provider_cost_usd") => days.map((day) => Number(at.get(day)?.[name] ?? "0"));
  return [
    { name: "Revenue", colour: "var(--stone-3)", values: values("revenue_usd") },
    { name: "Provider cost", colour: "var(--stone-1)", values: values("provider_cost_usd") },
  ];
}

/** A chart's figures are rounded anyway: eight decimals are more than its table shows. */
function dollars(value: number): string {
  return usd(value.toFixed(8));
}
