// What one person used, by day and by model.

import { useQuery } from "@tanstack/preact-query";
import { ask } from "../api/ask.ts";
import type { Summary } from "../api/shapes.ts";
import { Bars } from "../chart/bars.tsx";
import { short } from "../chart/series.ts";
import { count, Credits, Usd } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { lastDays, rangeOf } from "../parts/days.ts";
import { Days, RANGES, useFilters } from "../parts/filters.ts";
import { SaveCsv } from "../parts/save-csv.tsx";
import { Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { Table, type Column } from "../parts/table.tsx";

export function PersonUsage({ id }: { readonly id: string }) {
  const [{ days: chosen }, change] = useFilters({ days: Days });
  const days = lastDays(Number(chosen));
  const summary = useQuery(ask("GET /admin/usage/summary", { query: { user_id: id, ...rangeOf(days), bucket: "day" } }));
  const aside = <Choice label="Range" options={RANGES} value={chosen} onChange={(value) => change({ days: value })} />;
  return (
    <Section title="Credits by day" note="days are UTC" aside={aside}>
      <Asked of={summary} lines={6}>
        {(data) =>
          data.daily.length === 0 ? <Empty title="Nothing was used in these days." /> : <Usage id={id} days={days} summary={data} />
        }
      </Asked>
    </Section>
  );
}

function Usage({ id, days, summary }: { readonly id: string; readonly days: readonly string[]; readonly summary: Summary }) {
  const at = new Map(summary.daily.map(({ date, credits_burned: credits }) => [date, Number(credits)])); // pixels
  const series = [{ name: "Credits", colour: "var(--stone-3)", values: days.map((day) => at.get(day) ?? 0) }];
  return (
    <>
      <Bars label="Credits by day" days={days} series={series} format={short} />
      <p className="quiet usage-sum">
        {count(summary.total_llm_calls)} calls, {count(summary.total_input_tokens + summary.total_output_tokens)} tokens,{" "}
        <Credits value={summary.total_credits_charged} /> credits; the provider asked <Usd value={summary.provider_cost_usd} />.{" "}
        <PersonMargin id={id} days={days} />
        <SaveCsv
          of="GET /admin/usage/export.csv"
          query={{ user_id: id, from: days[0] ?? "", to: days.at(-1) ?? "" }}
          name={`usage of ${id} ${days[0]} to ${days.at(-1)}.csv`}
        />
      </p>
      <Table caption="Credits by model" columns={COLUMNS} rows={summary.breakdown} keyOf={({ model_alias: model }) => model} />
    </>
  );
}

/** What they bring: what they were charged, in dollars, less what it cost. */
function PersonMargin({ id, days }: { readonly id: string; readonly days: readonly string[] }) {
  const margin = useQuery(ask("GET /admin/analytics/margin", { query: { user_id: id, ...rangeOf(days) } }));
  if (margin.data === undefined) return null;
  const { revenue_usd: revenue, margin_usd: left } = margin.data;
  return (
    <span className="person-margin">
      Revenue <Usd value={revenue} />, margin{" "}
      <strong className={left.startsWith("-") ? "fault-says" : "done"}>
        <Usd value={left} />
      </strong>
      .{" "}
    </span>
  );
}

const COLUMNS: readonly Column<Summary["breakdown"][number]>[] = [
  { head: "Model", cell: ({ model_alias: model }) => model },
  { head: "Calls", figure: true, cell: (row) => count(row.call_count) },
  { head: "Credits", figure: true, cell: ({ credits_burned: credits }) => <Credits value={credits} /> },
];
