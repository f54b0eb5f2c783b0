// What enforcement would refuse: how many turns of how many people, and whose.

import { useQuery } from "@tanstack/preact-query";
import { ask, useList } from "../api/ask.ts";
import type { WouldRefuse } from "../api/shapes.ts";
import { count, Credits } from "../money/amount.tsx";
import { Choice } from "../parts/choice.tsx";
import { lastDays, rangeOf } from "../parts/days.ts";
import { Days, RANGES, useFilters } from "../parts/filters.ts";
import { Section } from "../parts/section.tsx";
import { Asked, Empty } from "../parts/states.tsx";
import { More, Table, type Column } from "../parts/table.tsx";
import { Figure } from "./figure.tsx";
import { PersonLink } from "./person-link.tsx";

/** The effect of the last 7 and 30 days. */
export function Effect() {
  return (
    <Section title="What it would refuse" note="turns that began without enough credits; days are UTC">
      <Figures />
      <Who />
    </Section>
  );
}

/** For whoever is about to throw the switch, too. */
export function Figures() {
  return (
    <dl className="figures">
      <LastDays days={7} />
      <LastDays days={30} />
    </dl>
  );
}

function LastDays({ days }: { readonly days: number }) {
  const range = rangeOf(lastDays(days));
  const { from_date: from, to_date: to } = range;
  const summary = useQuery(ask("GET /admin/usage/summary", { query: range }));
  const people = useQuery(ask("GET /admin/analytics/would-refuse", { query: { from, to, limit: 1 } }));
  return (
    <Figure
      name={`Last ${days} days`}
      note={people.data && summary.data && `turns of ${peopleOf(people.data.total)}, ${count(summary.data.total_llm_calls)} calls in all`}
    >
      {summary.data && count(summary.data.would_have_been_refused)}
    </Figure>
  );
}

function peopleOf(many: number): string {
  return many === 1 ? "1 person" : `${count(many)} people`;
}

function Who() {
  const [{ days }, change] = useFilters({ days: Days });
  const { from_date: from, to_date: to } = rangeOf(lastDays(Number(days)));
  const list = useList("GET /admin/analytics/would-refuse", { query: { from, to } }, ({ users }) => users, 10);
  return (
    <Section
      title="Who would be refused"
      note="most often first"
      aside={<Choice label="Range" options={RANGES} value={days} onChange={(value) => change({ days: value })} />}
    >
      <Asked of={list}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title="Nobody in these days." />
          ) : (
            <>
              <Table caption="Who would be refused" columns={COLUMNS} rows={data.rows} keyOf={({ user_id: id }) => id} />
              <More list={data} />
            </>
          )
        }
      </Asked>
    </Section>
  );
}

const COLUMNS: readonly Column<WouldRefuse>[] = [
  { head: "Person", wide: true, cell: ({ user_id: id }) => <PersonLink id={id} /> },
  { head: "Turns", figure: true, cell: ({ refused }) => count(refused) },
  { head: "Of calls", figure: true, secondary: true, cell: ({ calls }) => count(calls) },
  { head: "Balance now", figure: true, cell: ({ balance }) => <Credits value={balance} short /> },
];
