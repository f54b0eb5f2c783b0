// What one used, by day and model or API key: a chart with its table, and the sums of each.

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

const GROUPS = [
  ["model", "By model"],
  ["key", "By key"],
] as const;
type Group = (typeof GROUPS)[number][0];

const By = v.fallback(v.picklist(["model", "key"]), "model");
const Shown = v.fallback(v.picklist(["credits", "tokens", "calls"]), "credits");
/** More colours than these cannot be told apart. */
const MOST_SERIES = 6;

export function UsageChart() {
  const [{ days: chosen, show, by }, change] = useFilters({ days: Days, show: Shown, by: By });
  const days = lastDays(Number(chosen));
  const { from_date: from, to_date: to } = rangeOf(days);
  const byDay = useQuery(ask("GET /users/me/usage/summary", { query: { from, to, group_by: `day,${by}` } }));
  const sums = useQuery(ask("GET /users/me/usage/summary", { query: { from, to, group_by: by } }));
  const aside = (
    <div className="choices">
      <Choice label="Grouped" options={GROUPS} value={by} onChange={(value) => change({ by: value })} />
      <Choice label="Figure" options={UNITS} value={show} onChange={(value) => change({ show: value })} />
      <Choice label="Range" options={RANGES} value={chosen} onChange={(value) => change({ days: value })} />
    </div>
  );
  return (
    <Section title={by === "model" ? "By day and model" : "By day and API key"} note="days are UTC" aside={aside}>
      <Asked of={byDay} lines={8}>
        {(summary) =>
          summary.rows.length === 0 ? <Empty title="Nothing was used in these days." /> : <Chart {...{ days, summary, show, by }} />
        }
      </Asked>
      {sums.data !== undefined && sums.data.rows.length > 0 && <Sums summary={sums.data} by={by} from={from} to={to} />}
    </Section>
  );
}

type ChartProps = { readonly days: readonly string[]; readonly summary: OwnSummary; readonly show: Unit; readonly by: Group };

function Chart({ days, summary, show, by }: ChartProps) {
  const series = seriesOf(days, summary.rows, show, by);
  return (
    <>
      <Legend series={series} />
      <Bars label={`${UNITS.find(([unit]) => unit === show)?.[1] ?? ""} by day and ${by}`} days={days} series={series} format={short} />
    </>
  );
}

type SumsProps = { readonly summary: OwnSummary; readonly by: Group; readonly from: string; readonly to: string };

function Sums({ summary: { total: sum, rows }, by, from, to }: SumsProps) {
  return (
    <>
      <p className="quiet usage-sum">
        {count(sum.calls)} calls, {count(sum.input_tokens + sum.output_tokens)} tokens, <Credits value={sum.credits_charged} /> credits,{" "}
        <Worth credits={sum.credits_charged} />.{" "}
        <SaveCsv of="GET /users/me/usage/export.csv" query={{ from, to }} name={`usage ${from} to ${to}.csv`} />
      </p>
      <Table caption={`Usage by ${by}`} columns={columnsOf(by)} rows={rows} keyOf={(row) => idOf(row, by)} />
    </>
  );
}

function columnsOf(by: Group): readonly Column<UsedRow>[] {
  return [
    { head: by === "model" ? "Model" : "API key", wide: true, cell: (row) => nameOf(row, by) },
    { head: "Calls", figure: true, cell: ({ calls }) => count(calls) },
    { head: "Tokens in", figure: true, secondary: true, cell: (row) => count(row.input_tokens) },
    { head: "Tokens out", figure: true, secondary: true, cell: (row) => count(row.output_tokens) },
    { head: "Credits", figure: true, decimal: true, cell: ({ credits_charged: credits }) => <Credits value={credits} aligned /> },
  ];
}

/** A series a model or key, the largest first; what is left of them is one series together. Floats, since they become pixels. */
function seriesOf(days: readonly string[], rows: readonly UsedRow[], show: Unit, by: Group): Series[] {
  const names = new Map(rows.map((row) => [idOf(row, by), nameOf(row, by)]));
  const colour = colourOf([...names.keys()]);
  const all = [...names]
    .map(([id, name]) => {
      const at = new Map(rows.filter((row) => idOf(row, by) === id).map((row) => [row.date, valueOf(row, show)]));
      return { name, colour: colour(id), values: days.map((day) => at.get(day) ?? 0) };
    })
    .toSorted((a, b) => total(b.values) - total(a.values));
  const others = all.slice(MOST_SERIES);
  if (others.length === 0) return all;
  const values = days.map((_day, index) => total(others.map((one) => one.values[index] ?? 0)));
  return [...all.slice(0, MOST_SERIES), { name: "others", colour: "var(--ink-2)", values }];
}

function valueOf(row: UsedRow, show: Unit): number {
  if (show === "calls") return row.calls;
  return show === "tokens" ? row.input_tokens + row.output_tokens : Number(row.credits_charged);
}

/** Two keys may have one name. */
function idOf({ model_alias: model, api_key_id: key }: UsedRow, by: Group): string {
  return (by === "model" ? model : key) ?? "";
}

function nameOf({ model_alias: model, api_key_name: name, api_key_id: key }: UsedRow, by: Group): string {
  if (by === "model") return model ?? "";
  return key === null ? "without a key" : (name ?? "a key that is gone");
}
