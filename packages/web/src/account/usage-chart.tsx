// What one used, by day and model: a chart with its table, and the sums of each model.

import { useQuery } from "@tanstack/preact-query";
import * as v from "valibot";
import { ask } from "../api/ask.ts";
import type { OwnSummary, UsedRow } from "../api/shapes.ts";
import { Bars } from "../chart/bars.tsx";
import { colourOf } from "../chart/colours.ts";
import { Legend } from "../chart/legend.tsx";
import { short, total, type Series } from "../chart/series.ts";
import { count, Credits, Worth } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { lastDays, rangeOf } from "../parts/days.ts";
import { Days, RANGES, useFilters } from "../parts/filters.ts";
import { SaveCsv } from "../parts/save-csv.tsx";
import { Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { Table, type Column } from "../parts/table.tsx";

const UNITS = [
  ["credits", "Credits"],
  ["tokens", "Tokens"],
  ["calls", "Calls"],
] as const;
type Unit = (typeof UNITS)[number][0];

const Shown = v.fallback(v.picklist(["credits", "tokens", "calls"]), "credits");
/** More colours than these cannot be told apart. */
const MOST_MODELS = 6;

export function UsageChart() {
  const [{ days: chosen, show }, change] = useFilters({ days: Days, show: Shown });
  const days = lastDays(Number(chosen));
  const { from_date: from, to_date: to } = rangeOf(days);
  const byDay = useQuery(ask("GET /users/me/usage/summary", { query: { from, to, group_by: "day,model" } }));
  const byModel = useQuery(ask("GET /users/me/usage/summary", { query: { from, to, group_by: "model" } }));
  const aside = (
    <div className="choices">
      <Choice label="Figure" options={UNITS} value={show} onChange={(value) => change({ show: value })} />
      <Choice label="Range" options={RANGES} value={chosen} onChange={(value) => change({ days: value })} />
    </div>
  );
  return (
    <Section title="By day and model" note="days are UTC" aside={aside}>
      <Asked of={byDay} lines={8}>
        {(summary) =>
          summary.rows.length === 0 ? <Empty title="Nothing was used in these days." /> : <Chart {...{ days, summary, show }} />
        }
      </Asked>
      {byModel.data !== undefined && byModel.data.rows.length > 0 && <Sums summary={byModel.data} from={from} to={to} />}
    </Section>
  );
}

function Chart({ days, summary, show }: { readonly days: readonly string[]; readonly summary: OwnSummary; readonly show: Unit }) {
  const series = seriesOf(days, summary.rows, show);
  return (
    <>
      <Legend series={series} />
      <Bars label={`${UNITS.find(([unit]) => unit === show)?.[1] ?? ""} by day and model`} days={days} series={series} format={short} />
    </>
  );
}

function Sums({ summary: { total: sum, rows }, from, to }: { readonly summary: OwnSummary; readonly from: string; readonly to: string }) {
  return (
    <>
      <p className="quiet usage-sum">
        {count(sum.calls)} calls, {count(sum.input_tokens + sum.output_tokens)} tokens, <Credits value={sum.credits_charged} /> credits,{" "}
        <Worth credits={sum.credits_charged} />.{" "}
        <SaveCsv of="GET /users/me/usage/export.csv" query={{ from, to }} name={`usage ${from} to ${to}.csv`} />
      </p>
      <Table caption="Usage by model" columns={COLUMNS} rows={rows} keyOf={nameOf} />
    </>
  );
}

const COLUMNS: readonly Column<UsedRow>[] = [
  { head: "Model", wide: true, cell: nameOf },
  { head: "Calls", figure: true, cell: ({ calls }) => count(calls) },
  { head: "Tokens in", figure: true, secondary: true, cell: (row) => count(row.input_tokens) },
  { head: "Tokens out", figure: true, secondary: true, cell: (row) => count(row.output_tokens) },
  { head: "Credits", figure: true, decimal: true, cell: ({ credits_charged: credits }) => <Credits value={credits} aligned /> },
];

/** A series a model, the largest first; what is left of them is one series together. Floats, since they become pixels. */
function seriesOf(days: readonly string[], rows: readonly UsedRow[], show: Unit): Series[] {
  const names = [...new Set(rows.map(nameOf))];
  const colour = colourOf(names);
  const all = names
    .map((name) => {
      const at = new Map(rows.filter((row) => nameOf(row) === name).map((row) => [row.date, valueOf(row, show)]));
      return { name, colour: colour(name), values: days.map((day) => at.get(day) ?? 0) };
    })
    .toSorted((a, b) => total(b.values) - total(a.values));
  const others = all.slice(MOST_MODELS);
  if (others.length === 0) return all;
  const values = days.map((_day, index) => total(others.map((one) => one.values[index] ?? 0)));
  return [...all.slice(0, MOST_MODELS), { name: "others", colour: "var(--ink-2)", values }];
}

function valueOf(row: UsedRow, show: Unit): number {
  if (show === "calls") return row.calls;
  return show === "tokens" ? row.input_tokens + row.output_tokens : Number(row.credits_charged);
}

function nameOf({ model_alias: model }: UsedRow): string {
  return model ?? "";
}
