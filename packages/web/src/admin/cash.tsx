// Money as Stripe told of it: what was taken, what went back, what is left, by day.

import { useQuery } from "@tanstack/preact-query";
import { ask } from "../api/ask.ts";
import type { Cash, Moved } from "../api/shapes.ts";
import { Lines } from "../chart/lines.tsx";
import { Legend } from "../chart/legend.tsx";
import type { Series } from "../chart/series.ts";
import { count, Usd, usd } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { lastDays, rangeOf, shortDay } from "../parts/days.ts";
import { Days, RANGES, useFilters } from "../parts/filters.ts";
import { PageHead, Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { Table, type Column } from "../parts/table.tsx";
import { Figure } from "./figure.tsx";

export function CashPage() {
  const [{ days: chosen }, change] = useFilters({ days: Days });
  const days = lastDays(Number(chosen));
  const { from_date: from, to_date: to } = rangeOf(days);
  const cash = useQuery(ask("GET /admin/cash", { query: { from, to } }));
  return (
    <>
      <PageHead
        title="Cash"
        note="What Stripe's events told. Its fees are not among them: they stand in Stripe's own balance report."
        aside={<Choice label="Range" options={RANGES} value={chosen} onChange={(value) => change({ days: value })} />}
      />
      <Asked of={cash} lines={8}>
        {(data) => (
          <>
            <Totals {...data.total} />
            <ByDay days={days} cash={data} />
            <Foreign cash={data} />
          </>
        )}
      </Asked>
    </>
  );
}

function Totals({ payments, taken_usd: taken, refunded_usd: refunded, disputed_usd: disputed, net_usd: net }: Moved) {
  return (
    <dl className="figures">
      <Figure name="Taken" note={payments === 1 ? "1 payment" : `${count(payments)} payments`}>
        <Usd value={taken} />
      </Figure>
      <Figure name="Refunded">
        <Usd value={refunded} />
      </Figure>
      <Figure name="Disputed" note="taken or held by banks">
        <Usd value={disputed} />
      </Figure>
      <Figure name="Left" isBad={net.startsWith("-")}>
        <Usd value={net} />
      </Figure>
    </dl>
  );
}

function ByDay({ days, cash }: { readonly days: readonly string[]; readonly cash: Cash }) {
  if (cash.days.length === 0) {
    return (
      <Section title="By day" note="days are UTC">
        <Empty title="No money moved in these days." />
      </Section>
    );
  }
  const series = seriesOf(days, cash);
  return (
    <Section title="By day" note="USD, days are UTC">
      <Legend series={series} />
      <Lines label="Taken and left in USD by day" days={days} series={series} format={(value) => usd(value.toFixed(8))} />
      <Table caption="Cash by day" columns={COLUMNS} rows={cash.days.toReversed()} keyOf={({ date }) => date} />
    </Section>
  );
}

function Foreign({ cash: { other_currencies: others } }: { readonly cash: Cash }) {
  if (others.length === 0) return null;
  return (
    <Section title="Other currencies" note="in their smallest unit, set aside">
      <ul>
        {others.map(({ currency, payments, taken_minor: taken, refunded_minor: refunded }) => (
          <li key={currency}>
            {currency.toUpperCase()}: {count(payments)} payments, {taken} taken, {refunded} refunded
          </li>
        ))}
      </ul>
    </Section>
  );
}

const COLUMNS: readonly Column<Moved & { readonly date: string }>[] = [
  { head: "Day (UTC)", cell: ({ date }) => shortDay(date) },
  { head: "Payments", figure: true, secondary: true, cell: ({ payments }) => count(payments) },
  { head: "Taken", figure: true, cell: ({ taken_usd: taken }) => <Usd value={taken} /> },
  { head: "Refunded", figure: true, secondary: true, cell: ({ refunded_usd: refunded }) => <Usd value={refunded} /> },
  { head: "Disputed", figure: true, secondary: true, cell: ({ disputed_usd: disputed }) => <Usd value={disputed} /> },
  { head: "Left", figure: true, cell: ({ net_usd: net }) => <Usd value={net} /> },
];

/** Floats, since they become pixels. */
function seriesOf(days: readonly string[], cash: Cash): Series[] {
  const at = new Map(cash.days.map((day) => [day.date, day]));
  const values = (name: "taken_usd" | "net_usd") => days.map((day) => Number(at.get(day)?.[name] ?? "0"));
  return [
    { name: "Taken", colour: "var(--stone-3)", values: values("taken_usd") },
    { name: "Left", colour: "var(--stone-4)", values: values("net_usd") },
  ];
}
